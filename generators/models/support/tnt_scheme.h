#pragma once
// What files of Transformer in Transformer call their tensors.

#include <optional>
#include <string>

#include "generators/plan/tnt.h"
#include "generators/weights/weight_source.h"

namespace vitgen {

/// A scheme with what stands before all names of a file filled in.
struct TntNaming {
  std::string scheme;  ///< "timm", or "huawei" for its authors
  TntNames names;
  PatchOrder pixel_position_order = PatchOrder::chw;
};

/// The scheme that the file follows, wrappers such as `module.` removed; nothing if it is another
/// family's. Throws MODEL_NAMES if the file holds several models.
std::optional<TntNaming> find_tnt_naming(const WeightSource& weights);

/// timm's names, for models without a file.
TntNaming timm_tnt_naming();

/// Throws CFG_TENSORS if `tensor`, which the model does not use, is one that files with these names
/// have. `origin` is where the hyper-parameters come from.
void refuse_tnt_contradiction(const TntSpec& spec, const std::string& origin,
                              const std::string& tensor);

}  // namespace vitgen
