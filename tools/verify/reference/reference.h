#pragma once
// Every op again as naive loops in double, one output element at a time, with the error that a
// correct f32 kernel may have there. Nothing here is shared with the kernels but the op's spec.
//
// Notation: u = 2^-24. A sum of n products with magnitudes adding up to S may be off by
// c(n) u S, c(n) = 2 sqrt(n) + 8. The worst case n u S would hide wrong kernels, so long sums are
// judged as random walks (Higham and Mary, A new approach to probabilistic rounding error analysis,
// 2019, has lambda sqrt(n) u S):
// - n <= 16: c(n) >= n, so the bound is the rigorous one.
// - one rounding is off by at most u |partial sum|, uniformly: variance u^2/3 of that. Products of
//   one sign in any order give partial sums up to S, so sqrt(n) u S / sqrt(3) is the largest
//   standard deviation and 2 sqrt(n) is 3.4 of them; partial sums that grow evenly, S k / n, make
//   it 6; signs that mix make it far more. 16 lanes divide n and widen each of these.

#include <cmath>
#include <span>
#include <vector>

#include "generators/ops/support/ops_table.h"

namespace vitgen {

inline constexpr double kUnitRoundoff = 0x1p-24;

/// c(n) of the notation above.
inline double chain_factor(double n) { return 2.0 * std::sqrt(n) + 8.0; }

struct ReferenceValue {
  double value = 0;
  double bound = 0;  ///< largest |kernel - value| of a correct kernel
};

/// Element `index` of operand number `operand`.
struct OutputElement {
  std::size_t operand = 0;
  std::int64_t index = 0;
};

/// The memory of an op's operands in their order.
class OperandData {
 public:
  OperandData(std::vector<Operand> operands, std::vector<const void*> data)
      : operands_(std::move(operands)), data_(std::move(data)) {}

  /// Element `index` of operand number `operand`, as double.
  double at(std::size_t operand, std::int64_t index) const;
  const Operand& operand(std::size_t number) const { return operands_[number]; }
  std::size_t size() const { return operands_.size(); }
  std::size_t first_output() const { return vitgen::first_output(operands_); }
  /// Where element `index` is, if all outputs stood one after the other.
  OutputElement output_element(std::int64_t index) const;

 private:
  std::vector<Operand> operands_;
  std::vector<const void*> data_;
};

struct ReferenceEntry {
  std::string_view op;
  ReferenceValue (*value)(const OpSpec&, const OperandData&, std::int64_t index);
};

/// One entry per op.
std::span<const ReferenceEntry> all_references();

/// The output element at the flat `index` of a kernel called with `data`; several outputs count as
/// if they stood one after the other. Of the outputs in `data` only those before the element's own
/// are read: what is made of one is made of it as the kernel has stored it.
ReferenceValue reference(const OpSpec& spec, const OperandData& data, std::int64_t index);

template <class Spec>
ReferenceEntry reference_entry();

struct Comparison {
  std::int64_t checked = 0;
  std::int64_t failed = 0;
  double max_abs = 0;      ///< largest |kernel - reference|
  double max_ulp = 0;      ///< the same in units of the reference's last f32 place
  double worst_ratio = 0;  ///< largest error / bound; above 1 is a failure
  std::int64_t worst_index = -1;
  double worst_value = 0, worst_reference = 0, worst_bound = 0;
};

/// Compares a kernel's outputs with the reference. At most `samples` elements of each are looked
/// at, the first and last row among them, evenly spread otherwise (0: all).
Comparison compare(const OpSpec& spec, const OperandData& data, std::int64_t samples);

/// The same of these elements of the output.
Comparison compare_at(const OpSpec& spec, const OperandData& data,
                      std::span<const std::int64_t> indices);

}  // namespace vitgen
