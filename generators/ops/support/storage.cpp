#include "generators/ops/support/storage.h"

#include "generators/ops/support/algorithm.h"

namespace vitgen {

using Halide::Expr;

namespace {

// By the bits, since Halide's own cast carries a NaN whose fraction is all ones, which is what GPUs
// compute, into the sign: minus zero.
Expr nearest_bf16(const Expr& x) {
  const Halide::Type word = Halide::UInt(32);
  const Expr bits = Halide::reinterpret(word, x);
  const Expr upper = bits >> 16;
  const Expr rounded = (bits + Halide::cast(word, 0x7fff) + (upper & 1)) >> 16;
  const Expr infinity = Halide::cast(word, 0x7f800000);
  const Expr quiet = upper | 0x40;  // a NaN whose payload is in the lower half must keep one
  const Expr is_nan = (bits & Halide::cast(word, 0x7fffffff)) > infinity;
  return Halide::cast(halide_type(DType::bf16), Halide::select(is_nan, quiet, rounded));
}

}  // namespace

Expr value_of(const Expr& element) {
  if (element.type() != halide_type(DType::bf16)) return Halide::cast<float>(element);
  return Halide::reinterpret<float>(Halide::cast<std::uint32_t>(element) << 16);
}

Expr stored(const Expr& x, DType storage) {
  if (storage == DType::bf16) return nearest_bf16(x);
  return Halide::cast(halide_type(storage), x);
}

}  // namespace vitgen
