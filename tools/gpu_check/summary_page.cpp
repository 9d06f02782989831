// The page of a summary.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "tools/gpu_check/summary.h"

namespace vitgen {
namespace {

constexpr std::size_t kKernelRows = 12;  // of a library's largest batch: what takes the time

std::string met_word(const Json& met) {
  return met.is_null() ? "open" : met.get<bool>() ? "yes" : "NO";
}

std::string_view correctness_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::right:
      return "holds";
    case Verdict::wrong:
      return "DOES NOT HOLD";
    case Verdict::incomplete:
      return "not all could be checked";
  }
  return "";
}

/// "8.0" of 80.
std::string capability_text(int capability) {
  return fmt::format("{}.{}", capability / 10, capability % 10);
}

std::string head(const Json& summary) {
  const Json& device = summary["device"];
  std::string text = fmt::format(
      "# vitgen on a GPU\n\n{}, compute capability {}, driver for {}, {}; vitgen "
      "{}\n\ncorrectness: {}\n",
      device.value("name", "no device"), capability_text(device.value("capability", 0)),
      device.value("driver", "nothing"), device.value("date", "no date"),
      summary["vitgen"].get<std::string>(), correctness_words(verdict_of(summary)));
  const Json versions = summary["peers"].value("versions", Json::object());
  for (const auto& [package, version] : versions.items()) {
    text += fmt::format("{} {}\n", package, version.get<std::string>());
  }
  return text;
}

std::string aims(const Json& summary) {
  std::string text = "\n## Aims\n\n| aim | measured | met |\n|---|---|---|\n";
  for (const Json& aim : summary["aims"]) {
    text += fmt::format("| {} | {} | {} |\n", aim["aim"].get<std::string>(),
                        aim["measured"].get<std::string>(), met_word(aim["met"]));
  }
  return text;
}

std::string check_row(const Json& check) {
  std::int64_t elements = 0;
  std::int64_t failed = 0;
  int steps = 0;
  double worst = 0;
  std::string where;
  for (const Json& op : check["ops"]) {
    elements += op["checked"].get<std::int64_t>();
    failed += op["failed"].get<std::int64_t>();
    steps += op["steps"].get<int>();
    // A difference that is no number is null in JSON.
    const double ratio = op["worst_ratio"].is_null() ? INFINITY : op["worst_ratio"].get<double>();
    if (!where.empty() && ratio <= worst) continue;
    worst = ratio;
    where = op["op"].get<std::string>() + ", " + op["worst_step"].get<std::string>();
  }
  std::string outputs;
  for (const Json& output : check["outputs"]) {
    outputs += fmt::format("{}{} {:.2g} of {:.2g}", outputs.empty() ? "" : "; ",
                           output["output"].get<std::string>(), output["error"].get<double>(),
                           output["bound"].get<double>());
  }
  const bool ways = check["graph_equals_launches"] == true && check["device_equals_host"] == true;
  return fmt::format("| {} | {} | {} | {} | {} | {} | {:.3f} ({}) | {} | {} | {} |\n",
                     check["library"].get<std::string>(), check["isa"].get<std::string>(),
                     check["precision"].get<std::string>(), steps, elements, failed, worst, where,
                     outputs.empty() ? "-" : outputs, ways ? "alike" : "DIFFER",
                     met_word(check["pass"]));
}

std::string checks(const Json& summary) {
  std::string text =
      "\n## Correctness\n\n| library | variant | precision | steps | elements | outside | worst "
      "error "
      "/ bound | outputs | ways to run | right |\n|---|---|---|---|---|---|---|---|---|---|\n";
  for (const Json& check : summary["checks"]) text += check_row(check);
  std::string missing;
  for (const Json& op : summary["ops_not_checked"]) missing += " " + op.get<std::string>();
  if (!missing.empty()) text += fmt::format("\nOps that no library here has:{}\n", missing);
  for (const auto& [library, words] : summary["sanitizer"].items()) {
    text += fmt::format("\ncompute-sanitizer, {}: {}\n", library, words.get<std::string>());
  }
  return text;
}

