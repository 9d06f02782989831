// What check(VitSpec) refuses, row by row of the list of malformed configs (CF3 to CF7).

#include "generators/plan/vit_spec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "generators/base/error.h"
#include "generators/plan/lower.h"
#include "tests/base/support.h"

namespace vitgen {
namespace {

using Change = std::function<void(VitSpec&)>;

/// The error's code, or "" when the changed ViT-B/16 is accepted.
std::string code_of(const Change& change, std::string* message = nullptr) {
  VitSpec spec;
  change(spec);
  try {
    check(spec);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit(), ExitCode::bad_input);
    if (message) *message = error.what();
    return error.code();
  }
  return "";
}

TEST(VitSpec, default_is_accepted) {
  EXPECT_EQ(code_of([](VitSpec&) {}), "");
}

TEST(VitSpec, text_form_reads_back_as_the_same_spec) {
  VitSpec spec;
  spec.eps = 1e-12f;
  spec.mean = {0.485f, 0.456f, 0.406f, 0.5f};
  spec.activation = Activation::quick_gelu;
  spec.resample = tensors::Resample::torch_bicubic_offset;
  spec.names.qkv = "blocks.{}.attn.qkv.*";
  EXPECT_EQ(from_text<VitSpec>(to_text(spec)), spec);
}

TEST(VitSpec, zero_or_negative_extents_are_a_range_error) {
  for (std::int64_t VitSpec::* field :
       {&VitSpec::channels, &VitSpec::image_h, &VitSpec::image_w, &VitSpec::patch_h,
        &VitSpec::patch_w, &VitSpec::width, &VitSpec::depth, &VitSpec::heads, &VitSpec::head_size,
        &VitSpec::mlp, &VitSpec::grid_h, &VitSpec::grid_w}) {
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{-16},
                                     std::numeric_limits<std::int64_t>::min()}) {
      EXPECT_EQ(code_of([&](VitSpec& spec) { spec.*field = value; }), "CFG_RANGE") << value;
    }
  }
  EXPECT_EQ(code_of([](VitSpec& s) { s.registers = -1; }), "CFG_RANGE");
  EXPECT_EQ(code_of([](VitSpec& s) { s.classes = -1; }), "CFG_RANGE");
  EXPECT_EQ(code_of([](VitSpec& s) { s.pooler = true; }), "CFG_RANGE");
}

TEST(VitSpec, parts_that_do_not_fit_together_are_inconsistent) {
  const Change changes[] = {
      [](VitSpec& s) { s.heads = 7; },
      [](VitSpec& s) { s.image_h = 250; },
      [](VitSpec& s) { s.image_w = 8; },
      [](VitSpec& s) { s.channels = 2; },
      [](VitSpec& s) { s.position_prefix = 2; },
      [](VitSpec& s) { s.cls = false, s.position_prefix = 0; },
      [](VitSpec& s) { s.cls = false, s.dist = true, s.pooling = Pooling::mean; },
      [](VitSpec& s) { s.two_heads = true; },
      [](VitSpec& s) {
        s.dist = s.two_heads = s.pooler = true;
        s.position_prefix = 2;
        s.pooler_size = s.width;
        s.pooling = Pooling::two_tokens;
      },
      [](VitSpec& s) { s.pooling = Pooling::two_tokens; },
      [](VitSpec& s) {
        s.pooling = Pooling::token_and_mean;
        s.final_norm = FinalNorm::after_pool;
      },
  };
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    EXPECT_EQ(code_of(changes[i]), "CFG_INCONSISTENT") << "change " << i;
  }
}

TEST(VitSpec, the_models_own_size_may_leave_pixels_over_and_another_one_may_not) {
  VitSpec spec;
  spec.image_h = spec.image_w = 230;  // 14 patches and 6 pixels
  EXPECT_NO_THROW(check(spec));
  PlanOptions options;
  options.image_h = options.image_w = 230;
  EXPECT_EQ(sized_for(spec, options), spec);
  options.image_h = 231;
  const testing::Thrown thrown = testing::thrown_by([&] { sized_for(spec, options); });
  EXPECT_EQ(thrown.code, "CFG_INCONSISTENT");
  EXPECT_EQ(thrown.hint, "the nearest below is --image 224x224");
}

