// DropPos: what its tensors and its config say, and what is refused. Its numbers are compared with
// PyTorch's in fixtures_test.cpp.

#include "generators/plan/drop_pos.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "generators/plan/network.h"
#include "tests/models/small_configs.h"

namespace vitgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensors vit_block(const std::string& name, std::int64_t width, std::int64_t mlp) {
  return {{name + ".norm1.weight", {width}},
          {name + ".norm1.bias", {width}},
          {name + ".attn.qkv.weight", {3 * width, width}},
          {name + ".attn.qkv.bias", {3 * width}},
          {name + ".attn.proj.weight", {width, width}},
          {name + ".attn.proj.bias", {width}},
          {name + ".norm2.weight", {width}},
          {name + ".norm2.bias", {width}},
          {name + ".mlp.fc1.weight", {mlp, width}},
          {name + ".mlp.fc1.bias", {mlp}},
          {name + ".mlp.fc2.weight", {width, mlp}},
          {name + ".mlp.fc2.bias", {width}}};
}

/// The published network, encoder of `width` and `depth`.
Tensors published(std::int64_t width, int depth, const std::string& before = "") {
  Tensors all = {{"cls_token", {1, 1, width}},
                 {"pos_embed", {1, 197, width}},
                 {"mask_pos_token", {1, 1, width}},
                 {"patch_embed.proj.weight", {width, 3, 16, 16}},
                 {"patch_embed.proj.bias", {width}},
                 {"norm.weight", {width}},
                 {"norm.bias", {width}},
                 {"decoder_embed.weight", {512, width}},
                 {"decoder_embed.bias", {512}},
                 {"decoder_norm.weight", {512}},
                 {"decoder_norm.bias", {512}},
                 {"decoder_pred.weight", {196, 512}},
                 {"decoder_pred.bias", {196}}};
  const auto add = [&](const Tensors& more) { all.insert(all.end(), more.begin(), more.end()); };
  for (int i = 0; i < depth; ++i) add(vit_block("blocks." + std::to_string(i), width, 4 * width));
  for (int i = 0; i < 2; ++i) add(vit_block("decoder_blocks." + std::to_string(i), 512, 2048));
  for (auto& [name, shape] : all) name.insert(0, before);
  return all;
}

DropPosSpec spec_of(const Model& model) { return model.network.as<DropPosSpec>(); }

testing::Thrown refusal(const Json& config) {
  const WeightSource weights = random_source(published(64, 1));
  return testing::thrown_by([&] { model_with(weights, config); });
}

TEST(DropPos, has_the_published_number_of_parameters) {
  const Model model = load_model(random_source(published(768, 12)), std::nullopt);
  EXPECT_EQ(model.family, "drop_pos");
  EXPECT_EQ(model.parameters, 92599492);
}

TEST(DropPos, tensors_show_all_but_ratios_and_heads) {
  const Model model = load_model(random_source(published(384, 3, "module.")), std::nullopt);
  const DropPosSpec spec = spec_of(model);
  EXPECT_EQ(spec.encoder.heads, 6);
  EXPECT_EQ(spec.encoder.depth, 3);
  EXPECT_EQ(spec.kept, 49);
  EXPECT_EQ(spec.visible, 12);
  EXPECT_EQ(spec.decoder_width, 512);
  EXPECT_EQ(spec.decoder_heads, 16);
  EXPECT_EQ(spec.decoder_mlp, 2048);
  EXPECT_EQ(spec.decoder_names.norm1, "module.decoder_blocks.{}.norm1.*");
}

TEST(DropPos, config_has_the_words_of_the_training_script) {
  const Json config = {{"network", "drop_pos"},      {"mask_ratio", 0.9},  {"pos_mask_ratio", 0.5},
                       {"label_smoothing_sigma", 0}, {"attn_guide", true}, {"heads", 2},
                       {"decoder_num_heads", 8}};
  const DropPosSpec spec = spec_of(model_with(random_source(published(64, 1)), config));
  EXPECT_EQ(spec.kept, 19);  // 196 * (1 - 0.9) is just below 19.6, and truncated
  EXPECT_EQ(spec.visible, 9);
  EXPECT_EQ(spec.sigma, 0);
  EXPECT_TRUE(spec.attentive);
  EXPECT_EQ(spec.encoder.heads, 2);
  EXPECT_EQ(spec.encoder.head_size, 32);
  EXPECT_EQ(spec.decoder_heads, 8);
}

