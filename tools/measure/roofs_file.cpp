#include "tools/measure/roofs_file.h"

#include "generators/base/visit.h"

namespace vitgen {

namespace {

constexpr std::size_t kMostPtx = std::size_t{1} << 20;

Json kernel_json(const PeakKernel& kernel) {
  return {{"entry", kernel.entry},
          {"threads", kernel.threads},
          {"blocks", kernel.blocks},
          {"shared_bytes", kernel.shared_bytes},
          {"input_bytes", kernel.input_bytes},
          {"work", kernel.work},
          {"ptx", kernel.ptx}};
}

PeakKernel parse_kernel(const JsonFile& file, const std::string& at) {
  // A block has at most 1024 threads, a multiprocessor 32 blocks and 228 KiB of shared memory (CUDA
  // C++ Programming Guide, 16.2).
  const auto count = [&](const char* key, std::int64_t least, std::int64_t most) {
    return static_cast<std::uint32_t>(get_int(file, at + "." + key, least, most));
  };
  return {.ptx = get_string(file, at + ".ptx", kMostPtx),
          .entry = get_string(file, at + ".entry"),
          .threads = count("threads", 1, 1024),
          .blocks = count("blocks", 1, 32),
          .shared_bytes = count("shared_bytes", 0, 228 << 10),
          .input_bytes = count("input_bytes", 1, 1 << 30),
          .work = get_number(file, at + ".work", 1, 1e18)};
}

DType parse_factors(const JsonFile& file) {
  const std::string factors = get_string(file, "factors");
  for (const DType each : {DType::f32, DType::f16, DType::bf16}) {
    if (factors == enum_text(each)) return each;
  }
  json_error(file, "factors", file.codes.range, "expected f32, f16 or bf16");
}

VariantRoofs parse_variant(const JsonFile& file) {
  const auto capability = [&](const char* key) {
    return static_cast<int>(get_int(file, key, 0, 1000));
  };
  return {.target = get_string(file, "target"),
          .capability = capability("capability"),
          .only_capability = capability("only_capability"),
          .kernels = {.factors = parse_factors(file),
                      .products = parse_kernel(file, "products"),
                      .reads = parse_kernel(file, "reads")}};
}

}  // namespace

Json roofs_json(const RoofsFile& roofs) {
  Json variants = Json::array();
  for (const VariantRoofs& each : roofs.variants) {
    variants.push_back({{"target", each.target},
                        {"capability", each.capability},
                        {"only_capability", each.only_capability},
                        {"factors", enum_text(each.kernels.factors)},
                        {"products", kernel_json(each.kernels.products)},
                        {"reads", kernel_json(each.kernels.reads)}});
  }
  Json kernels = Json::array();
  for (const auto& [spec, bytes] : roofs.bytes) {
    kernels.push_back({{"spec", spec}, {"bytes", bytes}});
  }
  return {{"schema", 1}, {"variants", std::move(variants)}, {"kernels", std::move(kernels)}};
}

RoofsFile read_roofs(const std::string& path) {
  const JsonCodes codes{
      .syntax = "GPU_ROOFS", .duplicate = "GPU_ROOFS", .field = "GPU_ROOFS", .range = "GPU_ROOFS"};
  const JsonFile file = read_json(path, {.bytes = std::size_t{16} << 20}, codes);
  get_int(file, "schema", 1, 1);
  RoofsFile roofs;
  for (const JsonFile& each : json_elements(file, "variants")) {
    roofs.variants.push_back(parse_variant(each));
  }
  for (const JsonFile& each : json_elements(file, "kernels")) {
    roofs.bytes[get_string(each, "spec")] = get_number(each, "bytes", 0, 1e18);
  }
  return roofs;
}

}  // namespace vitgen
