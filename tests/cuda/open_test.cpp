// Which variant is chosen, and what is said where a GPU does not fit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/cuda_abi.h"
#include "runtime/cuda_code.h"
#include "tests/cuda/gpu_model.h"
#include "tests/cuda/loader.h"

namespace vitgen::test {
namespace {

using ::testing::HasSubstr;

vitgen_api_options forcing(const char* isa) {
  vitgen_api_options options = open_options();
  options.isa = isa;
  return options;
}

/// The variant for CPUs serves, and who insists on the GPU is told why not.
void expect_passed_over(GpuModel& gpu, const char* words,
                        vitgen_api_options options = open_options()) {
  const Opened opened = try_open(gpu, options);
  EXPECT_EQ(opened.code, VITGEN_API_OK) << words << ": " << opened.text;
  EXPECT_EQ(opened.isa, "x86-64") << words;
  EXPECT_EQ(opened.device, -1) << words;
  options.isa = "cuda-sm80";
  const Opened forced = try_open(gpu, options);
  EXPECT_EQ(forced.code, VITGEN_API_E_DEVICE) << words;
  EXPECT_THAT(forced.text, HasSubstr("'cuda-sm80' cannot run on this machine, it needs a GPU: "));
  EXPECT_THAT(forced.text, HasSubstr(words));
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{}) << words;
}

TEST(CudaOpen, the_first_variant_that_fits_the_device_is_taken) {
  GpuModel gpu;
  EXPECT_EQ(try_open(gpu).isa, "cuda-sm90");
  fake_cuda::set_devices({120});
  EXPECT_EQ(try_open(gpu).isa, "cuda-sm80") << "code of sm_90a is for 9.0 only";
  fake_cuda::set_devices({86});
  EXPECT_EQ(try_open(gpu).isa, "cuda-sm80");
  fake_cuda::set_devices({75});
  EXPECT_EQ(try_open(gpu).isa, "x86-64");
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
}

TEST(CudaOpen, the_device_is_the_one_asked_for) {
  GpuModel gpu;
  fake_cuda::set_devices({75, 90, 80});
  vitgen_api_options options = open_options();
  EXPECT_EQ(try_open(gpu, options).device, -1);
  options.device = 1;
  EXPECT_EQ(try_open(gpu, options).device, 1);
  options.device = 2;
  const Opened opened = try_open(gpu, options);
  EXPECT_EQ(opened.device, 2);
  EXPECT_EQ(opened.isa, "cuda-sm80");
  options.device = 3;
  expect_passed_over(gpu, "device 3 is asked for, the driver finds 3", options);
  options.device = -1;
  EXPECT_EQ(try_open(gpu, options).code, VITGEN_API_E_ARG);
}

TEST(CudaOpen, an_older_programs_options_have_no_device) {
  GpuModel gpu;
  vitgen_api_options options = open_options();
  options.struct_size = offsetof(vitgen_api_options, device);
  options.device = 77;  // behind the struct's end
  EXPECT_EQ(try_open(gpu, options).device, 0);
}

TEST(CudaOpen, no_driver_no_device_and_the_flag_are_passed_over) {
  GpuModel gpu;
  {
    const NoDriver none;
    expect_passed_over(gpu, "no driver (libcuda.so.1) can be loaded");
  }
  fake_cuda::set_devices({});
  expect_passed_over(gpu, "the driver finds none");
  fake_cuda::reset();
  vitgen_api_options options = open_options();
  options.flags = VITGEN_API_NO_DEVICE;
  expect_passed_over(gpu, "flag NO_DEVICE is set", options);
  EXPECT_EQ(fake_cuda::calls("cuInit"), 0) << "the driver is left alone";
}

TEST(CudaOpen, a_driver_that_is_too_old_is_passed_over) {
  GpuModel gpu;
  for (const char* symbol : {"cuInit", "cuDriverGetVersion", "cuGraphInstantiateWithFlags"}) {
    const DriverLacks lacks(symbol);
    expect_passed_over(gpu, (std::string("the driver is too old: it lacks ") + symbol).c_str());
  }
  fake_cuda::set_version(11020);
  expect_passed_over(gpu, "the driver is too old: it supports CUDA 11.2, needed is CUDA 11.4");
}

TEST(CudaOpen, a_capability_that_does_not_fit_is_named) {
  GpuModel gpu;
  fake_cuda::set_devices({75});
  expect_passed_over(gpu, "compute capability 8.0 or later, device 0 has 7.5");
  fake_cuda::set_devices({100});
  EXPECT_THAT(try_open(gpu, forcing("cuda-sm90")).text,
              HasSubstr("compute capability 9.0, device 0 has 10.0"));
}

TEST(CudaOpen, code_that_the_driver_does_not_take_is_passed_over) {
  GpuModel gpu;
  fake_cuda::set_devices({80});
  for (const rt::CudaResult result :
       {rt::kCudaInvalidPtx, rt::kCudaUnsupportedPtxVersion, rt::kCudaNoBinaryForGpu,
        rt::kCudaJitCompilerNotFound, rt::kCudaJitCompilationDisabled, rt::kCudaInvalidSource}) {
    // Calls: the cubin of "affine", which no driver takes, then its PTX.
    fake_cuda::fail("cuModuleLoadData", 1, result);
    const Opened opened = try_open(gpu);
    EXPECT_EQ(opened.code, VITGEN_API_OK);
    EXPECT_EQ(opened.isa, "x86-64") << result;
    fake_cuda::fail("cuModuleLoadData", 1, result);
    EXPECT_EQ(try_open(gpu, forcing("cuda-sm80")).code, VITGEN_API_E_DEVICE);
    EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
  }
  fake_cuda::fail("cuModuleLoadData", 1, rt::kCudaUnsupportedPtxVersion);
  EXPECT_THAT(try_open(gpu, forcing("cuda-sm80")).text,
              HasSubstr("its driver (CUDA 12.4) does not take kernel affine: cuModuleLoadData: "
                        "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"));
}

TEST(CudaOpen, a_driver_without_tensor_maps_gets_the_variant_that_needs_none) {
  GpuModel gpu;
  fake_cuda::set_version(11080);
  const DriverLacks lacks("cuTensorMapEncodeTiled");
  EXPECT_EQ(try_open(gpu).isa, "cuda-sm80");
  const Opened forced = try_open(gpu, forcing("cuda-sm90"));
  EXPECT_EQ(forced.code, VITGEN_API_E_DEVICE);
  EXPECT_THAT(forced.text, HasSubstr("its driver (CUDA 11.8) lacks cuTensorMapEncodeTiled, for "
                                     "kernel project"));
  EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
}

TEST(CudaOpen, modules_are_loaded_once_for_all_kernels_of_one_code) {
  GpuModel gpu;
  Session session(gpu.fake);
  // Two texts for nine kernels.
  EXPECT_EQ(fake_cuda::alive().modules, 2);
  EXPECT_EQ(fake_cuda::alive().allocations, 2) << "the weights, and the context's memory";
}

TEST(CudaOpen, without_any_variant_that_fits_the_last_one_says_why) {
  GpuModel gpu;
  gpu.fake.isas().pop_back();
  gpu.fake.table();
  fake_cuda::set_devices({});
  const Opened opened = try_open(gpu);
  EXPECT_EQ(opened.code, VITGEN_API_E_DEVICE);
  EXPECT_EQ(opened.text,
            "isa: none of cuda-sm90, cuda-sm80 can run on this machine; the last one needs a GPU: "
            "the driver finds none");
}

TEST(CudaOpen, a_table_without_code_for_the_gpu_is_refused) {
  GpuModel gpu;
  std::vector<vitgen_kernel> kernels(gpu.fake.table().kernels,
                                     gpu.fake.table().kernels + gpu.fake.table().kernel_count);
  kernels[1].device = nullptr;
  gpu.fake.table().kernels = kernels.data();
  EXPECT_EQ(try_open(gpu).code, VITGEN_API_E_ABI);
}

TEST(CudaCode, fits_later_devices_as_ptx_and_the_same_major_number_as_cubin) {
  const auto fits = [](uint32_t code, bool cubin, uint32_t device) {
    return rt::code_fits({code, cubin ? 1u : 0u, nullptr, 0}, device);
  };
  EXPECT_TRUE(fits(80, false, 80) && fits(80, false, 86) && fits(80, false, 120));
  EXPECT_FALSE(fits(80, false, 75));
  EXPECT_TRUE(fits(80, true, 80) && fits(80, true, 89));
  EXPECT_FALSE(fits(86, true, 80) || fits(80, true, 90) || fits(90, true, 89));
}

}  // namespace
}  // namespace vitgen::test
