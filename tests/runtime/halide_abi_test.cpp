// The runtime's own copy of Halide's layouts and prototypes, against the header of the Halide in
// use.

#include "runtime/halide_abi.h"

#include <HalideRuntime.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "runtime/worker.h"
#include "tests/runtime/fake_model.h"

namespace vitgen::rt {
namespace {

using ::testing::HasSubstr;

TEST(HalideAbi, structs_have_the_same_layout) {
  EXPECT_EQ(sizeof(HalideBuffer), sizeof(halide_buffer_t));
  EXPECT_EQ(sizeof(HalideDimension), sizeof(halide_dimension_t));
  EXPECT_EQ(sizeof(HalideType), sizeof(halide_type_t));
  EXPECT_EQ(offsetof(HalideBuffer, device), offsetof(halide_buffer_t, device));
  EXPECT_EQ(offsetof(HalideBuffer, device_interface), offsetof(halide_buffer_t, device_interface));
  EXPECT_EQ(offsetof(HalideBuffer, host), offsetof(halide_buffer_t, host));
  EXPECT_EQ(offsetof(HalideBuffer, flags), offsetof(halide_buffer_t, flags));
  EXPECT_EQ(offsetof(HalideBuffer, type), offsetof(halide_buffer_t, type));
  EXPECT_EQ(offsetof(HalideBuffer, dimensions), offsetof(halide_buffer_t, dimensions));
  EXPECT_EQ(offsetof(HalideBuffer, dim), offsetof(halide_buffer_t, dim));
  EXPECT_EQ(offsetof(HalideDimension, extent), offsetof(halide_dimension_t, extent));
  EXPECT_EQ(offsetof(HalideDimension, stride), offsetof(halide_dimension_t, stride));
  EXPECT_EQ(offsetof(HalideType, bits), offsetof(halide_type_t, bits));
  EXPECT_EQ(offsetof(HalideType, lanes), offsetof(halide_type_t, lanes));
  EXPECT_EQ(static_cast<int>(halide_type_int), 0);
  EXPECT_EQ(static_cast<int>(halide_type_uint), 1);
  EXPECT_EQ(static_cast<int>(halide_type_float), 2);
}

/// A worker to report errors to.
struct Reporter {
  Reporter() { worker_reset(worker); }
  Worker worker = {};
};

template <class... Arguments, class... Given>
void expect_error(int (*error)(void*, Arguments...), int code, const char* words, Given... given) {
  Reporter reporter;
  EXPECT_EQ(error(&reporter.worker, given...), code) << words;
  EXPECT_EQ(reporter.worker.code, code) << words;
  EXPECT_STREQ(reporter.worker.text, words);
}

TEST(HalideErrors, of_buffers_keep_code_and_text) {
  expect_error(halide_error_bad_type, halide_error_code_bad_type,
               "a has type bits 1, required are 2", "a", 1u, 2u);
  expect_error(halide_error_bad_dimensions, halide_error_code_bad_dimensions,
               "a has 3 dimensions, required are 2", "a", 3, 2);
  expect_error(halide_error_access_out_of_bounds, halide_error_code_access_out_of_bounds,
               "a is used at -1..9 in dimension 1, valid are 0..8", "a", 1, -1, 9, 0, 8);
  expect_error(halide_error_buffer_allocation_too_large,
               halide_error_code_buffer_allocation_too_large,
               "a has 8589934592 bytes, the limit is 5", "a", uint64_t{1} << 33, uint64_t{5});
  expect_error(halide_error_buffer_extents_negative, halide_error_code_buffer_extents_negative,
               "a has extent -2 in dimension 1", "a", 1, -2);
  expect_error(halide_error_buffer_extents_too_large, halide_error_code_buffer_extents_too_large,
               "a has 8589934592 elements, the limit is 5", "a", int64_t{1} << 33, int64_t{5});
  expect_error(halide_error_buffer_argument_is_null, halide_error_code_buffer_argument_is_null,
               "a has no buffer", "a");
  expect_error(halide_error_host_is_null, halide_error_code_host_is_null, "a has no memory", "a");
  expect_error(halide_error_unaligned_host_ptr, halide_error_code_unaligned_host_ptr,
               "a is not aligned to 64 bytes", "a", 64);
  expect_error(halide_error_buffer_is_null, halide_error_code_buffer_is_null, "a got no buffer",
               "a");
  expect_error(halide_error_device_dirty_with_no_device_support,
               halide_error_code_device_dirty_with_no_device_support, "a is dirty on a device",
               "a");
  expect_error(halide_error_no_device_interface, halide_error_code_no_device_interface,
               "a buffer has device memory without an interface");
  expect_error(halide_error_device_interface_no_device,
               halide_error_code_device_interface_no_device,
               "a buffer has an interface without device memory");
  expect_error(halide_error_host_and_device_dirty, halide_error_code_host_and_device_dirty,
               "a buffer is dirty on host and device");
  expect_error(halide_error_device_crop_failed, halide_error_code_device_crop_failed,
               "cropping device memory failed");
}

TEST(HalideErrors, of_bounds_keep_code_and_text) {
  expect_error(halide_error_explicit_bounds_too_small, halide_error_code_explicit_bounds_too_small,
               "bounds of x in f are 0..3, required are 0..4", "f", "x", 0, 3, 0, 4);
  expect_error(halide_error_constraints_make_required_region_smaller,
               halide_error_code_constraints_make_required_region_smaller,
               "a is constrained to min 1 extent 2 in dimension 0, required are min 3 extent 4",
               "a", 0, 1, 2, 3, 4);
  expect_error(halide_error_constraint_violated, halide_error_code_constraint_violated,
               "a.stride.0 is 2, must equal 1 = 1", "a.stride.0", 2, "1", 1);
  expect_error(halide_error_storage_bound_too_small, halide_error_code_storage_bound_too_small,
               "f has a storage bound of 3 over x, required is 4", "f", "x", 3, 4);
  expect_error(halide_error_bad_fold, halide_error_code_bad_fold,
               "f cannot be folded over x in loop y", "f", "x", "y");
  expect_error(halide_error_bad_extern_fold, halide_error_code_bad_extern_fold,
               "f is folded by 6 from 5 in dimension 2, an extern stage uses min 3 extent 4", "f",
               2, 3, 4, 5, 6);
  expect_error(halide_error_fold_factor_too_small, halide_error_code_fold_factor_too_small,
               "f is folded by 2 over x in loop y, required is 3", "f", "x", 2, "y", 3);
  expect_error(halide_error_split_factor_not_positive, halide_error_code_split_factor_not_positive,
               "f splits x by 0", "f", "x", "xo", "xi", "n", 0);
}

TEST(HalideErrors, of_calls_and_parameters_keep_code_and_text) {
  expect_error(halide_error_out_of_memory, halide_error_code_out_of_memory,
               "the scratch memory of the plan is too small");
  expect_error(halide_error_extern_stage_failed, -77, "extern stage g returned -77", "g", -77);
  expect_error(halide_error_bounds_inference_call_failed, -78,
               "bounds query of extern stage g returned -78", "g", -78);
  expect_error(halide_error_param_too_small_i64, halide_error_code_param_too_small,
               "p is -5, at least 1 is required", "p", int64_t{-5}, int64_t{1});
  expect_error(halide_error_param_too_small_u64, halide_error_code_param_too_small,
               "p is 5, at least 9 is required", "p", uint64_t{5}, uint64_t{9});
  expect_error(halide_error_param_too_small_f64, halide_error_code_param_too_small,
               "p is too small", "p", 0.5, 1.0);
  expect_error(halide_error_param_too_large_i64, halide_error_code_param_too_large,
               "p is 5, at most 1 is allowed", "p", int64_t{5}, int64_t{1});
  expect_error(halide_error_param_too_large_u64, halide_error_code_param_too_large,
               "p is 5, at most 1 is allowed", "p", uint64_t{5}, uint64_t{1});
  expect_error(halide_error_param_too_large_f64, halide_error_code_param_too_large,
               "p is too large", "p", 5.0, 1.0);
  expect_error(halide_error_requirement_failed, halide_error_code_requirement_failed,
               "required n > 0: sizes", "n > 0", "sizes");
  expect_error(halide_error_specialize_fail, halide_error_code_specialize_fail,
               "no specialization fits: odd", "odd");
  expect_error(halide_error_debug_to_file_failed, halide_error_code_debug_to_file_failed,
               "debug output of f failed with 3", "f", "file", 3);
  expect_error(halide_error_vscale_invalid, halide_error_code_vscale_invalid,
               "f was compiled for vscale 2, it is 1", "f", 1, 2);
}

TEST(HalideErrors, the_first_one_stays) {
  Reporter reporter;
  halide_error(&reporter.worker, "first");
  EXPECT_EQ(halide_error_out_of_memory(&reporter.worker), halide_error_code_out_of_memory);
  EXPECT_EQ(reporter.worker.code, halide_error_code_generic_error);
  EXPECT_STREQ(reporter.worker.text, "first");
}

TEST(HalideErrors, long_names_are_cut) {
  Reporter reporter;
  const std::string name(1000, 'n');
  halide_error_host_is_null(&reporter.worker, name.c_str());
  EXPECT_EQ(std::string(reporter.worker.text), std::string(kWorkerTextBytes - 1, 'n'));
}

}  // namespace
}  // namespace vitgen::rt
