#pragma once

#include "generators/plan/plan.h"

namespace vitgen {

/// In 16 bits a patch embedding becomes the patches' pixels as rows, which are written once, and a
/// linear of them: what computes linears, such as tensor cores, reads both factors as matrices.
/// Rows end with zeros up to whole pieces of 16 bytes. In f32 the embedding stays: gathered where
/// it is multiplied, it writes no rows. Without the pass a CPU computes 16-bit embeddings by
/// fallback.
void patches_into_linear(Plan& plan);

}  // namespace vitgen
