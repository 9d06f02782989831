#include "schedules/microkernels/warpgroup_product.h"

#include "schedules/microkernels/nvptx.h"
#include "schedules/microkernels/product_epilogue.h"
#include "schedules/microkernels/tile_ring.h"
#include "schedules/microkernels/warp_maps.h"
#include "schedules/microkernels/warpgroup_code.h"

namespace vitgen::microkernels {

namespace {

constexpr const char* kEntry = "warpgroup_product";
constexpr int kThreads = 128;  ///< of a warpgroup

int groups(int extent, int size) { return (extent + size - 1) / size; }
RingShape ring_of(const WarpgroupTile& tile) {
  return {tile.block_m, tile.block_n, kWarpgroupDepth, tile.stages, threads_of(tile), true};
}

void build(KernelCode& code, const TensorProduct& product, const WarpgroupTile& tile) {
  FloatCode floats(code, product.element);
  ProductEpilogue epilogue(code, floats, product);
  const int across = groups(product.n, tile.block_n);
  const Index first_row = code.block() / across * tile.block_m;
  const Index first_column = code.block() % across * tile.block_n;
  const Index row = code.thread() / kThreads * kWarpgroupRows;
  TileRing ring(code, ring_of(tile), {code.parameter(0), product.rows, product.k}, first_row,
                {code.parameter(1), product.n, product.k}, first_column);
  ring.begin();
  const Index warp_row = code.thread() / kWarp % 4 * kProductRows;
  epilogue.prepare(first_row + row + warp_row, kProductRows);
  const KernelCode::Values zeros(static_cast<std::size_t>(sums_of(tile)), floats.constant(0.0));
  const auto sums =
      code.loop(ring.steps(), zeros, [&](Index step, const KernelCode::Values& before) {
        llvm::Value* stage = ring.await(step);
        auto begun =
            begin_warpgroup_product(code, product.element, tile.block_n, tile.block_n, before,
                                    code.at(stage, row * (kWarpgroupDepth * kElementBytes)),
                                    code.at(stage, left_bytes(ring_of(tile))));
        ring.refill(step);
        // That of the step before: after the next barrier its stage can be filled.
        wait_for_warpgroup_products(code, 1);
        return begun;
      });
  epilogue.store({first_row + row + warp_row, first_column}, kProductRows, tile.block_n,
                 finish_warpgroup_products(code, sums));
  code.finish();
}

}  // namespace

bool is_legal(const WarpgroupTile& tile) {
  return tile.block_m >= kWarpgroupRows && tile.block_m % kWarpgroupRows == 0 &&
         tile.block_n >= kColumnGroup && tile.block_n % kColumnGroup == 0 && tile.block_n <= 256 &&
         tile.stages >= 3 && tile.blocks >= 1 &&
         tile.block_n % (threads_of(tile) / (kWarpgroupDepth / kChunk)) == 0;
}

int threads_of(const WarpgroupTile& tile) { return tile.block_m / kWarpgroupRows * kThreads; }

int sums_of(const WarpgroupTile& tile) { return kWarpgroupRows * tile.block_n / kThreads; }

int registers_of(const WarpgroupTile& tile) {
  constexpr int kOthers = 48;  // addresses
  return sums_of(tile) + kOthers;
}

int shared_bytes(const WarpgroupTile& tile) { return tile.stages * stage_bytes(ring_of(tile)); }

DeviceCode warpgroup_product(const TensorProduct& product, const WarpgroupTile& tile) {
  llvm::LLVMContext context;
  const auto module = nvptx_module(context, DeviceArchitecture::sm_90a);
  KernelCode code(*module,
                  {kEntry, ProductEpilogue::parameters(product), threads_of(tile), tile.blocks});
  build(code, product, tile);
  const int blocks = groups(product.rows, tile.block_m) * groups(product.n, tile.block_n);
  return {ptx(*module, DeviceArchitecture::sm_90a), kEntry, static_cast<std::uint32_t>(blocks),
          static_cast<std::uint32_t>(threads_of(tile)),
          static_cast<std::uint32_t>(shared_bytes(tile))};
}

}  // namespace vitgen::microkernels
