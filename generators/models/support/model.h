#pragma once
// A model as its files describe it: what the network computes, what its tensors are called, and
// what goes with it.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "generators/base/visit.h"
#include "generators/models/support/preprocess.h"
#include "generators/plan/network.h"
#include "generators/weights/weight_source.h"

namespace vitgen {

/// What goes with a network.
struct ModelFacts {
  std::string family;               ///< "vit"
  std::string architecture;         ///< as the config calls it, "" without one
  std::string title;                ///< for people: architecture or family, and how it differs
  std::string naming;               ///< of the tensors: "timm", "hf", ...
  std::string origin;               ///< what the hyper-parameters come from, for messages
  std::vector<std::string> labels;  ///< of the classes; empty if there are none
  std::optional<Preprocess> preprocess;
  std::int64_t parameters = 0;       ///< elements of the tensors that the default outputs use
  std::vector<std::string> notices;  ///< what was assumed or ignored, one line each
};

struct Model : ModelFacts {
  Network network;
};

struct LoadOptions {
  bool strict = false;    ///< tensors that the model does not use are an error
  Fields overrides = {};  ///< of the network's hyper-parameters, by their names
};

/// The model in `weights`. Its config is at `config`; without one the architecture is inferred from
/// the tensors, as far as they show it. Every tensor that the model needs is known to be there with
/// the right shape.
///
/// Errors (bad_input): CFG_JSON, CFG_FIELD, CFG_RANGE, CFG_INCONSISTENT, CFG_BUDGET,
/// CFG_UNSUPPORTED, CFG_TENSORS (config and tensors contradict each other), MODEL_NAMES (no known
/// scheme of names), MODEL_MISSING, MODEL_SHAPE, MODEL_DTYPE, MODEL_EXTRA.
Model load_model(const WeightSource& weights, const std::optional<std::string>& config,
                 const LoadOptions& options = {});

/// A model without a file: `name` is an architecture of timm, or the path of a config.
Model load_architecture(const std::string& name, const LoadOptions& options = {});

/// Name and shape of every tensor that the model's default outputs need, in the order of their
/// use, each once: what random weights are made for.
std::vector<std::pair<std::string, Shape>> tensors_of(const Model& model);

}  // namespace vitgen
