#include "tools/vitgen/peak_kernels.h"

#include "schedules/microkernels/peak_code.h"

namespace vitgen {

namespace {

using microkernels::Element;
using microkernels::PeakCode;

PeakCode products(const Machine& machine, DType factors) {
  if (factors == DType::f32 || machine.tensor_products == 0) {
    return microkernels::multiply_add_peak();
  }
  const Element element = factors == DType::f16 ? Element::f16 : Element::bf16;
  return machine.warpgroup_products ? microkernels::warpgroup_peak(element)
                                    : microkernels::product_peak(element);
}

PeakKernel kernel_of(const PeakCode& code) {
  return {.ptx = code.ptx,
          .entry = code.entry,
          .threads = code.threads,
          .blocks = code.blocks,
          .shared_bytes = code.shared_bytes,
          .input_bytes = code.input_bytes,
          .work = code.work};
}

}  // namespace

GpuPeakKernels peak_kernels(const Machine& machine, DType factors) {
  const bool narrow = factors != DType::f32 && machine.tensor_products != 0;
  return {.factors = narrow ? factors : DType::f32,
          .products = kernel_of(products(machine, factors)),
          .reads = kernel_of(microkernels::read_peak())};
}

}  // namespace vitgen
