// Modules: PTX, of which only the entries' parameters are read.

#include <regex>

#include "tests/cuda/fake/driver.h"
#include "tests/cuda/fake/state.h"

using namespace vitgen;
using namespace vitgen::rt;
using fake_cuda::Call;
using fake_cuda::Function;
using fake_cuda::Module;
using fake_cuda::Needs;
using fake_cuda::state;

namespace {

/// The text between the brackets behind ".entry NAME"; none if there is no such entry.
std::string parameters_of(const std::string& image, const std::string& entry) {
  const std::regex head(R"(\.entry\s+)" + std::regex_replace(entry, std::regex(R"(\$)"), R"(\$)") +
                        R"(\s*\()");
  std::smatch found;
  if (!std::regex_search(image, found, head)) return "none";
  const auto begin = static_cast<size_t>(found.position() + found.length());
  return image.substr(begin, image.find(')', begin) - begin);
}

/// ".param .u64 .ptr .global .align 4 a" has 8 bytes, ".param .align 8 .b8 b[24]" has 24.
std::vector<size_t> sizes_of(const std::string& parameters) {
  static const std::regex parameter(
      R"(\.param(?:\s+\.align\s+\d+)?\s+\.[a-z]+(\d+)((?:\s+\.[a-z]+(?:\s+\d+)?)*)\s+[\w$%]+(?:\[(\d+)\])?)");
  std::vector<size_t> sizes;
  for (std::sregex_iterator i(parameters.begin(), parameters.end(), parameter), end; i != end;
       ++i) {
    const size_t count = (*i)[3].matched ? std::stoul((*i)[3]) : 1;
    sizes.push_back(count * std::stoul((*i)[1]) / 8);
  }
  return sizes;
}

}  // namespace

CudaResult cuModuleLoadData(CudaModule* module, const void* image) {
  const Call call("cuModuleLoadData", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  const std::string text(static_cast<const char*>(image));
  if (text.starts_with("\x7f"
                       "ELF"))
    return kCudaNoBinaryForGpu;
  if (text.find(".entry") == std::string::npos) return kCudaInvalidPtx;
  Module* made = state().modules.make();
  made->image = std::make_shared<const std::string>(text);
  *module = reinterpret_cast<CudaModule>(made);
  return kCudaSuccess;
}

CudaResult cuModuleUnload(CudaModule module) {
  const Call call("cuModuleUnload", Needs::context);
  const bool found = state().modules.end(module);
  if (call.refused() != kCudaSuccess) return call.refused();
  return found ? kCudaSuccess : kCudaInvalidHandle;
}

CudaResult cuModuleGetFunction(CudaFunction* function, CudaModule module, const char* name) {
  const Call call("cuModuleGetFunction", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  Module* owner = state().modules.find(module);
  if (owner == nullptr) return kCudaInvalidHandle;
  for (const auto& known : owner->functions) {
    if (known->entry != name) continue;
    *function = reinterpret_cast<CudaFunction>(known.get());
    return kCudaSuccess;
  }
  const std::string parameters = parameters_of(*owner->image, name);
  if (parameters == "none") return kCudaNotFound;
  owner->functions.push_back(
      std::make_unique<Function>(Function{owner->image, name, sizes_of(parameters)}));
  *function = reinterpret_cast<CudaFunction>(owner->functions.back().get());
  return kCudaSuccess;
}

CudaResult cuFuncGetAttribute(int* value, int attribute, CudaFunction function) {
  const Call call("cuFuncGetAttribute", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  if (attribute != kCudaMaxDynamicSharedBytes) return kCudaInvalidValue;
  *value = reinterpret_cast<Function*>(function)->shared_limit;
  return kCudaSuccess;
}

CudaResult cuFuncSetAttribute(CudaFunction function, int attribute, int value) {
  const Call call("cuFuncSetAttribute", Needs::context);
  if (call.refused() != kCudaSuccess) return call.refused();
  constexpr int kMost = 227 * 1024;  // of capability 9.0 (CUDA programming guide)
  if (attribute != kCudaMaxDynamicSharedBytes || value > kMost) return kCudaInvalidValue;
  reinterpret_cast<Function*>(function)->shared_limit = value;
  return kCudaSuccess;
}