/// A cell of the peers by its name: model, precision and batch.
std::string peer_columns(const Json& peers, const std::string& cell) {
  const Json cells = peers.value("cells", Json::object());
  const Json found = cells.value(cell, Json::object());
  const Json figures = found.value("figures", Json::object());
  if (!figures.contains("torch_compile")) return "- | -";
  const Json& torch = figures["torch_compile"];
  return fmt::format("{:.3f} ({}) | {:.3f} ({:.3f}-{:.3f})", torch["median_ms"].get<double>(),
                     found.value("mode", "?"), torch["ratio"][0].get<double>(),
                     torch["ratio"][1].get<double>(), torch["ratio"][2].get<double>());
}

std::string times(const Json& summary) {
  std::string text =
      "\n## Times\n\nMilliseconds are medians. Ratio: vitgen's run_device over torch.compile, "
      "medians "
      "of pairs with 95 % intervals.\n\n| library | variant | batch | run ms | run_device ms | "
      "images/s "
      "| torch.compile ms | ratio |\n|---|---|---|---|---|---|---|---|\n";
  for (const Json& library : summary["bench"]) {
    const auto name = library["library"].get<std::string>();
    for (const Json& cell : library["cells"]) {
      text += fmt::format(
          "| {} | {} | {} | {:.3f} | {:.3f} | {:.0f} | {} |\n", name,
          library["isa"].get<std::string>(), cell["batch"].get<int>(),
          cell["run_ms"]["p50"].get<double>(), cell["device_ms"]["p50"].get<double>(),
          cell["images_per_s"].get<double>(),
          peer_columns(summary["peers"], fmt::format("{}:{}", name, cell["batch"].get<int>())));
    }
  }
  return text;
}

/// What was measured of the GPU with each library.
std::string roofs(const Json& summary) {
  std::string text;
  for (const Json& library : summary["bench"]) {
    if (!library.contains("roofs")) continue;
    const Json& roofs = library["roofs"];
    text += fmt::format("| {} | {} | {} | {:.1f} | {:.0f} | {:.0f} |\n",
                        library["library"].get<std::string>(), library["isa"].get<std::string>(),
                        roofs["factors"].get<std::string>(), roofs["tflops"].get<double>(),
                        roofs["l2_gbs"].get<double>(), roofs["memory_gbs"].get<double>());
  }
  if (text.empty()) return text;
  return "\n## What the GPU can do\n\nMeasured: products of such factors by the variant's best "
         "instructions, and reading.\n\n| library | variant | factors | TFLOP/s | L2 GB/s | memory "
         "GB/s |\n|---|---|---|---|---|---|\n" +
         text;
}

/// A figure of a kernel, or a dash where there is none.
std::string figure_or_dash(const Json& kernel, const char* key, int decimals) {
  if (!kernel.contains(key)) return "-";
  return fmt::format("{:.{}f}", kernel[key].get<double>(), decimals);
}

std::string kernels(const Json& summary) {
  std::string text =
      "\n## Kernels\n\nOf each library's largest batch, those that take the most time. % peak: of "
      "the products above, for all kernels; GB/s: operands once a call, above 100 % of the "
      "memory where the L2 cache holds them.\n\n| library | kernel | calls | ms | TFLOP/s | % peak "
      "| GB/s | % memory |\n|---|---|---|---|---|---|---|---|\n";
  for (const Json& library : summary["bench"]) {
    if (library["cells"].empty()) continue;
    const Json& list = library["cells"].back()["kernels"];
    for (std::size_t i = 0; i < std::min(list.size(), kKernelRows); ++i) {
      text += fmt::format(
          "| {} | {} | {} | {:.3f} | {:.1f} | {} | {} | {} |\n",
          library["library"].get<std::string>(), list[i]["spec"].get<std::string>(),
          list[i]["calls"].get<int>(), list[i]["ms"].get<double>(), list[i]["tflops"].get<double>(),
          figure_or_dash(list[i], "peak_percent", 1), figure_or_dash(list[i], "gbs", 0),
          figure_or_dash(list[i], "memory_percent", 0));
    }
  }
  return text;
}

std::string lines(const Json& list, const std::string& title) {
  std::string text;
  for (const Json& line : list) text += "- " + line.get<std::string>() + "\n";
  return text.empty() ? "" : "\n## " + title + "\n\n" + text;
}

}  // namespace

std::string summary_page(const Json& summary) {
  return head(summary) + aims(summary) + lines(summary["failed"], "Failed") + checks(summary) +
         times(summary) + roofs(summary) + kernels(summary) + lines(summary["skipped"], "Skipped");
}

}  // namespace vitgen
