// Malformed configs, row by row of the list of hostile inputs: CF1 to CF8. CF9 is the name of the
// library, in tests/base.

#include <gtest/gtest.h>

#include "generators/models/support/config_read.h"
#include "tests/models/small_configs.h"

namespace vitgen {
namespace {

using testing::Thrown;

TEST(Config, small_ones_are_accepted_without_notices) {
  EXPECT_TRUE(model_of(timm_config()).notices.empty());
  for (const std::string& notice : model_of(hf_config()).notices) {
    EXPECT_NE(notice.find("preprocessor_config.json"), std::string::npos) << notice;
  }
}

Thrown refusal_of_text(const std::string& text) {
  const testing::Scratch folder;
  const std::string path = folder.write("config.json", text);
  return testing::thrown_by([&] { load_architecture(path); });
}

TEST(Config, CF1_text_that_is_not_strict_json_is_refused) {
  const std::string deep = std::string(32, '[') + std::string(32, ']');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{\"a\":1,\"a\":2}"),
        std::string("{\"layer_norm_eps\":NaN}"), std::string("{\"layer_norm_eps\":Infinity}"),
        std::string("{}//"), std::string("/**/{}"), "{\"a\":" + deep + "}"}) {
    const Thrown thrown = refusal_of_text(text);
    EXPECT_EQ(thrown.code, "CFG_JSON") << text;
    EXPECT_EQ(thrown.exit, ExitCode::bad_input);
    EXPECT_NE(thrown.message.find("config.json"), std::string::npos) << thrown.message;
  }
}

TEST(Config, CF1_a_file_over_one_mebibyte_is_refused_unread) {
  const Thrown thrown = refusal_of_text(hf_config().dump() + std::string(1 << 20, ' '));
  EXPECT_NE(thrown.message.find("the limit is 1048576"), std::string::npos) << thrown.message;
}

TEST(Config, CF1_json_that_is_no_object_is_refused) {
  for (const std::string text : {"null", "[]", "3", "\"vit\"", "true", "{}"}) {
    EXPECT_EQ(refusal_of_text(text).code, "CFG_FIELD") << text;
  }
}

TEST(Config, CF2_missing_key_is_named) {
  for (const std::string key : {"hidden_size", "num_hidden_layers", "num_attention_heads",
                                "intermediate_size", "image_size", "patch_size"}) {
    Json config = hf_config();
    config.erase(key);
    const Thrown thrown = refusal_of(config);
    EXPECT_EQ(thrown.code, "CFG_FIELD") << key;
    EXPECT_NE(thrown.message.find("config.json: " + key), std::string::npos) << thrown.message;
  }
}

TEST(Config, CF2_wrong_type_is_named) {
  EXPECT_EQ(refusal_of(with(hf_config(), "hidden_size", "32")).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(hf_config(), "hidden_size", 32.5)).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(hf_config(), "qkv_bias", "yes")).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(hf_config(), "image_size", Json::array({24, 24, 24}))).code,
            "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(hf_config(), "id2label", 7)).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(timm_config(), "model_args", Json::array())).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with_argument("depth", "2")).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with_argument("qkv_bias", 1)).code, "CFG_FIELD");
  EXPECT_EQ(refusal_of(with(timm_config(), "architecture", 5)).code, "CFG_FIELD");
}

TEST(Config, CF2_unknown_kinds_are_unsupported_and_the_hint_lists_what_is_not) {
  const Thrown type = refusal_of(with(hf_config(), "model_type", "swin"));
  EXPECT_EQ(type.code, "CFG_UNSUPPORTED");
  EXPECT_NE(type.message.find("swin"), std::string::npos);
  EXPECT_NE(type.hint.find("dinov2_with_registers"), std::string::npos) << type.hint;
  const Thrown act = refusal_of(with(hf_config(), "hidden_act", "mish"));
  EXPECT_EQ(act.code, "CFG_UNSUPPORTED");
  EXPECT_NE(act.hint.find("gelu_pytorch_tanh"), std::string::npos) << act.hint;
  EXPECT_EQ(refusal_of(with(hf_config(), "model_type", "a\nb")).message.find('\n'),
            std::string::npos);
  Json neither = hf_config();
  neither.erase("model_type");
  EXPECT_EQ(refusal_of(neither).code, "CFG_FIELD");
}

