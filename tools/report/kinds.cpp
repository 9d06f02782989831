#include "tools/report/kinds.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tools/report/html.h"
#include "tools/report/svg.h"

namespace vitgen {

Kinds::Kinds(const BenchRecord& record) {
  std::map<std::string, double> share;
  for (const CellTimes& cell : record.cells) {
    for (const KernelTime& kernel : cell.kernels) {
      share[kernel.op] += cell.steps_ms() > 0 ? kernel.cost.ms / cell.steps_ms() : 0;
    }
  }
  for (const auto& [op, sum] : share) ops_.push_back(op);
  std::ranges::sort(ops_, {}, [&](const std::string& op) { return std::pair(-share[op], op); });
}

int Kinds::index(const std::string& op) const {
  return static_cast<int>(std::ranges::find(ops_, op) - ops_.begin());
}

std::string Kinds::style(const std::string& op) const {
  return "k" + std::to_string(std::min(index(op), kColours - 1));
}

int Kinds::marker(const std::string& op) const { return index(op) % kMarkers; }

std::string op_text(const std::string& op) {
  std::string text = op;
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string kind_label(const Kinds& kinds, const std::string& op) {
  constexpr double kSize = 14;
  const std::string marker =
      svg_marker(kinds.marker(op), kSize / 2, kSize / 2, 4.4, "dot " + kinds.style(op));
  return "<span class=\"kind\"><svg class=\"key\" viewBox=\"0 0 14 14\" aria-hidden=\"true\">" +
         marker + "</svg><span class=\"name\">" + escaped(op_text(op)) + "</span></span>";
}

std::string legend(const Kinds& kinds) {
  std::string out = "<p class=\"legend\">";
  for (const std::string& op : kinds.ops()) out += kind_label(kinds, op) + " ";
  return out + "</p>\n";
}

}  // namespace vitgen
