#pragma once
// Which tiles of a product a GPU is likely to be quick with. It leaves out none.

#include "tools/tune/tile_model.h"

namespace vitgen {

/// Only `cycles`: of a multiprocessor, for a useful multiply-add; 1 for knobs that are no tile.
TileEstimate estimate_device_tile(const OpSpec& spec, const Machine& machine, const Choice& choice);

}  // namespace vitgen