TEST(Config, CF2_features_without_a_kernel_are_unsupported) {
  for (const auto& [key, value] : {std::pair<std::string, Json>{"qk_norm", true},
                                   {"mlp_layer", "swiglu"},
                                   {"norm_layer", "rmsnorm"},
                                   {"pos_embed", "none"},
                                   {"global_pool", "prr"},
                                   {"act_layer", "mish"}}) {
    EXPECT_EQ(refusal_of(with_argument(key, value)).code, "CFG_UNSUPPORTED") << key;
  }
  Json bare = with(hf_config(), "pooler_act", "relu");
  bare["architectures"] = Json::array({"ViTModel"});
  EXPECT_EQ(refusal_of(bare).code, "CFG_UNSUPPORTED");
}

TEST(Config, CF2_unknown_keys_are_noticed) {
  const Model hf = model_of(with(hf_config(), "hiden_size", 3));
  EXPECT_NE(hf.notices.back().find("'hiden_size'"), std::string::npos);
  const Model timm = model_of(with_argument("no_such_argument", 1));
  ASSERT_EQ(timm.notices.size(), 1u);
  EXPECT_NE(timm.notices[0].find("'no_such_argument'"), std::string::npos);
}

TEST(Config, CF3_zero_and_negative_dimensions_are_range_errors) {
  for (const std::string key : {"hidden_size", "num_hidden_layers", "num_attention_heads",
                                "intermediate_size", "image_size", "patch_size", "num_channels"}) {
    for (const int value : {0, -1}) {
      EXPECT_EQ(refusal_of(with(hf_config(), key, value)).code, "CFG_RANGE") << key << value;
    }
  }
  for (const std::string key : {"img_size", "patch_size", "embed_dim", "depth", "num_heads"}) {
    for (const int value : {0, -1}) {
      EXPECT_EQ(refusal_of(with_argument(key, value)).code, "CFG_RANGE") << key << value;
    }
  }
  EXPECT_EQ(refusal_of(with_argument("patch_size", Json::array({8, 0}))).code, "CFG_RANGE");
}

TEST(Config, CF4_dimensions_that_do_not_fit_together_are_inconsistent) {
  EXPECT_EQ(refusal_of(with(hf_config(), "num_attention_heads", 5)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with(hf_config(), "image_size", 4)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with(hf_config(), "num_channels", 2)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with_argument("num_heads", 5)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with_argument("patch_size", 32)).code, "CFG_INCONSISTENT");
  EXPECT_EQ(refusal_of(with_argument("num_heads", 33)).code, "CFG_INCONSISTENT");
}

TEST(Config, CF4_every_head_size_that_divides_the_width_has_kernels) {
  for (const int heads : {1, 4, 32}) {
    EXPECT_EQ(refusal_of(with(hf_config(), "num_attention_heads", heads)).code, "") << heads;
  }
}

TEST(Config, CF5_huge_dimensions_are_over_budget) {
  const std::int64_t huge = std::int64_t{1} << 31;
  for (const auto& [key, value] : {std::pair<std::string, std::int64_t>{"hidden_size", huge},
                                   {"num_hidden_layers", 1000000},
                                   {"intermediate_size", huge},
                                   {"image_size", 8000}}) {
    const Thrown thrown = refusal_of(with(hf_config(), key, value));
    EXPECT_EQ(thrown.code, "CFG_BUDGET") << key;
    EXPECT_NE(thrown.message.find("GiB"), std::string::npos) << thrown.message;
  }
  const std::int64_t edge = std::int64_t{1} << 39;  // its square is past 64 bits
  for (const auto& [key, value] : {std::pair<std::string, Json>{"embed_dim", huge},
                                   {"depth", 1000000},
                                   {"reg_tokens", 1000000},
                                   {"num_classes", edge},
                                   {"img_size", Json::array({edge, edge})}}) {
    EXPECT_EQ(refusal_of(with_argument(key, value)).code, "CFG_BUDGET") << key;
  }
}

