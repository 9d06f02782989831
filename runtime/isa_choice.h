#pragma once
// Which of a library's variants runs here.

#include "runtime/api.h"
#include "runtime/cuda_model.h"
#include "runtime/table.h"
#include "runtime/text.h"

namespace vitgen::rt {

struct IsaChoice {
  uint32_t isa;     ///< into vitgen_table::isas
  CudaModel* cuda;  ///< of a variant for GPUs, with its code loaded and without weights
};

/// The variant options.isa, or else the first that can run: OK, or E_ISA, E_DEVICE or what opening
/// a GPU gives, with the reason.
int choose_isa(const vitgen_table& table, const vitgen_api_options& options, IsaChoice& choice,
               Text& why);

}  // namespace vitgen::rt
