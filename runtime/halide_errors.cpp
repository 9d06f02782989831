// Halide's error calls: the first one of a run is kept as code and text in the worker's memory,
// without allocating, printing or stopping the process. Prototypes: HalideRuntime.h of Halide 21.

#include "runtime/halide_abi.h"
#include "runtime/worker.h"

namespace vitgen::rt {
namespace {

Text fail(void* user_context, int code) {
  return worker_fail(*static_cast<Worker*>(user_context), code);
}

template <class... Parts>
int report(void* user_context, int code, Parts... parts) {
  Text text = fail(user_context, code);
  (void)(text << ... << parts);
  return code;
}

}  // namespace
}  // namespace vitgen::rt

using namespace vitgen::rt;

#pragma GCC visibility push(default)
extern "C" {

void halide_error(void* uc, const char* message) { report(uc, kGenericError, message); }

int halide_error_bounds_inference_call_failed(void* uc, const char* stage, int result) {
  return report(uc, result, "bounds query of extern stage ", stage, " returned ", result);
}
int halide_error_extern_stage_failed(void* uc, const char* stage, int result) {
  return report(uc, result, "extern stage ", stage, " returned ", result);
}
int halide_error_explicit_bounds_too_small(void* uc, const char* func, const char* var,
                                           int min_bound, int max_bound, int min_required,
                                           int max_required) {
  return report(uc, kExplicitBoundsTooSmall, "bounds of ", var, " in ", func, " are ", min_bound,
                "..", max_bound, ", required are ", min_required, "..", max_required);
}
int halide_error_bad_type(void* uc, const char* name, uint32_t given, uint32_t correct) {
  return report(uc, kBadType, name, " has type bits ", given, ", required are ", correct);
}
int halide_error_bad_dimensions(void* uc, const char* name, int32_t given, int32_t correct) {
  return report(uc, kBadDimensions, name, " has ", given, " dimensions, required are ", correct);
}
int halide_error_access_out_of_bounds(void* uc, const char* name, int dimension, int min_touched,
                                      int max_touched, int min_valid, int max_valid) {
  return report(uc, kAccessOutOfBounds, name, " is used at ", min_touched, "..", max_touched,
                " in dimension ", dimension, ", valid are ", min_valid, "..", max_valid);
}
int halide_error_buffer_allocation_too_large(void* uc, const char* name, uint64_t size,
                                             uint64_t max_size) {
  return report(uc, kBufferAllocationTooLarge, name, " has ", size, " bytes, the limit is ",
                max_size);
}
int halide_error_buffer_extents_negative(void* uc, const char* name, int dimension, int extent) {
  return report(uc, kBufferExtentsNegative, name, " has extent ", extent, " in dimension ",
                dimension);
}
int halide_error_buffer_extents_too_large(void* uc, const char* name, int64_t size,
                                          int64_t max_size) {
  return report(uc, kBufferExtentsTooLarge, name, " has ", size, " elements, the limit is ",
                max_size);
}
int halide_error_constraints_make_required_region_smaller(void* uc, const char* name, int dimension,
                                                          int constrained_min,
                                                          int constrained_extent, int required_min,
                                                          int required_extent) {
  return report(uc, kConstraintsMakeRegionSmaller, name, " is constrained to min ", constrained_min,
                " extent ", constrained_extent, " in dimension ", dimension, ", required are min ",
                required_min, " extent ", required_extent);
}
int halide_error_constraint_violated(void* uc, const char* var, int value, const char* wanted_var,
                                     int wanted) {
  return report(uc, kConstraintViolated, var, " is ", value, ", must equal ", wanted_var, " = ",
                wanted);
}
int halide_error_param_too_small_i64(void* uc, const char* name, int64_t value, int64_t limit) {
  return report(uc, kParamTooSmall, name, " is ", value, ", at least ", limit, " is required");
}
int halide_error_param_too_small_u64(void* uc, const char* name, uint64_t value, uint64_t limit) {
  return report(uc, kParamTooSmall, name, " is ", value, ", at least ", limit, " is required");
}
int halide_error_param_too_small_f64(void* uc, const char* name, double, double) {
  return report(uc, kParamTooSmall, name, " is too small");
}
int halide_error_param_too_large_i64(void* uc, const char* name, int64_t value, int64_t limit) {
  return report(uc, kParamTooLarge, name, " is ", value, ", at most ", limit, " is allowed");
}
int halide_error_param_too_large_u64(void* uc, const char* name, uint64_t value, uint64_t limit) {
  return report(uc, kParamTooLarge, name, " is ", value, ", at most ", limit, " is allowed");
}
int halide_error_param_too_large_f64(void* uc, const char* name, double, double) {
  return report(uc, kParamTooLarge, name, " is too large");
}
int halide_error_out_of_memory(void* uc) {
  return report(uc, kOutOfMemory, "the scratch memory of the plan is too small");
}
int halide_error_buffer_argument_is_null(void* uc, const char* name) {
  return report(uc, kBufferArgumentIsNull, name, " has no buffer");
}
int halide_error_debug_to_file_failed(void* uc, const char* func, const char*, int result) {
  return report(uc, kDebugToFileFailed, "debug output of ", func, " failed with ", result);
}
int halide_error_unaligned_host_ptr(void* uc, const char* name, int alignment) {
  return report(uc, kUnalignedHostPtr, name, " is not aligned to ", alignment, " bytes");
}
int halide_error_host_is_null(void* uc, const char* name) {
  return report(uc, kHostIsNull, name, " has no memory");
}
int halide_error_bad_fold(void* uc, const char* func, const char* var, const char* loop) {
  return report(uc, kBadFold, func, " cannot be folded over ", var, " in loop ", loop);
}
int halide_error_bad_extern_fold(void* uc, const char* func, int dimension, int min, int extent,
                                 int valid_min, int fold_factor) {
  return report(uc, kBadExternFold, func, " is folded by ", fold_factor, " from ", valid_min,
                " in dimension ", dimension, ", an extern stage uses min ", min, " extent ",
                extent);
}
int halide_error_fold_factor_too_small(void* uc, const char* func, const char* var, int fold_factor,
                                       const char* loop, int required) {
  return report(uc, kFoldFactorTooSmall, func, " is folded by ", fold_factor, " over ", var,
                " in loop ", loop, ", required is ", required);
}
int halide_error_requirement_failed(void* uc, const char* condition, const char* message) {
  return report(uc, kRequirementFailed, "required ", condition, ": ", message);
}
int halide_error_specialize_fail(void* uc, const char* message) {
  return report(uc, kSpecializeFail, "no specialization fits: ", message);
}
int halide_error_no_device_interface(void* uc) {
  return report(uc, kNoDeviceInterface, "a buffer has device memory without an interface");
}
int halide_error_device_interface_no_device(void* uc) {
  return report(uc, kDeviceInterfaceNoDevice, "a buffer has an interface without device memory");
}
int halide_error_host_and_device_dirty(void* uc) {
  return report(uc, kHostAndDeviceDirty, "a buffer is dirty on host and device");
}
int halide_error_buffer_is_null(void* uc, const char* routine) {
  return report(uc, kBufferIsNull, routine, " got no buffer");
}
int halide_error_device_dirty_with_no_device_support(void* uc, const char* name) {
  return report(uc, kDeviceDirtyWithNoDeviceSupport, name, " is dirty on a device");
}
int halide_error_storage_bound_too_small(void* uc, const char* func, const char* var, int provided,
                                         int required) {
  return report(uc, kStorageBoundTooSmall, func, " has a storage bound of ", provided, " over ",
                var, ", required is ", required);
}
int halide_error_device_crop_failed(void* uc) {
  return report(uc, kDeviceCropFailed, "cropping device memory failed");
}
int halide_error_split_factor_not_positive(void* uc, const char* func, const char* orig,
                                           const char*, const char*, const char*, int factor) {
  return report(uc, kSplitFactorNotPositive, func, " splits ", orig, " by ", factor);
}
int halide_error_vscale_invalid(void* uc, const char* func, int at_run_time, int at_compile_time) {
  return report(uc, kVscaleInvalid, func, " was compiled for vscale ", at_compile_time, ", it is ",
                at_run_time);
}

}  // extern "C"
#pragma GCC visibility pop
