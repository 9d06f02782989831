#include "tools/emit/arena_size.h"

#include <algorithm>

#include "runtime/arena.h"

namespace vitgen {
namespace {

/// The parts of a vitgen_table that the formula reads.
struct SizeTable {
  std::vector<std::vector<std::uint64_t>> shared, task;  ///< per kernel and machine
  std::vector<vitgen_kernel> kernels;
  std::vector<vitgen_bucket> buckets;
  std::vector<vitgen_port> outputs;
  vitgen_table table{};
};

void add_kernels(const LibraryRequest& request, SizeTable& sizes) {
  for (const LibraryKernel& kernel : request.kernels) {
    sizes.shared.emplace_back();
    sizes.task.emplace_back();
    for (const KernelVariant& variant : kernel.variants) {
      sizes.shared.back().push_back(variant.shared_scratch);
      sizes.task.back().push_back(variant.task_scratch);
    }
  }
  for (std::size_t k = 0; k < request.kernels.size(); ++k) {
    sizes.kernels.push_back({.name = nullptr,
                             .functions = nullptr,
                             .shared_scratch = sizes.shared[k].data(),
                             .task_scratch = sizes.task[k].data(),
                             .device = nullptr});
  }
}

void add_memory(const LibraryRequest& request, SizeTable& sizes) {
  for (const Plan& plan : request.plans) {
    vitgen_bucket bucket{};
    bucket.batch = static_cast<std::uint32_t>(plan.batch);
    bucket.arena_bytes = static_cast<std::uint64_t>(plan.arena_bytes);
    sizes.buckets.push_back(bucket);
  }
  for (const Port& port : request.plans.front().outputs) {
    vitgen_port out{};
    out.dtype = static_cast<vitgen_dtype>(port.dtype);
    out.dims = static_cast<std::uint8_t>(port.extents.size());
    std::ranges::copy(port.extents, out.extents);
    sizes.outputs.push_back(out);
  }
}

}  // namespace

ArenaSize arena_size(const LibraryRequest& request) {
  SizeTable sizes;
  add_kernels(request, sizes);
  add_memory(request, sizes);
  vitgen_table& table = sizes.table;
  table.isa_count = static_cast<std::uint32_t>(request.machines.size());
  table.kernels = sizes.kernels.data();
  table.kernel_count = static_cast<std::uint32_t>(sizes.kernels.size());
  table.buckets = sizes.buckets.data();
  table.bucket_count = static_cast<std::uint32_t>(sizes.buckets.size());
  table.outputs = sizes.outputs.data();
  table.output_count = static_cast<std::uint32_t>(sizes.outputs.size());

  ArenaSize size;
  for (const vitgen_bucket& bucket : sizes.buckets) {
    size.one_thread.push_back(rt::arena_layout(table, table.isa_count, 1, bucket.batch).total);
  }
  const auto two = rt::arena_layout(table, table.isa_count, 2, 1).total;
  size.each_further_thread = two - size.one_thread.front();
  return size;
}

}  // namespace vitgen
