#include "generators/models/support/binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "generators/base/error.h"
#include "generators/base/suggest.h"

namespace vitgen {

namespace {

/// {1, 1, D} and {D} hold the same values in the same order, and so does a patch weight that was
/// saved as a matrix.
bool same_values(const Shape& file, const Shape& wanted) {
  const auto squeezed = [](const Shape& shape) {
    Shape out;
    std::copy_if(shape.begin(), shape.end(), std::back_inserter(out),
                 [](std::int64_t extent) { return extent != 1; });
    return out;
  };
  if (squeezed(file) == squeezed(wanted)) return true;
  return wanted.size() == 4 && file.size() == 2 && file[0] == wanted[0] &&
         element_count(file) == element_count(wanted);
}

[[noreturn]] void refuse(std::string_view code, const std::string& message, std::string hint) {
  throw Error(ExitCode::bad_input, code, message, std::move(hint));
}

std::string origin_hint(const Model& model) {
  return fmt::format("{} gives {}", model.origin, spec_summary(model.spec));
}

/// `extra`: tensors that the model does not use. A misspelt name is one of them, while the nearest
/// of all names may be the same tensor of the next block.
void require_tensor(const Model& model, const std::string& name, const Shape& shape,
                    const WeightSource& weights, std::span<const std::string> extra) {
  const TensorInfo* tensor = weights.find(name);
  if (!tensor) {
    const std::string nearest = suggestion_hint(name, extra);
    refuse("MODEL_MISSING", fmt::format("{}: not in {}", printable(name), weights.description()),
           nearest.empty() ? origin_hint(model) : nearest);
  }
  if (!same_values(tensor->shape, shape)) {
    const bool transposed = shape.size() == 2 && tensor->shape == Shape{shape[1], shape[0]};
    refuse("MODEL_SHAPE",
           fmt::format("{}: expected {}, got {}", printable(name), shape_text(shape),
                       shape_text(tensor->shape)),
           transposed ? "the tensor is transposed" : origin_hint(model));
  }
  weights.require(name, tensor->shape);  // its type
}

/// The part of a ModelSpec that decides whether a tensor of this role is there.
std::string field_of(const ModelSpec& spec, std::string_view role) {
  if (role.ends_with("gain1") || role.ends_with("gain2")) {
    return fmt::format("layer_scale={}", int{spec.layer_scale});
  }
  if (role.ends_with("registers")) return fmt::format("registers={}", spec.registers);
  if (role.ends_with("dist")) return fmt::format("distillation token={}", int{spec.dist});
  if (role.ends_with("cls")) return "no [CLS] token";
  if (role.ends_with("norm_pre")) return fmt::format("norm_pre={}", int{spec.norm_pre});
  if (role.ends_with("norm")) {
    return fmt::format("final_norm={}", enum_text(spec.final_norm));
  }
  if (role.ends_with("head")) return fmt::format("classes={}", spec.classes);
  return "a model without it";
}

/// Throws if `name` is a tensor that models of this scheme have and this model has not.
void refuse_contradiction(const Model& model, TensorNames naming, const std::string& name) {
  const auto visitor = [&](std::string_view role, const std::string& pattern) {
    if (pattern.empty()) return;
    const auto block = match_name(pattern, name);
    // A pooler beside a classifier is a leftover that transformers ignores, too.
    if (!block || role == "name.pooler") return;
    const bool past_end = *block >= model.spec.depth;
    refuse("CFG_TENSORS",
           fmt::format(
               "{}: in the file, but {} says {}", printable(name), model.origin,
               past_end ? fmt::format("depth={}", model.spec.depth) : field_of(model.spec, role)),
           "the config belongs to another model, or needs --set");
  };
  naming.visit(visitor);
}

void report_extra(Model& model, const std::vector<std::string>& extra, bool strict) {
  if (extra.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < extra.size() && i < 5; ++i) {
    names += (i ? ", " : "") + printable(extra[i]);
  }
  if (extra.size() > 5) names += fmt::format(" and {} more", extra.size() - 5);
  if (strict) {
    refuse("MODEL_EXTRA", fmt::format("tensors that the model does not use: {}", names),
           "leave --strict out to ignore them");
  }
  model.notices.push_back("tensors that the model does not use: " + names);
}

}  // namespace

std::string spec_summary(const ModelSpec& spec) {
  return fmt::format("width {}, depth {}, {} heads, mlp {}, {} classes, {}x{} patches of {}x{}",
                     spec.width, spec.depth, spec.heads, spec.mlp, spec.classes, spec.grid_h,
                     spec.grid_w, spec.patch_h, spec.patch_w);
}

void bind_tensors(Model& model, const TensorNames& naming, const WeightSource& weights,
                  bool strict) {
  std::set<std::string> used;
  for (const auto& [name, shape] : tensors_of(model)) used.insert(name);
  std::vector<std::string> extra;
  for (const TensorInfo& tensor : weights.tensors()) {
    if (used.contains(tensor.name) || is_ignorable(tensor.name)) continue;
    refuse_contradiction(model, naming, tensor.name);
    extra.push_back(tensor.name);
  }
  for (const auto& [name, shape] : tensors_of(model)) {
    require_tensor(model, name, shape, weights, extra);
  }
  report_extra(model, extra, strict);
}

}  // namespace vitgen
