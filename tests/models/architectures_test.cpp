// Models by name, without a file: their published sizes.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "generators/base/file.h"
#include "generators/models/support/model.h"
#include "generators/models/support/timm_architectures.h"
#include "generators/models/support/timm_config.h"
#include "generators/plan/lower.h"
#include "tests/base/support.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

struct Published {
  const char* name;
  std::int64_t parameters;  ///< with 1000 classes
};

// Parameter counts as the model tables of google-research/vision_transformer and of timm give
// them. S/32, B/8 and L/32 are exact in the former's own tests.
constexpr Published published[] = {
    {"vit_tiny_patch16_224", 5'717'416},    {"vit_small_patch16_224", 22'050'664},
    {"vit_small_patch32_224", 22'878'952},  {"vit_base_patch32_224", 88'224'232},
    {"vit_base_patch16_224", 86'567'656},   {"vit_base_patch8_224", 86'576'872},
    {"vit_large_patch16_224", 304'326'632}, {"vit_large_patch32_224", 306'535'400},
    {"vit_huge_patch14_224", 632'045'800},  {"deit_tiny_distilled_patch16_224", 5'910'800},
};

TEST(Architectures, parameter_counts_are_the_published_ones) {
  LoadOptions options;
  options.overrides = Fields::parse("classes=1000");
  for (const Published& row : published) {
    EXPECT_EQ(load_architecture(row.name, options).parameters, row.parameters) << row.name;
  }
}

/// 384 pixels by patches of 14: timm's convolution leaves the last 6 rows and columns out.
constexpr const char* not_tiled = "vit_so400m_patch14_siglip_gap_384";

TEST(Architectures, image_that_patches_do_not_tile_is_cut_as_timm_does) {
  const VitSpec spec = vit_of(load_architecture(not_tiled));
  EXPECT_EQ(spec.image_h, 384);
  EXPECT_EQ(spec.patches(), 27 * 27);
}

TEST(Architectures, every_supported_one_of_timm_gives_a_plan) {
  int supported = 0;
  for (const std::string& name : timm_architectures()) {
    const auto fields = find_timm_architecture(name);
    const testing::Thrown thrown = testing::thrown_by([&] {
      const Model model = load_architecture(name);
      EXPECT_EQ(vit_of(model).hidden(), fields->at("mlp_hidden").get<std::int64_t>()) << name;
      EXPECT_EQ(vit_of(model).width % vit_of(model).heads, 0) << name;
      PlanOptions options;
      options.outputs = {"tokens", "pooled"};
      lower(vit_of(model), options);
      ++supported;
    });
    if (thrown.code.empty()) continue;
    EXPECT_EQ(thrown.code, "CFG_UNSUPPORTED") << name << ": " << thrown.message;
    EXPECT_FALSE(fields->at("unsupported").empty()) << name << ": " << thrown.message;
  }
  // docs/models.md says so, in these words over two lines.
  const std::string page = read_whole(VITGEN_SOURCE_DIR "/docs/models.md", 1 << 20);
  const std::string counted = fmt::format("{} names are known, of\n   which {} can be generated",
                                          timm_architectures().size(), supported);
  EXPECT_NE(page.find(counted), std::string::npos) << counted;
}

TEST(Architectures, unknown_name_gets_the_nearest_one) {
  const testing::Thrown thrown =
      testing::thrown_by([] { load_architecture("vit_tiny_patch16_225"); });
  EXPECT_EQ(thrown.code, "CFG_UNSUPPORTED");
  EXPECT_NE(thrown.hint.find("vit_tiny_patch16_224"), std::string::npos) << thrown.hint;
}

TEST(Architectures, random_weights_serve_every_tensor_that_the_model_names) {
  const Model model = load_architecture("test_vit");
  const WeightSource weights = WeightSource::random(tensors_of(model), 7);
  const Plan plan = lower(vit_of(model), {});
  for (const Weight& weight : plan.weights) EXPECT_NO_THROW(evaluate(weight.value, weights));
  LoadOptions strict;
  strict.strict = true;
  EXPECT_EQ(vit_of(load_model(weights, std::nullopt, strict)).heads, 1);  // 64 channels are assumed
  strict.overrides = Fields::parse("heads=2");
  const Model inferred = load_model(weights, std::nullopt, strict);
  EXPECT_EQ(vit_of(inferred).heads, vit_of(model).heads);
  EXPECT_EQ(inferred.parameters, model.parameters);
}

TEST(Architectures, overrides_change_any_field_and_unknown_ones_are_usage_errors) {
  LoadOptions options;
  options.overrides = Fields::parse("eps=1e-5,heads=6,activation=gelu_tanh");
  const Model model = load_architecture("vit_tiny_patch16_224", options);
  EXPECT_EQ(vit_of(model).eps, 1e-5f);
  EXPECT_EQ(vit_of(model).heads, 6);
  EXPECT_EQ(vit_of(model).head_size, 32);
  options.overrides = Fields::parse("width=384");
  EXPECT_EQ(vit_of(load_architecture("vit_tiny_patch16_224", options)).head_size, 128);
  options.overrides = Fields::parse("activaton=relu");
  const testing::Thrown thrown =
      testing::thrown_by([&] { load_architecture("vit_tiny_patch16_224", options); });
  EXPECT_EQ(thrown.code, "SET_UNKNOWN");
  EXPECT_EQ(thrown.exit, ExitCode::usage);
  EXPECT_NE(thrown.hint.find("activation"), std::string::npos);
}

}  // namespace
}  // namespace vitgen
