#pragma once
// A micro-kernel as a function in this process, its tile instructions emulated.

#include <memory>

#include "schedules/microkernels/tile_product.h"

struct halide_buffer_t;

namespace vitgen::emulator {

/// c[i][j] = sum_k a[i][k] b[k][j]; strides as in define_tile_product.
using ProductFunction = void (*)(const void* a, const void* b, void* c, std::int64_t a_row,
                                 std::int64_t a_step, std::int64_t b_row, std::int64_t b_step,
                                 std::int64_t c_row);
/// What define_tile_stage makes.
using StageFunction = int (*)(halide_buffer_t* a, halide_buffer_t* b, halide_buffer_t* c);

/// Both functions for one shape, compiled for this CPU. They live as long as the object.
class EmulatedProduct {
 public:
  explicit EmulatedProduct(const microkernels::TileProduct& shape);
  ~EmulatedProduct();
  EmulatedProduct(EmulatedProduct&&) noexcept;

  ProductFunction product() const { return product_; }
  StageFunction stage() const { return stage_; }

 private:
  struct Code;
  std::unique_ptr<Code> code_;
  ProductFunction product_ = nullptr;
  StageFunction stage_ = nullptr;
};

}  // namespace vitgen::emulator
