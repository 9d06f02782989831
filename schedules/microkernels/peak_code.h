#pragma once
// Kernels that keep one part of a GPU busy and do nothing else: the roofs of a roofline. A launch
// says how many steps each block does, so that one text serves a window of any length.
//
// for block that shares a multiprocessor             as many as `blocks`, on each multiprocessor
//   factors in registers or shared memory            once
//   for step                                         `work` operations, or bytes, of a block
//     independent sums                               in registers: as many as hide the latency
//   the sum of a thread                              stored: it counts what was done
//
// multiply_add_peak  8 chains of fma.f32 in each of 1024 threads. Bound: 128 multiply-adds a cycle
//                    and multiprocessor (64 on capability 8.0), 4 cycles to the next of a chain
//                    (CUDA C++ Programming Guide, 8.4.1 and 8.2.3): 8 warps of 8 chains for each
//                    of four schedulers, where 4 would do.
// product_peak       8 products of mma.m16n8k16, two left factors by four right ones, in each of 16
//                    warps. Bound: 1024 multiply-adds a cycle and multiprocessor on capability 8.0
//                    (schedules/machines), 8 cycles of each of four tensor cores for a product;
//                    a sum waits some 33 cycles for the one before, and 32 products are in flight.
// warpgroup_peak     64 x 256 sums of wgmma in each of two warpgroups, from shared memory. Bound:
//                    2048 multiply-adds a cycle and multiprocessor on 9.0, 128 cycles for 16 terms:
//                    one multiplies 64 terms while the other waits for its sums. Factors are read
//                    at 80 of the 128 bytes a cycle that shared memory gives.
// read_peak          four loads of 16 bytes in flight in each of 2048 threads. Bound: the memory,
//                    or the L2 cache where `last` keeps it there; L1 is passed over (ld.cg). 128
//                    KiB in flight on a multiprocessor; 4.8 TB/s over 132 of them at 1 us need 36.

#include <cstddef>
#include <cstdint>
#include <string>

#include "schedules/microkernels/device_code.h"

namespace vitgen::microkernels {

/// The parameters of an entry: input, output {an f32, of read_peak a u32, for each thread of the
/// grid}, u32 steps >= 1; of read_peak then u32 `last`, the input's bytes less 1, a power of two
/// less 1.
struct PeakCode {
  std::string ptx;
  std::string entry;
  std::uint32_t threads = 32;      ///< of a block
  std::uint32_t blocks = 1;        ///< that share a multiprocessor
  std::uint32_t shared_bytes = 0;  ///< dynamic shared memory of a block
  /// Of the input. multiply_add_peak: factor, addend and the chains' beginnings, f32; products:
  /// elements; read_peak: at least so many.
  std::size_t input_bytes = 0;
  double work = 0;  ///< operations, 2 per multiply-add, or bytes that a block does in a step
};

PeakCode multiply_add_peak();
PeakCode product_peak(Element element);
/// Of sm_90a.
PeakCode warpgroup_peak(Element element);
PeakCode read_peak();

}  // namespace vitgen::microkernels