TEST(Config, CF6_values_outside_their_interval_are_range_errors) {
  for (const double eps : {0.0, -1e-6, 1.5, 1e-300}) {
    EXPECT_EQ(refusal_of(with(hf_config(), "layer_norm_eps", eps)).code, "CFG_RANGE") << eps;
  }
  EXPECT_EQ(refusal_of(with(hf_config(), "hidden_dropout_prob", 5)).code, "CFG_RANGE");
  EXPECT_EQ(refusal_of(with_argument("drop_path_rate", 5)).code, "CFG_RANGE");
  EXPECT_EQ(refusal_of(with_argument("mlp_ratio", 0)).code, "CFG_RANGE");
}

TEST(Config, CF7_statistics_must_be_one_for_each_channel_and_std_positive) {
  const auto timm = [](const std::string& key, const Json& value) {
    Json config = timm_config();
    config["pretrained_cfg"][key] = value;
    return refusal_of(config).code;
  };
  EXPECT_EQ(timm("mean", Json::array({0.5})), "CFG_RANGE");
  EXPECT_EQ(timm("std", Json::array({0.5, 0.5, 0.5, 0.5})), "CFG_RANGE");
  EXPECT_EQ(timm("std", Json::array({0.5, 0, 0.5})), "CFG_RANGE");
  EXPECT_EQ(timm("crop_pct", 0), "CFG_RANGE");
  const auto hf = [](const std::string& text) {
    const testing::Scratch folder;
    folder.write("preprocessor_config.json", text);
    const std::string path = folder.write("config.json", hf_config().dump());
    return testing::thrown_by([&] { load_architecture(path); }).code;
  };
  EXPECT_EQ(hf(R"({"image_mean": [0.5]})"), "CFG_RANGE");
  EXPECT_EQ(hf(R"({"image_std": [0.5, 0.5, 0]})"), "CFG_RANGE");
  EXPECT_EQ(hf(R"({"size": 0})"), "CFG_RANGE");
  EXPECT_EQ(hf(R"({"resample": 4})"), "CFG_UNSUPPORTED");
  EXPECT_EQ(hf(R"({)"), "CFG_JSON");
}

/// The error, or every notice, of a config with a hostile word in it.
void expect_one_printable_line(const Json& config) {
  std::vector<std::string> lines;
  const Thrown thrown = testing::thrown_by([&] { lines = model_of(config).notices; });
  lines.push_back(thrown.message);
  lines.push_back(thrown.hint);
  for (const std::string& line : lines) {
    for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << line;
  }
}

TEST(Config, CF8_labels_are_data_whatever_they_hold) {
  const std::string nasty =
      "*/ \n ?"
      "?/ \\ \" %n \u202e #include ;system(";
  Json config = hf_config();
  config["id2label"]["1"] = nasty;
  EXPECT_EQ(model_of(config).labels[1], nasty);
  Json timm = timm_config();
  timm["label_names"] = Json::array({"a", nasty, "c"});
  EXPECT_EQ(model_of(timm).labels[1], nasty);
  for (const Json& hostile : {with(timm_config(), "architecture", nasty),
                              with(hf_config(), "model_type", nasty), with(hf_config(), nasty, 1),
                              with(hf_config(), "hidden_act", nasty), with_argument(nasty, 1)}) {
    expect_one_printable_line(hostile);
  }
}

}  // namespace
}  // namespace vitgen