// Without them 64 channels a head are assumed, which this width is no multiple of.
TEST(DropPos, heads_of_any_width_come_from_the_config_or_by_hand) {
  const WeightSource weights = random_source(published(80, 1));
  EXPECT_EQ(testing::thrown_by([&] { load_model(weights, std::nullopt); }).code, "CFG_FIELD");
  const DropPosSpec spec = spec_of(model_with(weights, {{"network", "drop_pos"}, {"heads", 5}}));
  EXPECT_EQ(spec.encoder.heads, 5);
  EXPECT_EQ(spec.encoder.head_size, 16);
  EXPECT_EQ(refusal({{"network", "drop_pos"}, {"heads", 7}}).code, "CFG_INCONSISTENT");
}

TEST(DropPos, what_cannot_be_is_refused_by_its_word) {
  EXPECT_EQ(refusal({{"network", "drop_pos"}, {"mask_ratio", 1}}).code, "CFG_RANGE");
  EXPECT_EQ(refusal({{"network", "drop_pos"}, {"mask_ratio", 0.999}}).code, "CFG_RANGE");
  EXPECT_EQ(refusal({{"network", "drop_pos"}, {"decoder_num_heads", 7}}).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal({{"network", "drop_pos"}, {"label_smoothing_sigma", -1}}).code, "CFG_RANGE");
  const Json config = {{"network", "drop_pos"}};
  EXPECT_EQ(testing::thrown_by([&] { model_of(config); }).code, "MODEL_MISSING");
}

TEST(DropPos, a_missing_tensor_of_the_decoder_is_named) {
  Tensors tensors = published(64, 1);
  std::erase_if(tensors, [](const auto& t) { return t.first == "decoder_blocks.1.mlp.fc2.bias"; });
  const WeightSource weights = random_source(tensors);
  const testing::Thrown thrown = testing::thrown_by([&] { load_model(weights, std::nullopt); });
  EXPECT_EQ(thrown.code, "MODEL_MISSING");
  EXPECT_THAT(thrown.message, HasSubstr("decoder_blocks.1.mlp.fc2.bias"));
}

TEST(DropPos, plan_takes_noise_and_computes_what_outputs_need) {
  const Model model = load_model(random_source(published(64, 1)), std::nullopt);
  const Plan plan = model.network.lower({});
  std::vector<std::string> inputs;
  for (const Port& port : plan.inputs) inputs.push_back(port.name);
  EXPECT_THAT(inputs, ElementsAre("image", "patch_noise", "position_noise"));
  ASSERT_EQ(plan.outputs.size(), 3u);
  EXPECT_THAT(plan.outputs[0].extents, ElementsAre(196, 49));
  PlanOptions labels;
  labels.outputs = {"labels"};
  EXPECT_EQ(model.network.lower(labels).steps.size(), 1u);
  PlanOptions other;
  other.outputs = {"pooled"};
  EXPECT_EQ(testing::thrown_by([&] { model.network.lower(other); }).code, "OUTPUT_UNKNOWN");
  other = {};
  other.image_h = other.image_w = 32;
  EXPECT_EQ(testing::thrown_by([&] { model.network.lower(other); }).code, "IMAGE_SIZE_NONE");
}

TEST(DropPos, the_second_pass_of_the_encoder_shares_its_weights) {
  const WeightSource weights = random_source(published(64, 1));
  const auto count = [&](bool guided) {
    const Json config = {{"network", "drop_pos"}, {"attn_guide", guided}};
    return model_with(weights, config).network.lower({}).weights.size();
  };
  // The last norm goes into the decoder's first linear; the guide needs it by itself.
  EXPECT_EQ(count(true), count(false) + 2);
}

}  // namespace
}  // namespace vitgen
