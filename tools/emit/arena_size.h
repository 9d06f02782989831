#pragma once
// The working memory of a context, for the header: the runtime's own formula on the request's
// sizes.

#include <cstdint>
#include <vector>

#include "tools/emit/library.h"

namespace vitgen {

struct ArenaSize {
  std::vector<std::uint64_t> one_thread;  ///< bytes per batch bucket, as the largest in use
  std::uint64_t each_further_thread = 0;  ///< bytes
};

/// For the machine that needs most.
ArenaSize arena_size(const LibraryRequest& request);

}  // namespace vitgen
