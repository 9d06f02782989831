#include "generators/models/support/tnt_scheme.h"

#include <fmt/format.h>

#include <span>

#include "generators/base/error.h"
#include "generators/models/support/scheme.h"

namespace vitgen {

namespace {

TntNames timm_names() {
  return {.pixel = "pixel_embed.proj.*",
          .pixel_position = "pixel_pos",
          .cls = "cls_token",
          .position = "patch_pos",
          .start = {"norm1_proj.*", "proj.*", "norm2_proj.*"},
          .merge = {"blocks.{}.norm1_proj.*", "blocks.{}.proj.*", "blocks.{}.norm2_proj.*"},
          .inner = {.norm1 = "blocks.{}.norm_in.*",
                    .qk = "blocks.{}.attn_in.qk.*",
                    .v = "blocks.{}.attn_in.v.*",
                    .proj = "blocks.{}.attn_in.proj.*",
                    .norm2 = "blocks.{}.norm_mlp_in.*",
                    .fc1 = "blocks.{}.mlp_in.fc1.*",
                    .fc2 = "blocks.{}.mlp_in.fc2.*"},
          .outer = {.norm1 = "blocks.{}.norm_out.*",
                    .qk = "blocks.{}.attn_out.qk.*",
                    .v = "blocks.{}.attn_out.v.*",
                    .proj = "blocks.{}.attn_out.proj.*",
                    .norm2 = "blocks.{}.norm_mlp.*",
                    .fc1 = "blocks.{}.mlp.fc1.*",
                    .fc2 = "blocks.{}.mlp.fc2.*"},
          .norm = "norm.*",
          .head = "head.*"};
}

TntNames huawei_names() {
  return {.pixel = "patch_embed.proj.*",
          .pixel_position = "inner_pos",
          .cls = "cls_token",
          .position = "outer_pos",
          .start = {"proj_norm1.*", "proj.*", "proj_norm2.*"},
          .merge = {"blocks.{}.proj_norm1.*", "blocks.{}.proj.*", "blocks.{}.proj_norm2.*"},
          .inner = {.norm1 = "blocks.{}.inner_norm1.*",
                    .qk = "blocks.{}.inner_attn.qk.*",
                    .v = "blocks.{}.inner_attn.v.*",
                    .proj = "blocks.{}.inner_attn.proj.*",
                    .norm2 = "blocks.{}.inner_norm2.*",
                    .fc1 = "blocks.{}.inner_mlp.fc1.*",
                    .fc2 = "blocks.{}.inner_mlp.fc2.*"},
          .outer = {.norm1 = "blocks.{}.outer_norm1.*",
                    .qk = "blocks.{}.outer_attn.qk.*",
                    .v = "blocks.{}.outer_attn.v.*",
                    .proj = "blocks.{}.outer_attn.proj.*",
                    .norm2 = "blocks.{}.outer_norm2.*",
                    .fc1 = "blocks.{}.outer_mlp.fc1.*",
                    .fc2 = "blocks.{}.outer_mlp.fc2.*"},
          .norm = "norm.*",
          .head = "head.*"};
}

std::span<const TntNaming> all_namings() {
  static const TntNaming namings[] = {{"timm", timm_names(), PatchOrder::chw},
                                      {"huawei", huawei_names(), PatchOrder::hwc}};
  return namings;
}

TntNaming with_wrapper(TntNaming naming, std::string_view wrapper) {
  const auto visitor = [&](std::string_view, std::string& pattern) { pattern.insert(0, wrapper); };
  naming.names.visit(visitor);
  return naming;
}

/// The part of a TntSpec that decides whether a tensor of this role is there.
std::string field_of(const TntSpec& spec, std::string_view role) {
  if (role.starts_with("name.start.")) return fmt::format("start={}", enum_text(spec.start));
  if (role.starts_with("name.merge.")) return fmt::format("merge={}", enum_text(spec.merge));
  if (role.ends_with(".qk") || role.ends_with(".v")) {
    return fmt::format("qkv_bias={}", int{spec.qkv_bias});
  }
  if (role == "name.head") return fmt::format("classes={}", spec.classes);
  return "a model without it";
}

}  // namespace

std::optional<TntNaming> find_tnt_naming(const WeightSource& weights) {
  std::optional<TntNaming> found;
  for (const TntNaming& naming : all_namings()) {
    const std::string& last = naming.names.pixel_position;
    for (const TensorInfo& tensor : weights.tensors()) {
      const std::string_view name = tensor.name;
      if (!name.ends_with(last)) continue;
      const std::string_view wrapper = name.substr(0, name.size() - last.size());
      if (!is_wrapper(wrapper)) continue;
      if (found) {
        throw Error(ExitCode::bad_input, "MODEL_NAMES",
                    fmt::format("the file holds two models, with '{}' and '{}'",
                                printable(found->names.pixel_position), printable(name)),
                    "keep the tensors of one of them");
      }
      found = with_wrapper(naming, wrapper);
    }
  }
  return found;
}

TntNaming timm_tnt_naming() { return all_namings()[0]; }

void refuse_tnt_contradiction(const TntSpec& spec, const std::string& origin,
                              const std::string& tensor) {
  const auto visitor = [&](std::string_view role, const std::string& pattern) {
    const auto block = match_name(pattern, tensor);
    if (!block) return;
    const bool past_end = *block >= spec.depth;
    throw Error(ExitCode::bad_input, "CFG_TENSORS",
                fmt::format("{}: in the file, but {} says {}", printable(tensor), origin,
                            past_end ? fmt::format("depth={}", spec.depth) : field_of(spec, role)),
                "the config belongs to another model, or needs --set");
  };
  TntNames names = spec.names;
  names.visit(visitor);
}

}  // namespace vitgen
