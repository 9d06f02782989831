#pragma once
// How one context's block of memory is divided: activations, room for outputs that the caller does
// not want, then the scratch stacks of the workers. Every part starts at a multiple of
// VITGEN_ALIGNMENT.

#include "runtime/table.h"

namespace vitgen::rt {

/// Bytes of one element.
uint64_t dtype_bytes(vitgen_dtype dtype);

/// Bytes of one image of a port.
uint64_t port_bytes(const vitgen_port& port);

struct ArenaLayout {
  uint64_t outputs_begin;  ///< where the rooms of all outputs follow each other
  uint64_t scratch_begin;
  uint64_t first_scratch;  ///< of worker 0, which also runs what is outside of parallel loops
  uint64_t other_scratch;  ///< of each other worker
  uint64_t total;          ///< 0: the sizes overflow
  uint32_t bucket_count;   ///< usable buckets: batch <= max_batch
};

/// max_batch 0: the largest bucket. isa: a variant's number, or isa_count for the worst of them.
ArenaLayout arena_layout(const vitgen_table& table, uint32_t isa, uint64_t threads,
                         uint32_t max_batch);

/// Room of an output for the largest usable bucket.
uint64_t output_room(const vitgen_table& table, uint32_t output, uint32_t batch);

}  // namespace vitgen::rt
