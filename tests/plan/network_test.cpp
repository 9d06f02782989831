// A network of any kind as one value.

#include "generators/plan/network.h"

#include <gtest/gtest.h>

#include "generators/plan/lower.h"
#include "generators/plan/patch_mixer.h"
#include "tests/base/support.h"

namespace vitgen {
namespace {

VitSpec small_vit() {
  VitSpec spec;
  spec.image_h = spec.image_w = 32;
  spec.grid_h = spec.grid_w = 2;
  spec.depth = 1;
  return spec;
}

TEST(Network, keeps_the_hyper_parameters_of_its_kind) {
  const VitSpec spec = small_vit();
  const Network network(spec);
  EXPECT_EQ(network.kind(), "vit");
  EXPECT_EQ(network.as<VitSpec>(), spec);
  EXPECT_EQ(network.summary(), summary(spec));
}

TEST(Network, of_equal_hyper_parameters_are_equal) {
  VitSpec other = small_vit();
  EXPECT_EQ(Network(small_vit()), Network(other));
  other.eps = 1e-5f;
  EXPECT_NE(Network(small_vit()), Network(other));
  EXPECT_NE(Network(small_vit()), Network(PatchMixerSpec{}));
}

TEST(Network, plans_as_its_kind_does) {
  PlanOptions options;
  options.batch = 2;
  EXPECT_EQ(Network(small_vit()).lower(options), lower(small_vit(), options));
  EXPECT_EQ(Network(PatchMixerSpec{}).lower(options), lower(PatchMixerSpec{}, options));
}

TEST(Network, takes_the_input_size_of_the_options) {
  PlanOptions options;
  options.image_h = 48;
  const Network sized = Network(small_vit()).sized_for(options);
  EXPECT_EQ(sized.as<VitSpec>().image_h, 48);
  EXPECT_EQ(sized.as<VitSpec>().image_w, 32);
}

TEST(Network, of_one_kind_is_no_other) {
  const testing::Thrown thrown =
      testing::thrown_by([] { Network(PatchMixerSpec{}).as<VitSpec>(); });
  EXPECT_EQ(thrown.code, "NETWORK_KIND");
}

}  // namespace
}  // namespace vitgen
