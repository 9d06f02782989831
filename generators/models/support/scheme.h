#pragma once
// The naming schemes of model files, as data, and finding the one that a file follows.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generators/ops/support/epilogue.h"
#include "generators/plan/tensor_functions.h"
#include "generators/plan/tensor_names.h"
#include "generators/plan/vit_spec.h"
#include "generators/weights/weight_source.h"

namespace vitgen {

/// What a file without a config is taken for, where its tensors do not show it.
struct SchemeDefaults {
  Activation activation = Activation::gelu_erf;
  tensors::Resample resample = tensors::Resample::torch_bicubic_aa;
  bool plain_resize = false;  ///< images as they are to the input's size, mean and std 0.5;
                              ///< else timm's recipe
};

/// A tensor of networks that follow the scheme and are not supported.
struct Unsupported {
  std::string_view tensor;  ///< after the file's prefix
  std::string_view what;    ///< for the message
};

/// In `names`, `@` is the place of the model's own prefix ("vit." or nothing).
struct NamingScheme {
  std::string_view name;
  std::vector<std::string_view> prefixes;  ///< what may stand for `@`, "" always may
  TensorNames names;
  std::string_view layout = {};  ///< how arrays are laid out, fields of VitSpec: "a=1,b=2"
  SchemeDefaults defaults = {};
  std::vector<Unsupported> unsupported = {};
  /// Whose files tensors alone do not explain, "a model of transformers"; empty: they do.
  std::string_view needs_config = {};
};

std::span<const NamingScheme> all_schemes();
const NamingScheme& scheme_named(std::string_view name);

/// A scheme with its prefixes filled in: names as they are in the file.
struct FileNaming {
  std::string scheme;
  std::string prefix;   ///< of the encoder's tensors, wrappers included: "module.vit."
  std::string wrapper;  ///< of all tensors: "module."
  TensorNames names;
};

/// `names` with `@` replaced and the wrapper put before every name.
TensorNames with_prefixes(const TensorNames& names, std::string_view wrapper,
                          std::string_view model_prefix);

/// The scheme that most of the file's tensors follow, wrappers such as `module.` or `model.`
/// removed; nothing if no scheme fits. Throws MODEL_NAMES if the file holds several models.
std::optional<FileNaming> find_naming(const WeightSource& weights);

/// Matches a name with a pattern of TensorNames: the number of the block (0 for patterns without
/// one), or nothing.
std::optional<int> match_name(std::string_view pattern, std::string_view name);

/// `spec` with the layout of the scheme `name`.
VitSpec with_layout(const VitSpec& spec, std::string_view name);

/// Throws CFG_UNSUPPORTED if a tensor of the file shows that it is another kind of network.
void refuse_unsupported(const WeightSource& weights, const FileNaming& naming);

/// True if `prefix` is any sequence of what training scripts and other libraries put before a
/// model's names, such as `module.`.
bool is_wrapper(std::string_view prefix);

/// Tensors that belong to training or to caches of other programs.
bool is_ignorable(std::string_view name);

}  // namespace vitgen
