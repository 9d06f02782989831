#include "schedules/microkernels/product_epilogue.h"

#include "schedules/microkernels/activation_code.h"

namespace vitgen::microkernels {

using llvm::Value;

namespace {

constexpr int kF32Bytes = 4;

/// Numbers of the parameters after x and w; those that the product lacks are never asked for.
struct Parameters {
  explicit Parameters(const TensorProduct& product) {
    const auto take = [this](bool has) { return has ? count++ : -1; };
    bias = take(product.bias);
    column_sums = take(product.normalized);
    residual = take(product.residual);
    input_statistics = take(product.normalized);
    output = take(true);
    statistics = take(product.statistics);
  }
  int count = 2;
  int bias, column_sums, residual, input_statistics, output, statistics;
};

}  // namespace

int ProductEpilogue::parameters(const TensorProduct& product) { return Parameters(product).count; }

ProductEpilogue::ProductEpilogue(KernelCode& code, FloatCode& floats, const TensorProduct& product)
    : code_(code),
      floats_(floats),
      ir_(code.ir()),
      statistics_(code, floats),
      product_(product),
      whole_chunks_(product.n % kChunk == 0) {}

SumsOfRow ProductEpilogue::elements(int parameter, Index column) {
  SumsOfRow values;
  Value* start = code_.parameter(parameter);
  if (!whole_chunks_) {
    for (int e = 0; e < kChunk; ++e) {
      Value* where = code_.at(start, (column + e).at_most(product_.n - 1) * kF32Bytes);
      values[static_cast<std::size_t>(e)] = code_.load(ir_.getFloatTy(), where, kF32Bytes);
    }
    return values;
  }
  Value* where = code_.at(start, column.at_most(product_.n - kChunk) * kF32Bytes);
  auto* four = llvm::FixedVectorType::get(ir_.getFloatTy(), 4);
  for (std::size_t half = 0; half < 2; ++half) {
    const auto offset = static_cast<std::int64_t>(half) * kChunkBytes;
    Value* loaded = code_.load(four, code_.at(where, offset), kChunkBytes);
    for (std::size_t e = 0; e < 4; ++e) values[4 * half + e] = ir_.CreateExtractElement(loaded, e);
  }
  return values;
}

std::vector<Index> ProductEpilogue::rows_from(Index first_row, int rows) {
  const Index lane = code_.thread() % kWarp;
  std::vector<Index> held;
  for (int row = 0; row < rows; row += kMatrixRows) {
    held.push_back(first_row + sum_place(lane, 0).row + row);
  }
  return held;
}

void ProductEpilogue::prepare(Index first_row, int rows) {
  moments_.resize(static_cast<std::size_t>(rows / kMatrixRows));
  if (!product_.normalized) return;
  Value* start = code_.parameter(Parameters(product_).input_statistics);
  moments_ = statistics_.moments({start, product_.rows, product_.k}, rows_from(first_row, rows),
                                 product_.eps);
}

void ProductEpilogue::store(const Place<Index>& first, int rows, int columns,
                            const KernelCode::Values& sums) {
  if (moments_.empty()) prepare(first.row, rows);
  const Parameters parameters(product_);
  const Index lane = code_.thread() % kWarp;
  const std::vector<Index> held = rows_from(first.row, rows);
  const int products = columns / kProductColumns;
  for (int group = 0; group < columns; group += kColumnGroup) {
    const Index column = first.column + group + lane % 4 * kChunk;
    ColumnValues values;
    if (product_.bias) values.bias = elements(parameters.bias, column);
    if (product_.normalized) values.sums = elements(parameters.column_sums, column);
    for (int half = 0; half < rows / kMatrixRows; ++half) {
      SumsOfRow row;
      for (int e = 0; e < kChunk; ++e) {
        const int product = half / 2 * products + group / kProductColumns + e / 2;
        row[static_cast<std::size_t>(e)] =
            sums[static_cast<std::size_t>(4 * product + half % 2 * 2 + e % 2)];
      }
      const auto h = static_cast<std::size_t>(half);
      store_row(held[h], column, row, values, moments_[h]);
    }
  }
  moments_.clear();
}

SumsOfRow ProductEpilogue::finish(const SumsOfRow& sums, const ColumnValues& columns,
                                  const RowMoments& moments) {
  SumsOfRow values;
  for (std::size_t e = 0; e < sums.size(); ++e) {
    Value* sum = sums[e];
    if (product_.normalized) {
      sum = floats_.multiply_add(ir_.CreateFNeg(moments.mean), columns.sums[e], sum);
      sum = product_.bias ? floats_.multiply_add(sum, moments.inv_std, columns.bias[e])
                          : ir_.CreateFMul(sum, moments.inv_std);
    } else if (product_.bias) {
      sum = ir_.CreateFAdd(sum, columns.bias[e]);
    }
    values[e] = activate(floats_, ir_, sum, product_.activation);
  }
  return values;
}

void ProductEpilogue::store_row(Index row, Index column, const SumsOfRow& sums,
                                const ColumnValues& columns, const RowMoments& moments) {
  SumsOfRow values = finish(sums, columns, moments);
  if (product_.residual) add_residual(values, row, column);
  const Pairs stored = packed(values);
  if (product_.statistics) store_statistics(row, column, stored);
  if (!whole_chunks_) {
    store_elements(row, column, values);
    return;
  }
  Value* inside = ir_.CreateAnd(row.below(product_.rows), column.below(product_.n));
  code_.when(inside, [&] {
    const int output = Parameters(product_).output;
    if (product_.f32_output) {
      store_f32(address(output, row, column, kF32Bytes), values);
    } else {
      store_chunk(address(output, row, column, kElementBytes), stored);
    }
  });
}

Value* ProductEpilogue::address(int parameter, Index row, Index column, int bytes) {
  Value* start = code_.at_row(code_.parameter(parameter), row, std::int64_t{product_.n} * bytes);
  return code_.at(start, column * bytes);
}

// Places past the edge read what is inside: only stores are guarded.
void ProductEpilogue::add_residual(SumsOfRow& values, Index row, Index column) {
  const int parameter = Parameters(product_).residual;
  const Index inside = row.at_most(product_.rows - 1);
  if (!whole_chunks_) {  // rows begin at any element
    for (std::size_t e = 0; e < values.size(); ++e) {
      const Index at = (column + static_cast<int>(e)).at_most(product_.n - 1);
      Value* bits = code_.load(ir_.getInt16Ty(), address(parameter, inside, at, kElementBytes),
                               kElementBytes);
      Value* value = floats_.unpack(ir_.CreateZExt(bits, ir_.getInt32Ty()))[0];
      values[e] = ir_.CreateFAdd(values[e], value);
    }
    return;
  }
  auto* pairs = llvm::FixedVectorType::get(ir_.getInt32Ty(), kChunk / 2);
  const Index at = column.at_most(product_.n - kChunk);
  Value* loaded = code_.load(pairs, address(parameter, inside, at, kElementBytes), kChunkBytes);
  for (std::size_t e = 0; e < values.size(); e += 2) {
    const auto both = floats_.unpack(ir_.CreateExtractElement(loaded, e / 2));
    values[e] = ir_.CreateFAdd(values[e], both[0]);
    values[e + 1] = ir_.CreateFAdd(values[e + 1], both[1]);
  }
}

ProductEpilogue::Pairs ProductEpilogue::packed(const SumsOfRow& values) {
  Pairs pairs;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    pairs[p] = floats_.pack(values[2 * p], values[2 * p + 1]);
  }
  return pairs;
}

