#pragma once
// for block, for element                    one thread for each,
// schedules/support/gpu_elementwise.h Bound: memory; one read and one write of the tokens; the
// positions of an image stay in L2.

#include "generators/ops/embedding_add.h"
#include "schedules/support/gpu_elementwise.h"

namespace vitgen {

struct CudaEmbeddingAdd : GpuElementwise<EmbeddingAddSpec> {
  static constexpr std::string_view name = "cuda/embedding_add";
};

}  // namespace vitgen
