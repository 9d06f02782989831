#include "generators/models/support/contradiction.h"

#include <fmt/format.h>

#include "generators/base/error.h"
#include "generators/models/support/scheme.h"

namespace vitgen {

namespace {

/// The part of a VitSpec that decides whether a tensor of this role is there.
std::string field_of(const VitSpec& spec, std::string_view role) {
  if (role.starts_with("name.attention_pool")) {
    return fmt::format("attention_pool={}", int{spec.attention_pool});
  }
  if (role.ends_with("gain1") || role.ends_with("gain2")) {
    return fmt::format("layer_scale={}", int{spec.layer_scale});
  }
  if (role.ends_with("attn_norm")) return fmt::format("attn_norm={}", int{spec.attn_norm});
  if (role.ends_with("mlp_norm")) return fmt::format("mlp_norm={}", int{spec.mlp_norm});
  if (role.starts_with("name.gate") || role.ends_with("up") || role.ends_with("down") ||
      role.ends_with("fc1") || role.ends_with("fc2")) {
    return fmt::format("gate={}", enum_text(spec.gate));
  }
  if (role.ends_with("registers")) return fmt::format("registers={}", spec.registers);
  if (role.ends_with("dist")) return fmt::format("distillation token={}", int{spec.dist});
  if (role.ends_with("cls")) return "no [CLS] token";
  if (role.ends_with("norm_pre")) return fmt::format("norm_pre={}", int{spec.norm_pre});
  if (role.ends_with("patch_norm")) return fmt::format("patch_norm={}", int{spec.patch_norm});
  if (role.find("relative") != std::string_view::npos) {
    return fmt::format("relative={}", to_word(spec.relative));
  }
  if (role.ends_with("q_bias")) return fmt::format("q_bias={}", int{spec.q_bias});
  if (role.ends_with("v_bias")) return fmt::format("v_bias={}", int{spec.v_bias});
  if (role.ends_with("position")) return fmt::format("positions={}", enum_text(spec.positions));
  if (role.ends_with("proj")) return fmt::format("proj={}", int{spec.proj});
  if (role.ends_with("norm")) {
    return fmt::format("final_norm={}", enum_text(spec.final_norm));
  }
  if (role.ends_with("head")) return fmt::format("classes={}", spec.classes);
  return "a model without it";
}

}  // namespace

void refuse_contradiction(const VitModel& model, const TensorNames& naming,
                          const std::string& tensor) {
  const auto visitor = [&](std::string_view role, const std::string& pattern) {
    if (pattern.empty()) return;
    const auto block = match_name(pattern, tensor);
    // Beside a classifier these are leftovers that transformers ignores, too.
    const bool leftover = role == "name.pooler" || (role.starts_with("name.attention_pool") &&
                                                    model.naming.starts_with("hf"));
    if (!block || leftover) return;
    const bool past_end = *block >= model.spec.depth;
    throw Error(ExitCode::bad_input, "CFG_TENSORS",
                fmt::format("{}: in the file, but {} says {}", printable(tensor), model.origin,
                            past_end ? fmt::format("depth={}", model.spec.depth)
                                     : field_of(model.spec, role)),
                "the config belongs to another model, or needs --set");
  };
  TensorNames names = naming;
  names.visit(visitor);
}

}  // namespace vitgen
