#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "runtime/preprocess.h"
#include "tests/runtime/fake_model.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

using ::testing::ElementsAre;

vitgen_api_tensor blank_tensor() {
  vitgen_api_tensor tensor = {};
  tensor.struct_size = sizeof tensor;
  return tensor;
}

TEST(Describe, ports_are_told_outermost_first) {
  FakeModel fake;
  fake.table();
  vitgen_api_tensor tensor = blank_tensor();
  ASSERT_EQ(vitgen_api_input(&tensor), VITGEN_API_OK);
  EXPECT_STREQ(tensor.name, "image");
  EXPECT_EQ(tensor.dims, 2u);
  EXPECT_THAT(tensor.shape, ElementsAre(3, 4, 0, 0));
  EXPECT_EQ(tensor.bytes, 48u);
  EXPECT_EQ(tensor.type, static_cast<uint32_t>(VITGEN_API_F32));
  ASSERT_EQ(vitgen_api_output(1, &tensor), VITGEN_API_OK);
  EXPECT_STREQ(tensor.name, "pooled");
  EXPECT_EQ(vitgen_api_output_count(), 2u);
  EXPECT_EQ(vitgen_api_output(2, &tensor), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_input(nullptr), VITGEN_API_E_ARG);
}

TEST(Describe, a_shorter_struct_is_filled_as_far_as_it_goes) {
  FakeModel fake;
  fake.table();
  vitgen_api_tensor tensor = blank_tensor();
  tensor.struct_size = offsetof(vitgen_api_tensor, dims);
  tensor.bytes = 77;
  ASSERT_EQ(vitgen_api_input(&tensor), VITGEN_API_OK);
  EXPECT_STREQ(tensor.name, "image");
  EXPECT_EQ(tensor.bytes, 77u);
  tensor.struct_size = 4;
  EXPECT_EQ(vitgen_api_input(&tensor), VITGEN_API_E_ARG);
}

TEST(Describe, names_end_with_null) {
  FakeModel fake;
  fake.table();
  EXPECT_EQ(vitgen_api_label_count(), 5u);
  EXPECT_STREQ(vitgen_api_label(4), "fox");
  EXPECT_EQ(vitgen_api_label(5), nullptr);
  fake.table().labels = nullptr;
  EXPECT_EQ(vitgen_api_label_count(), 0u);
  EXPECT_EQ(vitgen_api_label(0), nullptr);
  EXPECT_STREQ(vitgen_api_isa_name(1), "x86-64-avx2");
  EXPECT_EQ(vitgen_api_isa_name(3), nullptr);
  EXPECT_STREQ(vitgen_api_step_name(1), "head");
  EXPECT_EQ(vitgen_api_step_name(9), nullptr);
  EXPECT_STREQ(vitgen_api_version(), "0.0.1");
  EXPECT_EQ(std::string(vitgen_api_abi_hash()), std::string(64, '0'));
  EXPECT_EQ(vitgen_api_isa(nullptr), nullptr);
  EXPECT_EQ(vitgen_api_context_threads(nullptr), 0);
}

TEST(Describe, every_code_has_a_sentence_of_its_own) {
  std::set<std::string> sentences;
  for (int code = VITGEN_API_OK; code <= VITGEN_API_E_DEVICE_LOST; ++code) {
    sentences.insert(vitgen_api_status_text(code));
  }
  EXPECT_EQ(sentences.size(), 19u);
  EXPECT_STREQ(vitgen_api_status_text(-1), "not a code of this library");
  EXPECT_STREQ(vitgen_api_status_text(19), "not a code of this library");
}

TEST(Describe, error_of_no_context_is_empty) {
  FakeModel fake;
  Session session(fake);
  EXPECT_STREQ(vitgen_api_error(nullptr), "");
  EXPECT_STREQ(vitgen_api_error(session.model), "");
  EXPECT_STREQ(vitgen_api_error(session.context), "");
}

TEST(Steps, are_those_of_all_buckets) {
  FakeModel fake;
  fake.table();
  EXPECT_EQ(vitgen_api_step_count(), 9u);
  vitgen_api_step info = {};
  info.struct_size = sizeof info;
  ASSERT_EQ(vitgen_api_step_info(7, &info), VITGEN_API_OK);
  EXPECT_EQ(info.batch, 8u);
  EXPECT_STREQ(info.name, "head");
  EXPECT_STREQ(info.op, "linear");
  EXPECT_EQ(info.flops, 24u);
  EXPECT_EQ(vitgen_api_step_info(9, &info), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_step_info(0, nullptr), VITGEN_API_E_ARG);
}

TEST(Steps, are_timed_on_request_only) {
  FakeModel fake;
  faults().delay_us = 2000;
  const std::vector<float> input = images(4);
  std::vector<float> out(4 * kClasses);
  vitgen_api_context_options options = context_options();
  for (const bool timed : {false, true}) {
    options.flags = timed ? VITGEN_API_TIME_STEPS : 0;
    Session session(fake, options);
    for (int i = 0; i < 2; ++i) {
      ASSERT_EQ(vitgen_api_run(session.context, 4, input.data(), out.data()), VITGEN_API_OK);
    }
    EXPECT_EQ(vitgen_api_step_time_ns(session.context, 0), 0u) << "batch 1 did not run";
    const uint64_t embed = vitgen_api_step_time_ns(session.context, 3);
    EXPECT_EQ(embed >= 2000000u, timed);
    EXPECT_LT(embed, 2000000000u) << "of the last run, not the sum";
    EXPECT_EQ(vitgen_api_step_time_ns(session.context, 9), 0u);
    EXPECT_EQ(vitgen_api_step_time_ns(nullptr, 0), 0u);
  }
}

