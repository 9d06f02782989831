#include "generators/models/support/binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "generators/base/error.h"
#include "generators/base/suggest.h"
#include "generators/models/support/scheme.h"

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
  return wanted.size() == 4 && file.size() == 2 && (file[0] == wanted[0] || file[1] == wanted[3]) &&
         element_count(file) == element_count(wanted);
}

std::string origin_hint(const Model& model) {
  return fmt::format("{} gives {}", model.origin, model.network.summary());
}

std::string shape_hint(const Model& model, const Shape& file, const Shape& wanted) {
  if (wanted.size() == 2 && file == Shape{wanted[1], wanted[0]}) return "the tensor is transposed";
  const bool patches = wanted.size() == 4 && file.size() == 2;
  if (patches && element_count(file) == element_count(wanted) &&
      (file[1] == wanted[0] || file[0] == wanted[3])) {
    return "the matrix is transposed: --set patch_matrix=in_out reads it, or out_in if it was that";
  }
  return origin_hint(model);
}

[[noreturn]] void refuse(std::string_view code, const std::string& message, std::string hint) {
  throw Error(ExitCode::bad_input, code, message, std::move(hint));
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
    refuse("MODEL_SHAPE",
           fmt::format("{}: expected {}, got {}", printable(name), shape_text(shape),
                       shape_text(tensor->shape)),
           shape_hint(model, tensor->shape, shape));
  }
  weights.require(name, tensor->shape);  // its type
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

void bind_tensors(Model& model, const WeightSource& weights, const BindOptions& options) {
  std::set<std::string> used;
  for (const auto& [name, shape] : tensors_of(model)) used.insert(name);
  std::vector<std::string> extra;
  for (const TensorInfo& tensor : weights.tensors()) {
    if (used.contains(tensor.name) || is_ignorable(tensor.name)) continue;
    if (options.refuse_contradiction) options.refuse_contradiction(tensor.name);
    extra.push_back(tensor.name);
  }
  for (const auto& [name, shape] : tensors_of(model)) {
    require_tensor(model, name, shape, weights, extra);
  }
  report_extra(model, extra, options.strict);
}

}  // namespace vitgen
