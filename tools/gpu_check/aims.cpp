#include "tools/gpu_check/aims.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {
namespace {

constexpr double kBaseBatch1Ms = 0.5;
constexpr double kBaseBatch256ImagesPerS = 13000;
constexpr double kAttentionTflops = 150;
constexpr double kLinearOfCublas = 0.75;
constexpr std::string_view kBase = "vit_base_patch16_224";
constexpr std::size_t kPeerCells = 24;  // Ti, S, B, batch 1, 8, 32, 256, f16 and bf16

Json aim(std::string text, std::string measured, std::optional<bool> met) {
  return {{"aim", std::move(text)},
          {"measured", std::move(measured)},
          {"met", met ? Json(*met) : Json(nullptr)}};
}

Json open_aim(std::string text) { return aim(std::move(text), "not measured", std::nullopt); }

/// The cells of one batch of ViT-B/16, in each precision.
std::vector<Json> base_cells(const Json& bench, int batch) {
  std::vector<Json> cells;
  for (const Json& library : bench) {
    if (!library["library"].get<std::string>().starts_with(kBase)) continue;
    for (const Json& cell : library["cells"]) {
      if (cell["batch"] == batch) cells.push_back(cell);
    }
  }
  return cells;
}

Json latency_aim(const Json& bench) {
  const std::string text = fmt::format("ViT-B/16, batch 1: at most {} ms", kBaseBatch1Ms);
  const std::vector<Json> cells = base_cells(bench, 1);
  if (cells.empty()) return open_aim(text);
  double best = std::numeric_limits<double>::infinity();
  for (const Json& cell : cells) best = std::min(best, cell["device_ms"]["p50"].get<double>());
  return aim(text, fmt::format("{:.3f} ms", best), best <= kBaseBatch1Ms);
}

Json throughput_aim(const Json& bench) {
  const std::string text =
      fmt::format("ViT-B/16, batch 256: at least {} images/s", kBaseBatch256ImagesPerS);
  const std::vector<Json> cells = base_cells(bench, 256);
  if (cells.empty()) return open_aim(text);
  double best = 0;
  for (const Json& cell : cells) best = std::max(best, cell["images_per_s"].get<double>());
  return aim(text, fmt::format("{:.0f} images/s", best), best >= kBaseBatch256ImagesPerS);
}

/// Calls `look` with each 16-bit kernel of an op and its spec.
template <class Look>
void each_kernel(const Json& bench, std::string_view op, const Look& look) {
  for (const Json& library : bench) {
    if (library["precision"] == "f32") continue;
    for (const Json& cell : library["cells"]) {
      for (const Json& kernel : cell["kernels"]) {
        if (kernel["op"] == op) look(kernel, OpSpec::parse(kernel["spec"].get<std::string>()));
      }
    }
  }
}

Json attention_aim(const Json& bench) {
  const std::string text =
      fmt::format("attention of 197 tokens: at least {} TFLOP/s", kAttentionTflops);
  double best = 0;
  std::string of_peak;
  each_kernel(bench, "attention", [&](const Json& kernel, const OpSpec& spec) {
    const std::string* tokens = spec.fields.find("tokens");
    const double tflops = kernel["tflops"].get<double>();
    if (!tokens || *tokens != "197" || tflops <= best) return;
    best = tflops;
    const auto percent = kernel.find("peak_percent");
    of_peak = percent == kernel.end()
                  ? ""
                  : fmt::format(", {:.0f} % of the measured peak", percent->get<double>());
  });
  if (best == 0) return open_aim(text);
  return aim(text, fmt::format("{:.0f} TFLOP/s", best) + of_peak, best >= kAttentionTflops);
}

/// "rows:k:n:storage", as tools/bench_gpu.py names a product.
std::string product_name(const OpSpec& spec) {
  std::string name;
  for (const char* field : {"rows", "k", "n", "storage"}) {
    const std::string* text = spec.fields.find(field);
    name += (name.empty() ? "" : ":") + (text ? *text : "f32");
  }
  return name;
}

Json linear_aim(const Json& bench, const Json& peers) {
  const std::string text =
      fmt::format("linears: at least {:.0f} % of cuBLAS", 100 * kLinearOfCublas);
  double least = std::numeric_limits<double>::infinity();
  std::string which;
  int met = 0;
  int count = 0;
  const Json cublas = peers.value("cublas_tflops", Json::object());
  each_kernel(bench, "linear", [&](const Json& kernel, const OpSpec& spec) {
    const auto found = cublas.find(product_name(spec));
    if (found == cublas.end()) return;
    const double ratio = kernel["tflops"].get<double>() / found->get<double>();
    ++count;
    met += ratio >= kLinearOfCublas ? 1 : 0;
    if (ratio < least) which = product_name(spec);
    least = std::min(least, ratio);
  });
  if (count == 0) return open_aim(text);
  return aim(text, fmt::format("{} of {}; least {:.0f} % ({})", met, count, 100 * least, which),
             met == count);
}

Json peer_aim(const Json& peers) {
  const std::string text = fmt::format("ahead of torch.compile in all {} cells", kPeerCells);
  const Json cells = peers.value("cells", Json::object());
  std::size_t ahead = 0;
  std::size_t count = 0;
  for (const auto& [name, cell] : cells.items()) {
    const Json& figures = cell["figures"];
    if (!figures.contains("torch_compile")) continue;
    ++count;
    ahead += figures["torch_compile"]["ratio"][0].get<double>() < 1 ? 1 : 0;
  }
  if (count == 0) return open_aim(text);
  const bool all = count >= kPeerCells;
  return aim(text, fmt::format("{} of the {} measured", ahead, count),
             ahead < count ? std::optional(false)
             : all         ? std::optional(true)
                           : std::nullopt);
}

}  // namespace

Json gpu_aims(const Json& bench, const Json& peers) {
  return {latency_aim(bench), throughput_aim(bench), attention_aim(bench), linear_aim(bench, peers),
          peer_aim(peers)};
}

}  // namespace vitgen