struct Seen {
  std::string name;
  std::vector<std::string> operands;
  std::vector<float> first_values;
};

void watch(void* user, size_t step, const vitgen_api_step* info, const vitgen_api_operand* operands,
           size_t count) {
  Seen seen = {std::to_string(step) + " " + info->name + " " + info->op, {}, {}};
  for (size_t i = 0; i < count; ++i) {
    const vitgen_api_operand& o = operands[i];
    seen.operands.push_back(std::string(o.name != nullptr ? o.name : "-") +
                            (o.is_output ? " out" : "") + (o.is_weight ? " weight" : "") + " " +
                            std::to_string(o.extents[0]));
    seen.first_values.push_back(*static_cast<const float*>(o.data));
  }
  static_cast<std::vector<Seen>*>(user)->push_back(seen);
}

TEST(Observer, sees_every_step_with_its_operands) {
  FakeModel fake;
  Session session(fake, context_options(2));
  std::vector<Seen> seen;
  ASSERT_EQ(vitgen_api_observe(session.context, watch, &seen), VITGEN_API_OK);
  const std::vector<float> input = images(5);
  std::vector<float> out(5 * kClasses);
  ASSERT_EQ(vitgen_api_run(session.context, 5, input.data(), out.data()), VITGEN_API_OK);
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen[0].name, "3 embed affine");
  EXPECT_THAT(seen[0].operands, ElementsAre("image 12", "scale weight 12", "- out 12"));
  EXPECT_EQ(seen[0].first_values[0], input[0]);
  EXPECT_EQ(seen[4].name, "1 head linear");
  EXPECT_THAT(seen[4].operands, ElementsAre("- 12", "project weight 12", "logits out 5"));
  EXPECT_EQ(seen[4].first_values[2], out[4 * kClasses]);
  ASSERT_EQ(vitgen_api_observe(session.context, nullptr, nullptr), VITGEN_API_OK);
  ASSERT_EQ(vitgen_api_run(session.context, 5, input.data(), out.data()), VITGEN_API_OK);
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_EQ(vitgen_api_observe(nullptr, watch, nullptr), VITGEN_API_E_ARG);
}

void run_again(void* user, size_t, const vitgen_api_step*, const vitgen_api_operand*, size_t) {
  float in[kTokens] = {}, out[kClasses];
  auto* session = static_cast<Session*>(user);
  EXPECT_EQ(vitgen_api_run(session->context, 1, in, out), VITGEN_API_E_BUSY);
}

TEST(Observer, that_runs_its_own_context_is_refused) {
  FakeModel fake;
  Session session(fake);
  ASSERT_EQ(vitgen_api_observe(session.context, run_again, &session), VITGEN_API_OK);
  const std::vector<float> input = images(1);
  std::vector<float> out(kClasses);
  EXPECT_EQ(vitgen_api_run(session.context, 1, input.data(), out.data()), VITGEN_API_OK);
}

vitgen_preprocess_recipe recipe() {
  vitgen_preprocess_recipe r = {};
  r.resize = VITGEN_RESIZE_EXACT;
  r.filter = VITGEN_FILTER_BILINEAR;
  r.resize_h = r.resize_w = r.crop_h = r.crop_w = 8;
  r.channels = 3;
  r.rescale = 1.0 / 255;
  for (int c = 0; c < 4; ++c) r.std[c] = 1.0f;
  return r;
}

TEST(Preprocess, of_the_api_uses_the_librarys_recipe_and_maps_codes) {
  FakeModel fake;
  const vitgen_preprocess_recipe r = recipe();
  const std::vector<uint8_t> pixels(20 * 30 * 3, 128);
  std::vector<float> out(3 * 8 * 8), same(3 * 8 * 8);
  const auto call = [&](int height, int width, ptrdiff_t stride, int channels, void* to) {
    return vitgen_api_preprocess_u8(pixels.data(), height, width, stride, channels, nullptr, 0, to);
  };
  fake.table();
  EXPECT_EQ(call(20, 30, 90, 3, out.data()), VITGEN_API_E_UNSUPPORTED);
  EXPECT_EQ(vitgen_api_preprocess_workspace(20, 30, 3), 0u);
  fake.table().preprocess = &r;
  ASSERT_EQ(call(20, 30, 90, 3, out.data()), VITGEN_API_OK);
  EXPECT_FLOAT_EQ(out[17], 128.0f / 255.0f);
  std::vector<uint8_t> workspace(vitgen_api_preprocess_workspace(20, 30, 3));
  ASSERT_EQ(vitgen_api_preprocess_u8(pixels.data(), 20, 30, 90, 3, workspace.data(),
                                     workspace.size(), same.data()),
            VITGEN_API_OK);
  EXPECT_EQ(out, same);
  EXPECT_EQ(
      vitgen_api_preprocess_u8(pixels.data(), 20, 30, 90, 3, workspace.data(), 1, same.data()),
      VITGEN_API_E_WORKSPACE);
  EXPECT_EQ(call(0, 30, 90, 3, out.data()), VITGEN_API_E_IMAGE_SIZE);
  EXPECT_EQ(call(20, 30, 90, 7, out.data()), VITGEN_API_E_IMAGE_CHANNELS);
  EXPECT_EQ(call(20, 30, 89, 3, out.data()), VITGEN_API_E_IMAGE_STRIDE);
  EXPECT_EQ(call(20, 30, 90, 3, nullptr), VITGEN_API_E_ARG);
  const Failing failing(Libc::kMalloc, 0, Failing::kOnce);
  EXPECT_EQ(call(20, 30, 90, 3, out.data()), VITGEN_API_E_RESOURCES);
}

}  // namespace
}  // namespace vitgen::test
