#include "schedules/microkernels/product_epilogue.h"

#include "schedules/microkernels/activation_code.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

constexpr int kF32Bytes = 4;
// Parameters: x, w, then those that the product has.
constexpr int kBias = 2;

int residual_parameter(const TensorProduct& product) { return kBias + (product.bias ? 1 : 0); }
int output_parameter(const TensorProduct& product) {
  return residual_parameter(product) + (product.residual ? 1 : 0);
}

}  // namespace

int ProductEpilogue::parameters(const TensorProduct& product) {
  return output_parameter(product) + 1;
}

ProductEpilogue::ProductEpilogue(KernelCode& code, FloatCode& floats, const TensorProduct& product)
    : code_(code),
      floats_(floats),
      ir_(code.ir()),
      product_(product),
      whole_chunks_(product.n % kChunk == 0) {}

SumsOfRow ProductEpilogue::bias_of(Index column) {
  SumsOfRow bias;
  bias.fill(floats_.constant(0.0));
  if (!product_.bias) return bias;
  Value* start = code_.parameter(kBias);
  if (!whole_chunks_) {
    for (int e = 0; e < kChunk; ++e) {
      Value* where = code_.at(start, (column + e).at_most(product_.n - 1) * kF32Bytes);
      bias[static_cast<std::size_t>(e)] = code_.load(ir_.getFloatTy(), where, kF32Bytes);
    }
    return bias;
  }
  Value* where = code_.at(start, column.at_most(product_.n - kChunk) * kF32Bytes);
  auto* four = llvm::FixedVectorType::get(ir_.getFloatTy(), 4);
  for (std::size_t half = 0; half < 2; ++half) {
    const auto offset = static_cast<std::int64_t>(half) * kChunkBytes;
    Value* loaded = code_.load(four, code_.at(where, offset), kChunkBytes);
    for (std::size_t e = 0; e < 4; ++e) bias[4 * half + e] = ir_.CreateExtractElement(loaded, e);
  }
  return bias;
}

void ProductEpilogue::store(const Place<Index>& first, int rows, int columns,
                            const KernelCode::Values& sums) {
  const Index lane = code_.thread() % kWarp;
  const Index first_row = first.row + sum_place(lane, 0).row;
  const int products = columns / kProductColumns;
  for (int group = 0; group < columns; group += kColumnGroup) {
    const Index column = first.column + group + lane % 4 * kChunk;
    const SumsOfRow bias = bias_of(column);
    for (int half = 0; half < rows / kMatrixRows; ++half) {
      SumsOfRow row;
      for (int e = 0; e < kChunk; ++e) {
        const int product = half / 2 * products + group / kProductColumns + e / 2;
        row[static_cast<std::size_t>(e)] =
            sums[static_cast<std::size_t>(4 * product + half % 2 * 2 + e % 2)];
      }
      store_row(first_row + half * kMatrixRows, column, row, bias);
    }
  }
}

void ProductEpilogue::store_row(Index row, Index column, const SumsOfRow& sums,
                                const SumsOfRow& bias) {
  SumsOfRow values;
  for (std::size_t e = 0; e < sums.size(); ++e) {
    Value* sum = product_.bias ? ir_.CreateFAdd(sums[e], bias[e]) : sums[e];
    values[e] = activate(floats_, ir_, sum, product_.activation);
  }
  if (!whole_chunks_) {
    store_elements(row, column, values);
    return;
  }
  Value* inside = ir_.CreateAnd(row.below(product_.rows), column.below(product_.n));
  code_.when(inside, [&] { store_chunk(row, column, values); });
}

Value* ProductEpilogue::address(int parameter, Index row, Index column, int bytes) {
  Value* start = code_.at_row(code_.parameter(parameter), row, std::int64_t{product_.n} * bytes);
  return code_.at(start, column * bytes);
}

void ProductEpilogue::store_chunk(Index row, Index column, SumsOfRow values) {
  auto* pairs = llvm::FixedVectorType::get(ir_.getInt32Ty(), kChunk / 2);
  if (product_.residual) {
    Value* loaded = code_.load(
        pairs, address(residual_parameter(product_), row, column, kElementBytes), kChunkBytes);
    for (std::size_t e = 0; e < values.size(); e += 2) {
      const auto both = floats_.unpack(ir_.CreateExtractElement(loaded, e / 2));
      values[e] = ir_.CreateFAdd(values[e], both[0]);
      values[e + 1] = ir_.CreateFAdd(values[e + 1], both[1]);
    }
  }
  const int bytes = product_.f32_output ? kF32Bytes : kElementBytes;
  Value* where = address(output_parameter(product_), row, column, bytes);
  if (product_.f32_output) {
    store_f32(where, values);
    return;
  }
  Value* packed = llvm::PoisonValue::get(pairs);
  for (std::size_t e = 0; e < values.size(); e += 2) {
    packed = ir_.CreateInsertElement(packed, floats_.pack(values[e], values[e + 1]), e / 2);
  }
  code_.store(packed, where, kChunkBytes);
}

void ProductEpilogue::store_f32(Value* where, const SumsOfRow& values) {
  auto* four = llvm::FixedVectorType::get(ir_.getFloatTy(), 4);
  for (std::size_t half = 0; half < 2; ++half) {
    Value* packed = llvm::PoisonValue::get(four);
    for (std::size_t e = 0; e < 4; ++e) {
      packed = ir_.CreateInsertElement(packed, values[4 * half + e], e);
    }
    const auto offset = static_cast<std::int64_t>(half) * kChunkBytes;
    code_.store(packed, code_.at(where, offset), kChunkBytes);
  }
}

// Rows of such an output begin at any element.
void ProductEpilogue::store_elements(Index row, Index column, const SumsOfRow& values) {
  for (std::size_t e = 0; e < values.size(); ++e) {
    const Index at = column + static_cast<int>(e);
    code_.when(ir_.CreateAnd(row.below(product_.rows), at.below(product_.n)), [&] {
      Value* value = values[e];
      if (product_.residual) {
        Value* bits = code_.load(ir_.getInt16Ty(),
                                 address(residual_parameter(product_), row, at, kElementBytes),
                                 kElementBytes);
        value = ir_.CreateFAdd(value, floats_.unpack(ir_.CreateZExt(bits, ir_.getInt32Ty()))[0]);
      }
      if (product_.f32_output) {
        code_.store(value, address(output_parameter(product_), row, at, kF32Bytes), kF32Bytes);
      } else {
        Value* bits = ir_.CreateTrunc(floats_.pack(value, value), ir_.getInt16Ty());
        code_.store(bits, address(output_parameter(product_), row, at, kElementBytes),
                    kElementBytes);
      }
    });
  }
}

}  // namespace vitgen::microkernels
