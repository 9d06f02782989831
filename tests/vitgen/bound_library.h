#pragma once
// A generated shared library and its functions, for tests of when its objects may live and end.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "vitgen_api.h"

namespace vitgen {

/// The library "fx" in `directory`, loaded; unload() or the end of the process takes it away.
struct BoundLibrary {
  explicit BoundLibrary(const std::string& directory)
      : file(directory + "/libfx.so"), weights(directory + "/fx.weights") {
    handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      ADD_FAILURE() << dlerror();
      return;
    }
    bind(open_checked, "fx_open_checked");
    bind(close, "fx_close");
    bind(context_create, "fx_context_create");
    bind(context_destroy, "fx_context_destroy");
    bind(pool_create, "fx_pool_create");
    bind(pool_destroy, "fx_pool_destroy");
    bind(run_images, "fx_run");
    bind(run_device, "fx_run_device");
    bind(isa, "fx_isa");
    bind(tensor_of_input, "fx_input");
    bind(tensor_of_output, "fx_output");
  }

  void unload() { EXPECT_EQ(dlclose(handle), 0); }

  std::size_t input_elements() const {
    vitgen_api_tensor tensor = {};
    tensor.struct_size = sizeof tensor;
    EXPECT_EQ(tensor_of_input(&tensor), VITGEN_API_OK);
    return tensor.bytes / sizeof(float);
  }
  std::size_t output_elements() const {
    vitgen_api_tensor tensor = {};
    tensor.struct_size = sizeof tensor;
    EXPECT_EQ(tensor_of_output(0, &tensor), VITGEN_API_OK);
    return tensor.bytes / sizeof(float);
  }

  int open(vitgen_api_model** model) const {
    return open_checked(nullptr, nullptr, weights.c_str(), nullptr, model);
  }
  /// With so many threads, whatever the machine gives.
  int create(vitgen_api_model* model, int threads, vitgen_pool* pool,
             vitgen_api_context** out) const {
    vitgen_api_context_options options = {};
    options.struct_size = sizeof options;
    options.flags = VITGEN_API_EXACT_THREADS;
    options.threads = threads;
    options.pool = pool;
    return context_create(model, &options, out);
  }

  std::string file, weights;
  void* handle = nullptr;
  decltype(vitgen_api_open_checked)* open_checked = nullptr;
  decltype(vitgen_api_close)* close = nullptr;
  decltype(vitgen_api_context_create)* context_create = nullptr;
  decltype(vitgen_api_context_destroy)* context_destroy = nullptr;
  decltype(vitgen_api_pool_create)* pool_create = nullptr;
  decltype(vitgen_api_pool_destroy)* pool_destroy = nullptr;
  decltype(vitgen_api_run)* run_images = nullptr;
  decltype(vitgen_api_run_device)* run_device = nullptr;
  decltype(vitgen_api_isa)* isa = nullptr;
  decltype(vitgen_api_input)* tensor_of_input = nullptr;
  decltype(vitgen_api_output)* tensor_of_output = nullptr;

 private:
  template <class F>
  void bind(F*& function, const char* symbol) {
    function = reinterpret_cast<F*>(dlsym(handle, symbol));
    EXPECT_NE(function, nullptr) << symbol;
  }
};

}  // namespace vitgen
