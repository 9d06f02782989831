#include "schedules/cuda/attention.h"

#include "schedules/rule.h"
#include "schedules/support/thread_registers.h"

namespace vitgen {

std::optional<QueryTile> CudaAttention::defaults(const AttentionSpec& spec,
                                                 const Machine& machine) {
  return best_query_tile(spec, machine);
}

std::vector<QueryTile> CudaAttention::space(const AttentionSpec& spec, const Machine& machine) {
  return query_tiles(spec, machine);
}

void CudaAttention::apply(Attention& op, const AttentionSpec& spec, const Machine& machine,
                          const QueryTile& knobs) {
  const std::string_view broken = broken_rule(spec, knobs, machine);
  require_knobs(broken.empty(), broken);
  put_attention_on_gpu(op, spec, knobs);
  op.algorithm.lowering_passes.push_back(thread_registers());
}

}  // namespace vitgen
