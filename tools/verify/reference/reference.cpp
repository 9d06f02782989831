#include "tools/verify/reference/reference.h"

#include <algorithm>
#include <numeric>

#include "generators/weights/float_bits.h"

namespace vitgen {

double OperandData::at(std::size_t operand, std::int64_t index) const {
  const auto i = static_cast<std::size_t>(index);
  switch (operands_[operand].dtype) {
    case DType::f32:
      return static_cast<const float*>(data_[operand])[i];
    case DType::u8:
      return static_cast<const std::uint8_t*>(data_[operand])[i];
    case DType::i32:
      return static_cast<const std::int32_t*>(data_[operand])[i];
    case DType::bf16:
      return bf16_to_f32(static_cast<const std::uint16_t*>(data_[operand])[i]);
    case DType::f16:
      return f16_to_f32(static_cast<const std::uint16_t*>(data_[operand])[i]);
  }
  return 0;
}

OutputElement OperandData::output_element(std::int64_t index) const {
  OutputElement at{first_output(), index};
  while (at.index >= operand(at.operand).elements()) at.index -= operand(at.operand++).elements();
  return at;
}

ReferenceValue reference(const OpSpec& spec, const OperandData& data, std::int64_t index) {
  for (const ReferenceEntry& entry : all_references()) {
    if (entry.op == spec.op) return entry.value(spec, data, index);
  }
  throw Error(ExitCode::internal, "UNKNOWN_OP", "no reference for op " + spec.op);
}

namespace {

// A prime step visits all columns and rows in turn instead of a few columns again and again.
std::vector<std::int64_t> sample_indices(std::int64_t total, std::int64_t row,
                                         std::int64_t samples) {
  std::vector<std::int64_t> indices;
  if (samples <= 0 || samples >= total) {
    indices.resize(static_cast<std::size_t>(total));
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
  }
  const std::int64_t edge = std::min(row, samples / 4);
  for (std::int64_t i = 0; i < edge; ++i) indices.insert(indices.end(), {i, total - 1 - i});
  constexpr std::int64_t kPrime = 1000003;
  std::int64_t at = 0;
  while (static_cast<std::int64_t>(indices.size()) < samples) {
    at = (at + kPrime) % total;
    indices.push_back(at);
  }
  return indices;
}

double ulp_of(double value) {
  const auto single = std::abs(static_cast<float>(value));
  return static_cast<double>(std::nextafter(single, INFINITY)) - static_cast<double>(single);
}

void add_element(Comparison& result, std::int64_t index, double got, const ReferenceValue& want) {
  ++result.checked;
  const bool both_nan = std::isnan(got) && std::isnan(want.value);
  const double error = both_nan || got == want.value ? 0.0 : std::abs(got - want.value);
  // Not `error > bound`: a NaN on one side only must fail.
  const bool ok = error <= want.bound;
  if (!ok) ++result.failed;
  result.max_abs = std::max(result.max_abs, std::isnan(error) ? INFINITY : error);
  result.max_ulp = std::max(result.max_ulp, error / ulp_of(want.value));
  const double ratio = error == 0 ? 0
                       : ok       ? error / want.bound
                                  : std::max(error / want.bound, 1.001);
  if (result.worst_index < 0 || ratio > result.worst_ratio || std::isnan(ratio)) {
    result.worst_ratio = std::isnan(ratio) ? INFINITY : ratio;
    result.worst_index = index;
    result.worst_value = got;
    result.worst_reference = want.value;
    result.worst_bound = want.bound;
  }
}

}  // namespace

Comparison compare(const OpSpec& spec, const OperandData& data, std::int64_t samples) {
  std::vector<std::int64_t> indices;
  std::int64_t before = 0;  // elements of the outputs before this one
  for (std::size_t o = data.first_output(); o < data.size(); ++o) {
    const Operand& out = data.operand(o);
    for (const std::int64_t index : sample_indices(out.elements(), out.extents[0], samples)) {
      indices.push_back(before + index);
    }
    before += out.elements();
  }
  return compare_at(spec, data, indices);
}

Comparison compare_at(const OpSpec& spec, const OperandData& data,
                      std::span<const std::int64_t> indices) {
  Comparison result;
  for (const std::int64_t index : indices) {
    const OutputElement at = data.output_element(index);
    add_element(result, index, data.at(at.operand, at.index), reference(spec, data, index));
  }
  return result;
}

}  // namespace vitgen
