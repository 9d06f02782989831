// Relative positions (iRPE): sizes of the published models, what tables show without a config, and
// what contradicts.

#include <gtest/gtest.h>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using testing::Thrown;

LoadOptions with_word(const std::string& word, const std::string& more = {}) {
  LoadOptions options;
  options.overrides = Fields::parse("relative=" + word + more);
  return options;
}

struct Published {
  const char* architecture;
  const char* word;
  std::int64_t parameters;
};

// Of the checkpoints that iRPE's authors publish, 1000 classes.
TEST(Irpe, parameter_counts_are_the_published_ones) {
  for (const Published& row : {
           Published{"vit_tiny_patch16_224", "rpe-1.9-product-ctx-1-k", 5'755'816},
           Published{"vit_small_patch16_224", "rpe-1.9-product-ctx-1-k", 22'089'064},
           Published{"vit_small_patch16_224", "rpe-1.9-product-ctx-1-qk", 22'127'464},
           Published{"vit_small_patch16_224", "rpe-1.9-product-ctx-1-qkv", 22'165'864},
           Published{"vit_base_patch16_224", "rpe-1.9-product-ctx-1-k", 86'606'056},
           Published{"vit_base_patch16_224", "rpe-1.9-product-ctx-1-qkv", 86'682'856},
       }) {
    const Model model = load_architecture(row.architecture, with_word(row.word, ",classes=1000"));
    EXPECT_EQ(model.parameters, row.parameters) << row.architecture << " " << row.word;
  }
}

TEST(Irpe, word_of_the_published_detr_is_a_field_of_a_config) {
  Json config = Json::parse(R"({"network": "vit", "image_h": 24, "image_w": 24, "patch_h": 8,
    "patch_w": 8, "width": 32, "depth": 2, "heads": 2, "mlp": 64, "eps": 1e-6,
    "activation": "gelu_erf", "classes": 3, "relative": "rpe-2.0-product-ctx-1-k"})");
  const RelativePosition relative = vit_of(model_of(config)).relative;
  EXPECT_EQ(relative.ratio, 2.0f);
  EXPECT_TRUE(relative.on_k && !relative.on_q && !relative.on_v && relative.shared);
  EXPECT_EQ(refusal_of(with(config, "relative", "rpe-2.0-circle-ctx-1-k")).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(config, "relative", 2)).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(config, "relative", "rpe-0-product-ctx-1-k")).code, "CFG_RANGE");
  EXPECT_EQ(refusal_of(with(config, "relative", "rpe-100-product-ctx-1-k")).code, "CFG_RANGE");
  EXPECT_EQ(refusal_of(with(config, "relative", "rpe-2-product-bias-1-kv")).code,
            "CFG_INCONSISTENT");
  EXPECT_EQ(
      refusal_of(with(with(config, "relative", "rpe-2-product-ctx-1-k"), "naming", "hf")).code,
      "CFG_INCONSISTENT");
  Json large = with(config, "relative", "rpe-2-product-ctx-1-k");
  large["image_h"] = large["image_w"] = 8 * 160;
  EXPECT_EQ(refusal_of(large).code, "CFG_BUDGET");
}

/// timm's small ViT of two heads of 64 with tables of `word`.
Tensors tensors_of_word(const std::string& word) {
  Json config = with_argument("embed_dim", 128);
  return tensors_of(model_of(config, with_word(word)));
}

TEST(Irpe, tables_show_all_but_the_method_without_a_config) {
  for (const char* word :
       {"rpe-1.9-product-ctx-1-k", "rpe-1.9-product-ctx-0-qk", "rpe-2.5-product-ctx-1-qkv",
        "rpe-3-product-bias-0-q", "rpe-20-euc-ctx-0-kv", "rpe-33-quant-bias-1-qk",
        "rpe-20-cross-ctx-1-qkv", "rpe-20-cross-bias-0-k"}) {
    const Model model =
        load_model(random_source(tensors_of_word(word)), std::nullopt, {.strict = true});
    EXPECT_EQ(to_word(vit_of(model).relative), word);
    ASSERT_EQ(model.notices.size(), 2u) << word;
    EXPECT_NE(model.notices[0].find(word), std::string::npos) << model.notices[0];
  }
}

TEST(Irpe, method_that_tables_do_not_show_must_be_given) {
  const Tensors tensors = tensors_of_word("rpe-2.0-euc-ctx-1-k");  // 9 buckets and one
  const Thrown thrown =
      testing::thrown_by([&] { load_model(random_source(tensors), std::nullopt); });
  EXPECT_EQ(thrown.code, "CFG_FIELD");
  EXPECT_NE(thrown.message.find("lookup_table_weight: 10 buckets"), std::string::npos)
      << thrown.message;
  EXPECT_NE(thrown.hint.find("--set relative="), std::string::npos) << thrown.hint;
  const Model given =
      load_model(random_source(tensors), std::nullopt, with_word("rpe-2.0-euc-ctx-1-k"));
  EXPECT_EQ(vit_of(given).relative.method, BucketMethod::euclidean);
}

TEST(Irpe, table_with_other_axes_is_refused) {
  Tensors tensors = tensors_of_word("rpe-1.9-product-ctx-1-k");
  for (auto& [name, shape] : tensors) {
    if (name.find("rpe_k") != std::string::npos) shape = {64, 50};
  }
  const Thrown thrown =
      testing::thrown_by([&] { load_model(random_source(tensors), std::nullopt); });
  EXPECT_EQ(thrown.code, "MODEL_SHAPE");
}

TEST(Irpe, tables_that_the_config_does_not_have_contradict_it) {
  const Tensors tensors = tensors_of_word("rpe-1.9-product-ctx-1-k");
  const Json config = with_argument("embed_dim", 128);
  const Thrown thrown = testing::thrown_by([&] { model_with(random_source(tensors), config); });
  EXPECT_EQ(thrown.code, "CFG_TENSORS");
  EXPECT_NE(thrown.message.find("rpe_k"), std::string::npos) << thrown.message;
  EXPECT_NE(thrown.message.find("relative=none"), std::string::npos) << thrown.message;
  const Model model =
      model_with(random_source(tensors), config, with_word("rpe-1.9-product-ctx-1-k"));
  EXPECT_TRUE(vit_of(model).relative.on_k);
}

}  // namespace
}  // namespace vitgen
