// MLPs with a gate: how wide they are, how files call and lay out their tensors, and the norms
// between the linears of a branch.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/models/small_configs.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

using testing::Thrown;

/// `name` with the first of the words that it has replaced.
std::string renamed(std::string name,
                    const std::vector<std::pair<std::string, std::string>>& words) {
  for (const auto& [from, to] : words) {
    const std::size_t at = name.find(from);
    if (at != std::string::npos) return name.replace(at, from.size(), to);
  }
  return name;
}

Json giant_config() {
  Json config = with(hf_config(), "model_type", "dinov2");
  config["architectures"] = Json::array({"Dinov2Model"});
  config["hidden_act"] = "gelu";
  config["use_swiglu_ffn"] = true;
  config.erase("intermediate_size");
  return config;
}

TEST(Gated, swiglu_of_dinov2_has_two_thirds_of_the_channels_in_whole_eights) {
  const VitSpec spec = vit_of(model_of(giant_config()));
  EXPECT_EQ(spec.gate, GateWeights::joined);
  EXPECT_EQ(spec.activation, Activation::silu);  // whatever hidden_act says
  EXPECT_EQ(spec.mlp, 88);                       // 4 * 32 * 2 / 3 = 85.3
  EXPECT_EQ(spec.hidden(), 176);
  const Json giant = with(with(giant_config(), "hidden_size", 1536), "num_attention_heads", 24);
  EXPECT_EQ(vit_of(model_of(giant)).mlp, 4096);
}

TEST(Gated, tensors_of_dinov2_are_joined_in_files_and_split_in_memory) {
  const auto has = [](const Tensors& tensors, const std::string& name, const Shape& shape) {
    return std::ranges::find(tensors, std::pair(name, shape)) != tensors.end();
  };
  const Tensors file = tensors_with(giant_config());
  EXPECT_TRUE(has(file, "encoder.layer.0.mlp.weights_in.weight", {176, 32}));
  EXPECT_TRUE(has(file, "encoder.layer.0.mlp.weights_out.weight", {32, 88}));

  Tensors memory;
  for (auto [name, shape] : file) {
    if (name.find("weights_in") != std::string::npos) {
      shape[0] /= 2;
      memory.emplace_back(renamed(name, {{"weights_in", "up_proj"}}), shape);
    }
    name = renamed(name, {{"attention.query", "q_proj"},
                          {"attention.key", "k_proj"},
                          {"attention.value", "v_proj"},
                          {"output.dense", "o_proj"},
                          {"weights_in", "gate_proj"},
                          {"weights_out", "down_proj"}});
    memory.emplace_back(std::move(name), std::move(shape));
  }
  const Model model = model_with(random_source(memory), giant_config(), {.strict = true});
  EXPECT_EQ(model.naming, "hf5_dinov2");
  EXPECT_EQ(vit_of(model).gate, GateWeights::split);
  EXPECT_EQ(vit_of(model).mlp, 88);
}

TEST(Gated, config_and_tensors_must_agree_about_the_gate) {
  const WeightSource plain =
      random_source(tensors_with(with(giant_config(), "use_swiglu_ffn", false)));
  const Thrown lacking = testing::thrown_by([&] { model_with(plain, giant_config()); });
  EXPECT_EQ(lacking.code, "CFG_TENSORS");
  EXPECT_NE(lacking.message.find("gate=joined"), std::string::npos) << lacking.message;
  const WeightSource gated = random_source(tensors_with(giant_config()));
  const Thrown surplus =
      testing::thrown_by([&] { model_with(gated, with(giant_config(), "use_swiglu_ffn", false)); });
  EXPECT_EQ(surplus.code, "CFG_TENSORS");
  EXPECT_NE(surplus.message.find("gate=none"), std::string::npos) << surplus.message;
}

Json timm_giant_config() {
  Json config = timm_config();
  config["architecture"] = "vit_giant_patch14_reg4_dinov2";
  config["num_classes"] = 0;
  return config;
}

TEST(Gated, hidden_channels_of_timm_count_the_gate_in) {
  const VitSpec spec = vit_of(load_architecture("vit_giant_patch14_dinov2"));
  EXPECT_EQ(spec.gate, GateWeights::joined);
  EXPECT_EQ(spec.activation, Activation::silu);
  EXPECT_EQ(spec.mlp, 4096);
  EXPECT_EQ(vit_of(model_of(timm_giant_config())).mlp, 85);  // int(32 * 5.33334) / 2
}

TEST(Gated, files_without_a_config_show_their_gates) {
  const LoadOptions options{.strict = true, .overrides = Fields::parse("heads=2")};
  const Tensors tensors = tensors_with(timm_giant_config());
  const Model timm = load_model(random_source(tensors), std::nullopt, options);
  EXPECT_EQ(timm.naming, "timm");
  EXPECT_EQ(vit_of(timm).gate, GateWeights::joined);
  EXPECT_EQ(vit_of(timm).mlp, 85);
  EXPECT_NE(timm.notices[0].find("SiLU"), std::string::npos) << timm.notices[0];

  Tensors authors = tensors;
  for (auto& [name, shape] : authors) {
    name = renamed(name, {{"fc1", "w12"}, {"fc2", "w3"}, {"reg_token", "register_tokens"}});
  }
  const Model dinov2 = load_model(random_source(authors), std::nullopt, options);
  EXPECT_EQ(dinov2.naming, "dinov2");
  EXPECT_EQ(vit_of(dinov2).gate, GateWeights::joined);
  EXPECT_EQ(vit_of(dinov2).mlp, 85);
}

TEST(Gated, norms_between_the_linears_come_from_arguments_or_tensors) {
  Json config = with_argument("scale_attn_norm", true);
  config["model_args"]["scale_mlp_norm"] = true;
  const VitSpec spec = vit_of(model_of(config));
  EXPECT_TRUE(spec.attn_norm && spec.mlp_norm);
  const LoadOptions options{.strict = true, .overrides = Fields::parse("heads=2")};
  const WeightSource weights = random_source(tensors_with(config));
  const VitSpec inferred = vit_of(load_model(weights, std::nullopt, options));
  EXPECT_TRUE(inferred.attn_norm && inferred.mlp_norm);
  const Thrown thrown = testing::thrown_by([&] { model_with(weights, timm_config()); });
  EXPECT_EQ(thrown.code, "CFG_TENSORS");
  EXPECT_NE(thrown.message.find("_norm=0"), std::string::npos) << thrown.message;
  const VitSpec beit3 = vit_of(load_architecture("beit3_base_patch16_224"));
  EXPECT_TRUE(beit3.attn_norm && beit3.mlp_norm);
}

TEST(Gated, schemes_without_such_tensors_refuse_them) {
  const auto refused = [](const std::string& fields) {
    return testing::thrown_by([&] { model_of(hf_config(), {.overrides = Fields::parse(fields)}); });
  };
  for (const std::string field : {"gate=joined", "gate=split", "attn_norm=1", "mlp_norm=1"}) {
    const Thrown thrown = refused(field);
    EXPECT_EQ(thrown.code, "CFG_INCONSISTENT") << field;
    EXPECT_NE(thrown.message.find(field.substr(0, 4)), std::string::npos) << thrown.message;
  }
}

}  // namespace
}  // namespace vitgen
