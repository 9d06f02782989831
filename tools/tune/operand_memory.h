#pragma once
// The operands of one kernel, filled with made-up values.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "generators/base/op_spec.h"

namespace vitgen {

/// Where an operand lies in its pages.
enum class Placement {
  guard_after,   ///< ends where a page begins that cannot be touched
  guard_before,  ///< begins after such a page
  aligned        ///< as in a library's arena and weights
};

/// Pages of one operand between two that cannot be touched. Throws resources NOMEM.
class OperandPages {
 public:
  OperandPages(std::size_t bytes, Placement placement);
  OperandPages(OperandPages&& other) noexcept;
  OperandPages& operator=(OperandPages&& other) noexcept;
  ~OperandPages();

  void* data() const { return data_; }

 private:
  std::uint8_t* base_ = nullptr;
  std::size_t size_ = 0;
  std::uint8_t* data_ = nullptr;
};

struct OperandMemory {
  std::vector<Operand> operands;
  std::vector<OperandPages> pages;

  std::vector<void*> pointers() const;
  /// The bytes of all outputs, one after the other.
  std::string outputs() const;
};

/// Normally distributed numbers, or random bytes; NaN in the outputs, so that what a kernel leaves
/// unwritten shows. The same seed gives the same values at any place.
OperandMemory fill_operands(std::vector<Operand> operands, std::uint32_t seed, Placement placement);

/// Copies of the weights, the first included, that take about `bytes` together: at least one, at
/// most 256.
std::uint64_t weight_sets(const std::vector<Operand>& operands, std::uint64_t bytes);

/// Sets of pointers to the operands that differ in the weights: copies of them, so that all
/// together take about `bytes`.
struct RotatedWeights {
  std::vector<OperandPages> copies;
  std::vector<std::vector<void*>> sets;
};
RotatedWeights rotate_weights(const OperandMemory& memory, std::uint64_t bytes);

}  // namespace vitgen
