// A library that `vitgen generate` made, whose runtime finds the fake driver under the driver's
// name and whose PTX the interpreter runs.

#include <gtest/gtest.h>

#include "runtime/cuda_driver.h"
#include "tests/cuda/emulated/interpret.h"
#include "tests/cuda/fake/driver.h"
#include "tests/cuda/gpu_model.h"
#include "tests/vitgen/bound_library.h"
#include "tests/vitgen/npy_values.h"
#include "tests/vitgen/program.h"

namespace vitgen::test {
namespace {

constexpr const char* kModel = "timm_vit";

/// The model's library, opened for the best of what there is, with buckets of 1 and 2 images.
class Generated {
 public:
  /// `capabilities` of the devices.
  explicit Generated(const std::vector<int>& capabilities)
      : library(library_of(kModel, {"--target", "cuda-sm80,x86-64-avx2", "--batch", "2"})) {
    fake_cuda::reset();
    fake_cuda::set_devices(capabilities);
    fake_cuda::set_launch(fake_cuda::interpret);
    EXPECT_EQ(library.open(&model), VITGEN_API_OK);
    EXPECT_EQ(library.create(model, 1, nullptr, &context), VITGEN_API_OK);
  }
  ~Generated() {
    EXPECT_EQ(library.context_destroy(context), VITGEN_API_OK);
    EXPECT_EQ(library.close(model), VITGEN_API_OK);
    EXPECT_EQ(fake_cuda::alive(), fake_cuda::Alive{});
  }
  Generated(const Generated&) = delete;
  Generated& operator=(const Generated&) = delete;

  std::vector<float> run(const std::vector<float>& input) const {
    const std::size_t n = input.size() / library.input_elements();
    std::vector<float> output(n * library.output_elements());
    EXPECT_EQ(library.run_images(context, n, input.data(), output.data()), VITGEN_API_OK);
    return output;
  }

  std::vector<float> run_on_device(const std::vector<float>& input) const {
    const CudaUser user;
    const std::size_t n = input.size() / library.input_elements();
    const DeviceFloats from(input), to(n * library.output_elements());
    const void* inputs[] = {from.address()};
    void* outputs[] = {to.address()};
    EXPECT_EQ(library.run_device(context, n, inputs, outputs, nullptr), VITGEN_API_OK);
    EXPECT_EQ(cuStreamSynchronize(nullptr), rt::kCudaSuccess);
    return to.values();
  }

  BoundLibrary library;
  vitgen_api_model* model = nullptr;
  vitgen_api_context* context = nullptr;
};

void expect_the_originals_logits(const Generated& generated) {
  const std::string folder = fixture(kModel);
  const std::vector<double> image = read_values(folder + "/input.npy");
  const std::vector<double> exact = read_values(folder + "/logits_f64.npy");
  const std::vector<double> torch = read_values(folder + "/logits_f32.npy");
  const std::vector<float> logits = generated.run(std::vector<float>(image.begin(), image.end()));
  const std::vector<double> got(logits.begin(), logits.end());
  ASSERT_EQ(got.size(), exact.size());
  EXPECT_LE(compare(got, exact).relative(),
            allowed(compare(torch, exact).relative(), exact.size()));
}

TEST(CudaGenerated, gives_the_same_bits_from_memory_of_host_and_device_and_in_any_bucket) {
  const Generated generated({80});
  ASSERT_STREQ(generated.library.isa(generated.model), "cuda-sm80");
  const std::size_t elements = generated.library.input_elements();
  const std::vector<float> input = noise(3 * elements, 1);
  const std::vector<float> three = generated.run(input);
  EXPECT_EQ(generated.run_on_device(input), three);
  const std::size_t classes = generated.library.output_elements();
  for (std::size_t image = 0; image < 3; ++image) {
    const auto at = [](const std::vector<float>& values, std::size_t number, std::size_t count) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(number * count);
      return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count));
    };
    EXPECT_EQ(generated.run(at(input, image, elements)), at(three, image, classes)) << image;
  }
}

TEST(CudaGenerated, takes_nothing_from_the_driver_after_its_context_is_made) {
  const Generated generated({80});
  const auto made = [] {
    return std::vector<int>{fake_cuda::calls("cuMemAlloc_v2"), fake_cuda::calls("cuStreamCreate"),
                            fake_cuda::calls("cuEventCreate"), fake_cuda::calls("cuModuleLoadData"),
                            fake_cuda::calls("cuGraphInstantiateWithFlags")};
  };
  const std::vector<int> before = made();
  EXPECT_GT(before.front(), 0);
  const std::vector<float> input = noise(3 * generated.library.input_elements(), 1);
  const std::vector<float> first = generated.run(input);
  EXPECT_EQ(generated.run(input), first);
  EXPECT_EQ(made(), before);
}

TEST(CudaGenerated, runs_on_the_cpu_where_no_device_fits) {
  for (const std::vector<int>& capabilities : {std::vector<int>{}, {75}, {80}}) {
    const Generated generated(capabilities);
    const bool fits = capabilities == std::vector<int>{80};
    EXPECT_STREQ(generated.library.isa(generated.model), fits ? "cuda-sm80" : "x86-64-avx2");
    expect_the_originals_logits(generated);
  }
}

}  // namespace
}  // namespace vitgen::test
