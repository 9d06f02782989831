#pragma once
// The one wrapper between Halide's buffers and a micro-kernel.

#include <llvm/IR/Module.h>

#include <string>

#include "schedules/microkernels/tile_product.h"

namespace vitgen::microkernels {

/// Adds to `module` what an extern stage of Halide calls:
///   int symbol(halide_buffer_t* a, halide_buffer_t* b, halide_buffer_t* c)
///     a: bf16 {32, rows, groups of channels}, b: bf16 {2, panel, pairs of channels, panels},
///     c: f32 {columns, rows}
/// A query for bounds returns 0 and changes nothing. A buffer c of another shape than `shape`, with
/// gaps between its columns, or over the edge of a panel gives a result other than 0. `product`
/// becomes internal.
void define_tile_stage(llvm::Module& module, const std::string& symbol, llvm::Function* product,
                       const TileProduct& shape);

}  // namespace vitgen::microkernels
