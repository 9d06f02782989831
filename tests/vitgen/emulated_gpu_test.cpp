// Whole networks on a GPU that the interpreter of PTX stands for (tests/cuda/emulated), beside a
// variant for the CPU in the same library.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cuda/emulated_gpu.h"
#include "tests/vitgen/original_code.h"
#include "tests/vitgen/program.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {
namespace {

struct Case {
  const char* fixture;
  DType storage = DType::f32;
  const char* target = "cuda-sm80";
};

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.fixture;
  name.append("_").append(enum_text(info.param.storage)).append("_").append(info.param.target + 5);
  return name;
}

class NetworkOnAGpu : public ::testing::TestWithParam<Case> {};
class NetworkOnAGpuFull : public NetworkOnAGpu {};

// One of each kind of network, and of each op that only some have; each target and precision.
INSTANTIATE_TEST_SUITE_P(Small, NetworkOnAGpu,
                         ::testing::Values(Case{"timm_vit", DType::bf16},
                                           Case{"hf_beit", DType::f16}, Case{"patch_mixer_prefix"},
                                           Case{"drop_pos"},
                                           Case{"irpe_product_qkv", DType::f16, "cuda-sm90"},
                                           Case{"hf_dinov3_gated", DType::bf16, "cuda-sm90"},
                                           Case{"tnt_legacy"}, Case{"big_vision_map"}),
                         case_name);

std::vector<Case> cases_of(const std::vector<const char*>& fixtures) {
  std::vector<Case> cases;
  for (const char* fixture : fixtures) {
    for (const DType storage : {DType::f32, DType::f16, DType::bf16}) {
      for (const char* target : {"cuda-sm80", "cuda-sm90"}) {
        cases.push_back({fixture, storage, target});
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Families, NetworkOnAGpuFull,
                         ::testing::ValuesIn(cases_of({"big_vision_map",
                                                       "drop_pos",
                                                       "drop_pos_attentive",
                                                       "google_vit",
                                                       "hf_beit",
                                                       "hf_clip_projection",
                                                       "hf_deit_masked",
                                                       "hf_dinov2_registers",
                                                       "hf_dinov3_gated",
                                                       "hf_mae",
                                                       "hf_siglip",
                                                       "irpe_cross_qkv",
                                                       "irpe_product_qkv",
                                                       "irpe_quant_bias",
                                                       "numpy_sliced_heads",
                                                       "patch_mixer",
                                                       "patch_mixer_prefix",
                                                       "timm_beit3",
                                                       "timm_deit_distilled",
                                                       "timm_dinov2_giant",
                                                       "timm_eva02",
                                                       "timm_rope_ape",
                                                       "timm_vit",
                                                       "timm_vit_rpn",
                                                       "tnt",
                                                       "tnt_odd",
                                                       "torch_post_norm"})),
                         case_name);

void expect_right_on_the_gpu(const Case& each) {
  std::vector<std::string> options = options_for_comparison(each.fixture);
  options.insert(options.end(), {"--target", std::string(each.target) + ",x86-64-avx2",
                                 "--precision", std::string(enum_text(each.storage))});
  const std::string library = library_of(each.fixture, options);
  const EmulatedGpu gpu;
  const std::vector<std::string> on_it = {"--isa", each.target};
  expect_steps_within_bounds(each.fixture, library, on_it);
  // Errors of first order grow with the unit roundoff.
  expect_what_the_original_computes(each.fixture, library, on_it,
                                    unit_roundoff(each.storage) / kUnitRoundoff);
}

TEST_P(NetworkOnAGpu, EqualsTheOriginalCodeAndEveryStepIsWithinItsBound) {
  expect_right_on_the_gpu(GetParam());
}

TEST_P(NetworkOnAGpuFull, EqualsTheOriginalCodeAndEveryStepIsWithinItsBound) {
  expect_right_on_the_gpu(GetParam());
}

}  // namespace
}  // namespace vitgen