// Of the values as they are stored.
void ProductEpilogue::store_statistics(Index row, Index column, const Pairs& elements) {
  SumsOfRow values;
  for (std::size_t p = 0; p < elements.size(); ++p) {
    const auto both = floats_.unpack(elements[p]);
    values[2 * p] = both[0];
    values[2 * p + 1] = both[1];
  }
  Value* start = code_.parameter(Parameters(product_).statistics);
  statistics_.store({start, product_.rows, product_.n}, row, column, values);
}

void ProductEpilogue::store_chunk(Value* where, const Pairs& elements) {
  auto* type = llvm::FixedVectorType::get(ir_.getInt32Ty(), kChunk / 2);
  Value* chunk = llvm::PoisonValue::get(type);
  for (std::size_t p = 0; p < elements.size(); ++p) {
    chunk = ir_.CreateInsertElement(chunk, elements[p], p);
  }
  code_.store(chunk, where, kChunkBytes);
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
  const int output = Parameters(product_).output;
  for (std::size_t e = 0; e < values.size(); ++e) {
    const Index at = column + static_cast<int>(e);
    code_.when(ir_.CreateAnd(row.below(product_.rows), at.below(product_.n)), [&] {
      if (product_.f32_output) {
        code_.store(values[e], address(output, row, at, kF32Bytes), kF32Bytes);
      } else {
        Value* bits = ir_.CreateTrunc(floats_.pack(values[e], values[e]), ir_.getInt16Ty());
        code_.store(bits, address(output, row, at, kElementBytes), kElementBytes);
      }
    });
  }
}

}  // namespace vitgen::microkernels
