#include "tools/emit/code_modules.h"

#include <fmt/format.h>

#include <map>

#include "tools/emit/device_ptx.h"
#include "tools/emit/elf_object.h"
#include "tools/emit/table.h"

namespace vitgen {

namespace {

class Collector {
 public:
  explicit Collector(const LibraryRequest& request) : request_(request) {}

  std::vector<std::size_t> add(const LibraryKernel& kernel, std::size_t machine) {
    const KernelVariant& variant = kernel.variants[machine];
    std::vector<std::size_t> places;
    if (!variant.device) return places;
    const std::string symbol = kernel_symbol(request_, kernel, machine);
    const std::string member = fmt::format("{}__{}", kernel.name, request_.machines[machine]->name);
    const std::string& ptx = variant.device->kernel.ptx;
    if (const std::string& cubin = variant.device->cubin; !cubin.empty()) {
      places.push_back(place({.symbol = symbol + "_cubin",
                              .member = member + ".cubin.o",
                              .bytes = cubin,
                              .capability = request_.machines[machine]->capability,
                              .is_cubin = true}));
    }
    places.push_back(place({.symbol = symbol + "_ptx",
                            .member = member + ".ptx.o",
                            .bytes = ptx,
                            .capability = ptx_capability(ptx),
                            .is_cubin = false}));
    return places;
  }

  std::vector<DeviceCode> list;

 private:
  std::size_t place(const DeviceCode& code) {
    const auto [at, is_new] = known_.try_emplace(code.bytes, list.size());
    if (is_new) list.push_back(code);
    return at->second;
  }

  const LibraryRequest& request_;
  std::map<std::string_view, std::size_t> known_;
};

}  // namespace

DeviceCodes device_codes(const LibraryRequest& request) {
  Collector collector(request);
  DeviceCodes codes;
  for (const LibraryKernel& kernel : request.kernels) {
    codes.of_variant.emplace_back();
    for (std::size_t m = 0; m < kernel.variants.size(); ++m) {
      codes.of_variant.back().push_back(collector.add(kernel, m));
    }
  }
  codes.list = std::move(collector.list);
  return codes;
}

std::string code_object(const DeviceCode& code) {
  const std::string text = std::string(code.bytes) + '\0';
  return elf_object({.name = ".rodata",
                     .relocated_at_load = false,
                     .large = false,
                     .alignment = 16,  // more than the driver asks for
                     .bytes = text.size(),
                     .symbols = {{code.symbol, 0, text.size(), false}},
                     .fixups = {}},
                    std::as_bytes(std::span(text)));
}

}  // namespace vitgen
