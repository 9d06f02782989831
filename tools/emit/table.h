#pragma once
// The constant vitgen_table of a library, as an object file: what runtime/table.h describes.

#include <string>

#include "tools/emit/library.h"
#include "tools/emit/weights_file.h"

namespace vitgen {

/// NAME_k_<kernel>__<machine>: the symbol of a kernel inside the library.
std::string kernel_symbol(const LibraryRequest& request, const LibraryKernel& kernel,
                          std::size_t machine);

/// Position in request.kernels of the kernel that runs `spec`. Throws LIBRARY_REQUEST.
std::size_t kernel_index(const LibraryRequest& request, const OpSpec& spec);

/// What the table states besides the request.
struct TableFacts {
  std::string abi_hash;  ///< 64 hex digits
  WeightsLayout layout;
  Digest payload_hash{};
  std::string weights_symbol;  ///< of the embedded weights file; empty: not embedded
};

/// Defines NAME_rt_table (hidden) and NAME_abi_<first 12 digits> (visible), which lets the linker
/// notice a header of another library.
std::string table_object(const LibraryRequest& request, const TableFacts& facts);

}  // namespace vitgen
