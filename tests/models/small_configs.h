#pragma once
// Configs of small models, one key changed at a time.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "generators/base/json.h"
#include "generators/models/support/model.h"
#include "tests/base/support.h"

namespace vitgen {

/// transformers' ViTForImageClassification, 2 blocks of 32 channels, 24x24 pixels.
inline Json hf_config() {
  return Json::parse(R"({
    "architectures": ["ViTForImageClassification"], "model_type": "vit",
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "hidden_act": "gelu", "layer_norm_eps": 1e-12, "image_size": 24, "patch_size": 8,
    "num_channels": 3, "qkv_bias": true, "id2label": {"0": "ant", "1": "bee", "2": "cat"}})");
}

/// timm's config of a small vit_tiny_patch16_224.
inline Json timm_config() {
  return Json::parse(R"({
    "architecture": "vit_tiny_patch16_224", "num_classes": 3, "num_features": 32,
    "global_pool": "token",
    "model_args": {"img_size": 24, "patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": 2},
    "pretrained_cfg": {"input_size": [3, 24, 24], "fixed_input_size": true, "crop_pct": 0.9,
      "interpolation": "bicubic", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})");
}

inline Json with(Json config, const std::string& key, const Json& value) {
  config[key] = value;
  return config;
}

/// timm_config() with one of its model_args.
inline Json with_argument(const std::string& key, const Json& value) {
  Json config = timm_config();
  config["model_args"][key] = value;
  return config;
}

/// The model of a config without weights.
inline Model model_of(const Json& config, const LoadOptions& options = {}) {
  const testing::Scratch folder;
  return load_architecture(folder.write("config.json", config.dump()), options);
}

inline testing::Thrown refusal_of(const Json& config) {
  return testing::thrown_by([&] { model_of(config); });
}

/// `weights` read with `config`.
inline Model model_with(const WeightSource& weights, const Json& config,
                        const LoadOptions& options = {}) {
  const testing::Scratch folder;
  return load_model(weights, folder.write("config.json", config.dump()), options);
}

using Tensors = std::vector<std::pair<std::string, Shape>>;

/// The tensors that a config's model needs, changed.
inline Tensors tensors_with(const Json& config, const std::function<void(Tensors&)>& change = {}) {
  Tensors tensors = tensors_of(model_of(config));
  if (change) change(tensors);
  return tensors;
}

inline WeightSource random_source(Tensors tensors) {
  return WeightSource::random(std::move(tensors), 1);
}

}  // namespace vitgen