TEST(VitSpec, attention_pooling_stands_alone_before_the_head) {
  const Change alone = [](VitSpec& s) { s.attention_pool = true; };
  EXPECT_EQ(code_of(alone), "");
  const Change changes[] = {
      [](VitSpec& s) { s.pooler = true, s.pooler_size = 8; },
      [](VitSpec& s) { s.final_norm = FinalNorm::after_pool; },
      [](VitSpec& s) { s.head_size = 32; },
      [](VitSpec& s) { s.names.patch = "patch.*"; },
  };
  for (const Change& change : changes) {
    const Change both = [&](VitSpec& s) { alone(s), change(s); };
    EXPECT_EQ(code_of(both), "CFG_INCONSISTENT");
  }
}

TEST(VitSpec, a_derived_zero_is_told_by_what_it_derives_from) {
  std::string message;
  const Change small = [](VitSpec& s) { s.image_h = 8, s.grid_h = 0; };
  EXPECT_EQ(code_of(small, &message), "CFG_INCONSISTENT");
  EXPECT_NE(message.find("smaller than one patch"), std::string::npos) << message;
  const Change many = [](VitSpec& s) { s.heads = 1000, s.head_size = 0; };
  EXPECT_EQ(code_of(many, &message), "CFG_INCONSISTENT");
  EXPECT_NE(message.find("1000 heads"), std::string::npos) << message;
}

TEST(VitSpec, huge_extents_are_over_budget_and_the_message_says_how_large) {
  const std::int64_t huge = std::int64_t{1} << 31;
  const Change changes[] = {
      [&](VitSpec& s) { s.width = huge; },
      [&](VitSpec& s) { s.width = 16385; },
      [](VitSpec& s) { s.depth = 1000000; },
      [](VitSpec& s) { s.depth = 257; },
      [&](VitSpec& s) { s.mlp = huge; },
      [&](VitSpec& s) { s.heads = huge; },
      [&](VitSpec& s) { s.classes = huge; },
      [&](VitSpec& s) { s.registers = huge; },
      [&](VitSpec& s) { s.image_h = s.image_w = huge; },
      [](VitSpec& s) { s.image_h = s.image_w = 16 * 1000; },
      [&](VitSpec& s) { s.grid_h = s.grid_w = huge; },
      [](VitSpec& s) { s.width = s.mlp = std::numeric_limits<std::int64_t>::max(); },
      [](VitSpec& s) { s.patch_h = s.patch_w = s.image_h = s.image_w = 65536; },
  };
  for (std::size_t i = 0; i < std::size(changes); ++i) {
    std::string message;
    EXPECT_EQ(code_of(changes[i], &message), "CFG_BUDGET") << "change " << i;
    EXPECT_NE(message.find("GiB"), std::string::npos) << message;
  }
}

TEST(VitSpec, largest_allowed_tokens_are_accepted) {
  EXPECT_EQ(code_of([](VitSpec& s) { s.image_h = 16 * 255, s.image_w = 16 * 256; }), "");
}

TEST(VitSpec, eps_outside_zero_to_one_is_a_range_error) {
  for (const float eps : {0.0f, -1e-6f, 1.5f, std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(code_of([&](VitSpec& s) { s.eps = eps; }), "CFG_RANGE") << eps;
  }
  EXPECT_EQ(code_of([](VitSpec& s) { s.eps = 1e-12f; }), "");
}

TEST(VitSpec, normalisation_without_an_inverse_is_a_range_error) {
  EXPECT_EQ(code_of([](VitSpec& s) { s.std_dev[1] = 0; }), "CFG_RANGE");
  EXPECT_EQ(code_of([](VitSpec& s) { s.std_dev[1] = -1; }), "CFG_RANGE");
  EXPECT_EQ(code_of([](VitSpec& s) { s.mean[0] = std::nanf(""); }), "CFG_RANGE");
  EXPECT_EQ(code_of([](VitSpec& s) { s.pixel_peak = 0; }), "CFG_RANGE");
}

}  // namespace
}  // namespace vitgen
