#pragma once
// Kernels of the same op have one colour and one marker on the whole page.

#include <string>
#include <vector>

#include "tools/measure/bench_record.h"

namespace vitgen {

inline constexpr int kColours = 8;  ///< classes k0 to k7 of the style sheet

/// The ops of a benchmark, most time first.
class Kinds {
 public:
  explicit Kinds(const BenchRecord& record);

  const std::vector<std::string>& ops() const { return ops_; }
  /// Place of an op; further ops share the last colour.
  int index(const std::string& op) const;
  /// "k3"
  std::string style(const std::string& op) const;
  int marker(const std::string& op) const;

 private:
  std::vector<std::string> ops_;
};

/// "layer norm"
std::string op_text(const std::string& op);

/// A marker in its colour with the op's name, as an entry of a legend or in a table; HTML.
std::string kind_label(const Kinds& kinds, const std::string& op);

/// All of them in a row.
std::string legend(const Kinds& kinds);

}  // namespace vitgen
