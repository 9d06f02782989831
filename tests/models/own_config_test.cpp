// config.json in vitgen's own words.

#include <gtest/gtest.h>

#include <limits>

#include "generators/models/support/scheme.h"
#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using testing::Thrown;

/// A NumPy transformer: 2 heads of 8 channels on 2x3 patches.
Json numpy_config() {
  return Json::parse(R"({"network": "vit", "naming": "numpy", "image_h": 8, "image_w": 12,
    "patch_h": 4, "patch_w": 4, "channels": 1, "width": 16, "depth": 2, "heads": 2, "mlp": 24,
    "eps": 1e-5, "activation": "relu", "classes": 3, "head_weights": "sliced", "proj": false,
    "positions": "sinusoid", "final_norm": "none", "labels": ["ant", "bee", "cat"],
    "preprocess": {"mean": [0.25], "std": [0.5]}})");
}

TEST(OwnConfig, fields_labels_and_preprocessing_reach_the_model) {
  const Model model = model_of(numpy_config());
  const VitSpec spec = vit_of(model);
  EXPECT_EQ(spec.eps, 1e-5f);
  EXPECT_EQ(spec.activation, Activation::relu);
  EXPECT_EQ(spec.head_weights, HeadWeights::sliced);
  EXPECT_FALSE(spec.proj);
  EXPECT_EQ(spec.mean[0], 0.25f);
  EXPECT_EQ(spec.std_dev[0], 0.5f);
  EXPECT_EQ(model.labels, (std::vector<std::string>{"ant", "bee", "cat"}));
  EXPECT_EQ(model.preprocess->crop_w, 12);
  EXPECT_TRUE(model.notices.empty());
}

TEST(OwnConfig, grid_head_size_and_position_rows_follow_unless_given) {
  VitSpec spec = vit_of(model_of(numpy_config()));
  EXPECT_EQ(spec.grid_h, 2);
  EXPECT_EQ(spec.grid_w, 3);
  EXPECT_EQ(spec.head_size, 8);
  EXPECT_EQ(spec.position_prefix, 1);
  spec = vit_of(model_of(with(with(numpy_config(), "position_prefix", 0), "grid_h", 5)));
  EXPECT_EQ(spec.position_prefix, 0);
  EXPECT_EQ(spec.grid_h, 5);
}

TEST(OwnConfig, tensors_are_called_as_the_naming_says_or_as_in_the_file) {
  EXPECT_EQ(vit_of(model_of(numpy_config())).names.q, "blocks.{}.attn.q.{h}.*");
  const Tensors tensors = tensors_with(numpy_config());
  EXPECT_EQ(tensors[0].first, "patch_embed.weight");
  const Model model = model_with(random_source(tensors), numpy_config(), {.strict = true});
  EXPECT_EQ(model.naming, "numpy");
  const Thrown other = testing::thrown_by(
      [&] { model_with(random_source(tensors), with(numpy_config(), "naming", "timm")); });
  EXPECT_EQ(other.code, "CFG_TENSORS");
  EXPECT_NE(other.message.find("numpy"), std::string::npos) << other.message;
}

TEST(OwnConfig, what_a_default_would_change_silently_is_required) {
  for (const char* key : {"image_h", "image_w", "patch_h", "patch_w", "width", "depth", "heads",
                          "mlp", "eps", "activation", "classes"}) {
    Json config = numpy_config();
    config.erase(key);
    const Thrown thrown = refusal_of(config);
    EXPECT_EQ(thrown.code, "CFG_FIELD") << key;
    EXPECT_NE(thrown.message.find(key), std::string::npos) << thrown.message;
  }
}

TEST(OwnConfig, unknown_fields_words_and_types_are_named) {
  const Thrown field = refusal_of(with(numpy_config(), "activatoin", "relu"));
  EXPECT_EQ(field.code, "CFG_FIELD");
  EXPECT_NE(field.hint.find("activation"), std::string::npos) << field.hint;
  for (const auto& [key, value] : {std::pair<std::string, Json>{"activation", "mish"},
                                   {"depth", 2.5},
                                   {"depth", "two"},
                                   {"depth", "2"},
                                   {"activation", 1},
                                   {"activation", true},
                                   {"depth", nullptr},
                                   {"depth", Json::array({2})},
                                   {"proj", "no"},
                                   {"mean0", 0.5},
                                   {"pixel_peak", 1},
                                   {"naming", "nmpy"},
                                   {"preprocess", 3}}) {
    const Thrown thrown = refusal_of(with(numpy_config(), key, value));
    EXPECT_EQ(thrown.code, "CFG_FIELD") << key << value;
    EXPECT_EQ(thrown.exit, ExitCode::bad_input) << key << value;
    EXPECT_NE(thrown.message.find(key), std::string::npos) << thrown.message;
  }
  EXPECT_EQ(refusal_of(with(numpy_config(), "depth", 0)).code, "CFG_RANGE");
  EXPECT_EQ(refusal_of(with(numpy_config(), "labels", Json::array({"ant"}))).code,
            "CFG_INCONSISTENT");
  for (const std::int64_t huge :
       {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(refusal_of(with(numpy_config(), "registers", huge)).code, "CFG_RANGE");
  }
  EXPECT_EQ(refusal_of(with(numpy_config(), "network", "cnn")).code, "CFG_FIELD");
}

TEST(OwnConfig, numpy_names_without_a_config_are_refused) {
  const WeightSource weights = random_source(tensors_with(numpy_config()));
  const Thrown thrown = testing::thrown_by([&] { load_model(weights, std::nullopt); });
  EXPECT_EQ(thrown.code, "CFG_FIELD");
  EXPECT_NE(thrown.message.find("numpy"), std::string::npos) << thrown.message;
}

TEST(OwnConfig, tensors_that_the_fields_rule_out_contradict_it) {
  for (const auto& [name, says] :
       {std::pair<std::string, std::string>{"pos_embed", "positions=sinusoid"},
        {"blocks.0.attn.proj.weight", "proj=0"},
        {"patch_norm.weight", "patch_norm=0"}}) {
    const Tensors tensors =
        tensors_with(numpy_config(), [&](Tensors& t) { t.emplace_back(name, Shape{16}); });
    const Thrown thrown =
        testing::thrown_by([&] { model_with(random_source(tensors), numpy_config()); });
    EXPECT_EQ(thrown.code, "CFG_TENSORS") << name;
    EXPECT_NE(thrown.message.find(says), std::string::npos) << thrown.message;
  }
}

TEST(Scheme, head_numbers_match_beside_the_blocks) {
  EXPECT_EQ(match_name("blocks.{}.attn.q.{h}.*", "blocks.3.attn.q.11.weight"), 3);
  EXPECT_EQ(match_name("a.{}.in_proj_*", "a.7.in_proj_bias"), 7);
  for (const char* name : {"blocks.3.attn.q..weight", "blocks.3.attn.q.1.gain",
                           "blocks.3.attn.q.-1.weight", "blocks.3.attn.q.1"}) {
    EXPECT_EQ(match_name("blocks.{}.attn.q.{h}.*", name), std::nullopt) << name;
  }
}

TEST(Scheme, decoders_that_trained_an_encoder_are_ignored) {
  for (const char* name :
       {"decoder_embed.weight", "decoder_blocks.0.norm1.bias", "decoder_pos_embed",
        "decoder.decoder_pred.weight", "module.decoder_norm.weight"}) {
    EXPECT_TRUE(is_ignorable(name)) << name;
  }
  EXPECT_FALSE(is_ignorable("blocks.0.decoder.weight"));
}

}  // namespace
}  // namespace vitgen
