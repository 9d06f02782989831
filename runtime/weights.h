#pragma once
// The weights file: opened, checked against the library's table and mapped read-only.

#include <stddef.h>
#include <stdint.h>

#include "runtime/table.h"
#include "runtime/text.h"

namespace vitgen::rt {

struct Weights {
  const uint8_t* base = nullptr;
  size_t mapped_bytes = 0;  ///< 0: not ours to unmap
};

/// All return a code of the API (OK, IO, WEIGHTS, ARG) and say in `why` what differs.
/// `flags` are those of vitgen_api_options.
int weights_open(const vitgen_table& table, const char* path, uint32_t flags, Weights& weights,
                 Text& why);
int weights_in_memory(const vitgen_table& table, const void* memory, size_t bytes, uint32_t flags,
                      Weights& weights, Text& why);
void weights_close(Weights& weights);

/// Does a header belong to this table and to a file of `file_bytes`? Content is not read.
int weights_check_header(const vitgen_table& table, const vitgen_weights_header& header,
                         uint64_t file_bytes, Text& why);

}  // namespace vitgen::rt
