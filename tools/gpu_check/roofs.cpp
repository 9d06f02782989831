#include "tools/gpu_check/roofs.h"

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/visit.h"
#include "tools/emit/manifest.h"
#include "tools/measure/roofs_file.h"

namespace vitgen {
namespace {

const VariantRoofs& variant_for(const RoofsFile& roofs, const Gpu& gpu, const std::string& isa) {
  const int capability = gpu.capability();
  const auto found = std::ranges::find_if(roofs.variants, [&](const VariantRoofs& each) {
    return each.serves(capability) && (isa.empty() || each.target == isa);
  });
  if (found != roofs.variants.end()) return *found;
  throw Error(ExitCode::target, "GPU_VARIANT",
              "the library has no variant " + (isa.empty() ? "" : "'" + printable(isa) + "' ") +
                  "for capability " + std::to_string(capability));
}

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

void join_kernels(Json& library, const Json& roofs) {
  std::map<std::string, double> bytes;
  for (const Json& kernel : roofs["kernels"]) {
    bytes[kernel["spec"].get<std::string>()] = kernel["bytes"].get<double>();
  }
  for (Json& cell : library["cells"]) {
    for (Json& kernel : cell["kernels"]) {
      const double tflops = kernel["tflops"].get<double>();
      kernel["peak_percent"] = percent(tflops, roofs["tflops"].get<double>());
      const auto found = bytes.find(kernel["spec"].get<std::string>());
      const double ms = kernel["ms"].get<double>();
      if (found == bytes.end() || ms <= 0) continue;
      const double gbs = kernel["calls"].get<double>() * found->second / ms * 1e-6;
      kernel["gbs"] = gbs;
      kernel["memory_percent"] = percent(gbs, roofs["memory_gbs"].get<double>());
    }
  }
}

}  // namespace

Json measure_roofs(const std::string& directory, const std::string& isa) {
  const RoofsFile file = read_roofs(directory + "/" + kRoofsName);
  const Gpu gpu;
  const VariantRoofs& variant = variant_for(file, gpu, isa);
  const MachinePeaks peaks = measure_gpu_peaks(gpu, variant.kernels);
  return {{"library", get_string(read_manifest(directory), "name")},
          {"isa", variant.target},
          {"factors", enum_text(variant.kernels.factors)},
          {"tflops", peaks.gflops * 1e-3},
          {"l2_gbs", peaks.l2_gbs},
          {"memory_gbs", peaks.memory_gbs},
          {"kernels", roofs_json(file)["kernels"]}};
}

void join_roofs(Json& bench, const Json& roofs) {
  for (Json& library : bench) {
    for (const Json& each : roofs) {
      if (each["library"] != library["library"] || each["isa"] != library["isa"]) continue;
      Json& peaks = library["roofs"];
      for (const char* key : {"factors", "tflops", "l2_gbs", "memory_gbs"}) peaks[key] = each[key];
      join_kernels(library, each);
    }
  }
}

}  // namespace vitgen
