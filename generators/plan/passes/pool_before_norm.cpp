#include "generators/plan/passes/pool_before_norm.h"

#include "generators/ops/layer_norm.h"
#include "generators/ops/pool.h"
#include "generators/plan/passes/readers.h"

namespace vitgen {

namespace {

bool selects_tokens(const Step& pool) {
  if (pool.spec.op != PoolSpec::op) return false;
  const Pooling pooling = typed_spec<PoolSpec>(pool.spec).pooling;
  return pooling == Pooling::token || pooling == Pooling::two_tokens;
}

}  // namespace

void pool_before_norm(Plan& plan) {
  for (std::size_t s = 0; s + 1 < plan.steps.size(); ++s) {
    Step& norm = plan.steps[s];
    Step& pool = plan.steps[s + 1];
    const Slot normed = norm.slots.back();
    if (norm.spec.op != LayerNormSpec::op || !selects_tokens(pool)) continue;
    if (pool.slots[0] != normed || normed.kind != SlotKind::arena ||
        readers(plan, normed).size() != 1) {
      continue;
    }
    const PoolSpec pooling = typed_spec<PoolSpec>(pool.spec);
    LayerNormSpec rows = typed_spec<LayerNormSpec>(norm.spec);
    rows.rows = pooling.batch * pooling.out_width() / pooling.width;
    norm.spec = op_spec(rows);
    // The buffer between the two now holds the pooled rows.
    plan.buffers[static_cast<std::size_t>(normed.index)].bytes = operands(pooling).back().bytes();
    pool.slots[0] = norm.slots[0];
    norm.slots[0] = normed;
    norm.slots.back() = pool.slots.back();
    pool.slots.back() = normed;
    std::swap(norm, pool);
  }
}

}  // namespace vitgen
