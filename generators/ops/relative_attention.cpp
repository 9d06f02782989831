#include "generators/ops/relative_attention.h"

#include <algorithm>

#include "generators/ops/support/lanes.h"

namespace vitgen {

using Halide::cast;
using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::select;
using Halide::Var;

bool RelativeAttentionSpec::valid() const {
  if (!plain().valid() || skip < 0 || grid_w < 1 || tokens <= skip) return false;
  if ((tokens - skip) % grid_w != 0 || !buckets().valid() || on_v == Lookup::bias) return false;
  return are_extents({std::int64_t{tokens} * lane_blocks(tokens) * kLanes * buckets().tables(),
                      std::int64_t{padded_buckets(*this)} * head_size * heads,
                      // dr^2 + dc^2
                      std::int64_t{grid_h()} * grid_h() + std::int64_t{grid_w} * grid_w});
}

int padded_buckets(const RelativeAttentionSpec& spec) {
  return lane_blocks(spec.table_width()) * kLanes;
}

std::vector<Operand> operands(const RelativeAttentionSpec& spec) {
  std::vector<Operand> list = operands(spec.plain());
  const Operand output = list.back();
  list.pop_back();
  const auto add = [&](const char* name, Lookup lookup, std::vector<int> vectors) {
    if (lookup == Lookup::none) return;
    vectors.push_back(spec.table_sets());
    if (lookup == Lookup::bias) vectors = {spec.table_width(), spec.table_sets()};
    list.push_back({name, Role::weight, DType::f32, std::move(vectors)});
  };
  add("table_k", spec.on_k, {padded_buckets(spec), spec.head_size});
  add("table_q", spec.on_q, {padded_buckets(spec), spec.head_size});
  add("table_v", spec.on_v, {spec.head_size, spec.table_width()});
  list.push_back(output);
  return list;
}

double flops(const RelativeAttentionSpec& spec) {
  double products = 0;
  for (const Lookup lookup : {spec.on_q, spec.on_k, spec.on_v}) {
    if (lookup == Lookup::contextual) products += 2.0 * spec.table_width() * spec.width();
  }
  return flops(spec.plain()) + spec.batch * static_cast<double>(spec.tokens) * products;
}

namespace {

RelativeAttention declare(const RelativeAttentionSpec& spec) {
  return {.algorithm = {},
          .core = declare_attention(spec.plain()),
          .row_of = Func("row_of"),
          .column_of = Func("column_of"),
          .steps = Func("steps"),
          .ids = Func("ids"),
          .turned_ids = Func("turned_ids"),
          .lookup_k = Func("lookup_k"),
          .lookup_q = Func("lookup_q"),
          .terms = Func("terms"),
          .bucket_probs = Func("bucket_probs"),
          .bucket = Var("bucket"),
          .table = Var("table"),
          .x = Var("x"),
          .keys = RDom({{0, spec.tokens}, {0, spec.buckets().tables()}}, "keys"),
          .buckets = RDom(0, spec.table_width(), "buckets")};
}

/// A value that is known to be in 0 .. most, so that what it indexes has bounds.
Expr within(const Expr& value, int most) {
  return Halide::unsafe_promise_clamped(cast<int>(value), 0, most);
}

/// The fewer bytes the better: ids are read for every pair of every head. Reinterpreted, they have
/// no bounds that Halide knows of: it would hold every one that it reads to them.
Expr as_id(const RelativeAttentionSpec& spec, const Expr& id) {
  const int bits = spec.table_width() <= 256 ? 8 : 16;
  return Halide::reinterpret(Halide::UInt(bits), cast(Halide::Int(bits), id));
}

/// Where tokens stand, and how many thresholds a distance reaches.
void define_grid(RelativeAttention& op, const RelativeAttentionSpec& spec) {
  // Those before the grid stand for its first, those past the last token repeat it.
  const Expr point = Halide::clamp(op.x - spec.skip, 0, spec.tokens - spec.skip - 1);
  op.row_of(op.x) = point / spec.grid_w;
  op.column_of(op.x) = point % spec.grid_w;
  const PositionBuckets buckets = spec.buckets();
  const int rows = spec.grid_h() - 1;
  const int columns = spec.grid_w - 1;
  const int limit =
      buckets.of_squares() ? rows * rows + columns * columns : std::max(rows, columns);
  Expr reached = 0;
  for (const int threshold : buckets.thresholds(limit)) reached += cast<int>(op.x >= threshold);
  op.steps(op.x) = reached;
}

/// `id`, or the bucket of a query or a key before the grid.
Expr outside_or(const PositionBuckets& buckets, const Expr& query, const Expr& key,
                const Expr& id) {
  if (buckets.method != BucketMethod::exact) {
    return select(query || key, buckets.outside(true, true), id);
  }
  return select(query && key, buckets.outside(true, true), query, buckets.outside(true, false), key,
                buckets.outside(false, true), id);
}

/// The bucket of query and key in table op.table, beginning with that table's first column.
Expr id_of(const RelativeAttention& op, const RelativeAttentionSpec& spec, const Expr& query,
           const Expr& key) {
  const PositionBuckets buckets = spec.buckets();
  const int rows = spec.grid_h() - 1;
  const int columns = spec.grid_w - 1;
  const Expr dr = within(op.row_of(query), rows) - within(op.row_of(key), rows);
  const Expr dc = within(op.column_of(query), columns) - within(op.column_of(key), columns);
  const auto step = [&](const Expr& d) {
    const Expr size = op.steps(cast<int>(Halide::abs(d)));
    return select(d < 0, -size, size) + buckets.half();
  };
  Expr id;
  switch (buckets.method) {
    case BucketMethod::product:
      id = step(dr) * buckets.side() + step(dc);
      break;
    case BucketMethod::cross:
      id = select(op.table == 0, step(dr), step(dc));
      break;
    case BucketMethod::euclidean:
    case BucketMethod::quant:
      id = op.steps(dr * dr + dc * dc) + buckets.half();
      break;
    case BucketMethod::exact:
      id = (dr + rows) * (2 * columns + 1) + dc + columns;
      break;
  }
  if (spec.skip > 0) id = outside_or(buckets, query < spec.skip, key < spec.skip, id);
  return as_id(spec, buckets.tables() == 1 ? id : id + op.table * buckets.count(spec.skip > 0));
}

void define_ids(RelativeAttention& op, const RelativeAttentionSpec& spec) {
  const Attention& core = op.core;
  const Expr other = core.lane + core.block * kLanes;
  op.ids(core.lane, core.block, core.i, op.table) = id_of(op, spec, core.i, other);
  op.turned_ids(core.lane, core.block, core.i, op.table) = id_of(op, spec, other, core.i);
}

/// sum over channels of row(channel) table[h][bucket], for every bucket once.
void define_lookup(Func& lookup, const RelativeAttention& op, const RelativeAttentionSpec& spec,
                   const Var& token, const ImageParam& table, const Expr& row) {
  const Attention& core = op.core;
  const Expr set = spec.shared ? Expr(0) : Expr(core.h);
  lookup(op.bucket, token, core.h, core.b) = 0.0f;
  lookup(op.bucket, token, core.h, core.b) += row * table(op.bucket, core.rd, set);
}

struct Tables {
  ImageParam k, q, v;
};

/// Strict, or the compiler multiplies and adds in one step, or adds in another order.
void define_terms(RelativeAttention& op, const RelativeAttentionSpec& spec, const Tables& tables) {
  const Attention& core = op.core;
  const Expr set = spec.shared ? Expr(0) : Expr(core.h);
  const float factor = key_factor(spec.plain());
  Expr sum;
  const auto add = [&](const Func& ids, Lookup kind, const ImageParam& biases, auto lookup) {
    for (int table = 0; kind != Lookup::none && table < spec.buckets().tables(); ++table) {
      const Expr id = within(ids(core.lane, core.block, core.i, table), spec.table_width() - 1);
      Expr term;
      if (kind == Lookup::bias) {
        term = biases(id, set);
      } else {
        term = factor == 1.0f ? lookup(id) : lookup(id) * factor;
      }
      sum = sum.defined() ? sum + term : term;
    }
  };
  add(op.ids, spec.on_k, tables.k,
      [&](const Expr& id) { return Expr(op.lookup_k(id, core.i, core.h, core.b)); });
  const Expr key = Halide::min(core.lane + core.block * kLanes, spec.tokens - 1);
  add(op.turned_ids, spec.on_q, tables.q,
      [&](const Expr& id) { return Expr(op.lookup_q(id, key, core.h, core.b)); });
  op.terms(core.lane, core.block, core.i, core.h, core.b) =
      sum.defined() ? Halide::strict_float(sum) : Expr(0.0f);
}

/// Probabilities by bucket, and what they add to the output's sums.
void define_bucket_values(RelativeAttention& op, const RelativeAttentionSpec& spec,
                          const ImageParam& table) {
  Attention& core = op.core;
  const Expr j = op.keys.x;
  const Expr id = within(op.ids(j % kLanes, j / kLanes, core.i, op.keys.y), spec.table_width() - 1);
  op.bucket_probs(op.bucket, core.i, core.h, core.b) = 0.0f;
  op.bucket_probs(id, core.i, core.h, core.b) =
      Halide::strict_float(op.bucket_probs(id, core.i, core.h, core.b) +
                           core.probs(j % kLanes, j / kLanes, core.i, core.h, core.b));
  const Expr set = spec.shared ? Expr(0) : Expr(core.h);
  core.acc(core.d, core.i, core.h, core.b) +=
      op.bucket_probs(op.buckets, core.i, core.h, core.b) * table(core.d, op.buckets, set);
}

std::vector<Func> stages(const RelativeAttention& op, const RelativeAttentionSpec& spec) {
  std::vector<Func> list = {op.row_of, op.column_of};
  if (spec.method != BucketMethod::exact) list.push_back(op.steps);
  const bool by_key = spec.on_k != Lookup::none || spec.on_v != Lookup::none;
  if (by_key) list.push_back(op.ids);
  if (spec.on_q != Lookup::none) list.push_back(op.turned_ids);
  if (spec.on_k == Lookup::contextual) list.push_back(op.lookup_k);
  if (spec.on_q == Lookup::contextual) list.push_back(op.lookup_q);
  const Attention& core = op.core;
  for (const Func& stage : {op.terms, core.key_rows, core.keys, core.values, core.scores,
                            core.lane_max, core.row_max, core.probs, core.lane_sum, core.inv_sum}) {
    list.push_back(stage);
  }
  if (spec.on_v == Lookup::contextual) list.push_back(op.bucket_probs);
  list.push_back(core.acc);
  return list;
}

}  // namespace

std::vector<AttentionForm> forms(const RelativeAttentionSpec& spec) { return forms(spec.plain()); }

RelativeAttention define(const RelativeAttentionSpec& spec, AttentionForm form) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const auto argument = [&](Lookup lookup, const char* name) {
    return lookup == Lookup::none ? ImageParam() : arguments[operand_position(list, name)];
  };
  const Tables tables{argument(spec.on_k, "table_k"), argument(spec.on_q, "table_q"),
                      argument(spec.on_v, "table_v")};
  const ImageParam& qkv = arguments[0];
  RelativeAttention op = declare(spec);
  Attention& core = op.core;
  define_grid(op, spec);
  define_ids(op, spec);
  const Expr channel = core.h * spec.head_size + core.rd;
  if (spec.on_k == Lookup::contextual) {
    define_lookup(op.lookup_k, op, spec, core.i, tables.k,
                  value_of(qkv(channel, row_of(core.i, spec.plain(), form), core.b)));
  }
  if (spec.on_q == Lookup::contextual) {
    define_lookup(op.lookup_q, op, spec, core.j, tables.q,
                  value_of(qkv(spec.width() + channel, core.j, core.b)));
  }
  define_terms(op, spec, tables);
  define_scores(core, spec.plain(), qkv, op.terms(core.lane, core.block, core.i, core.h, core.b),
                form);
  define_softmax(core, spec.plain());
  define_values(core, spec.plain(), qkv, form);
  if (spec.on_v == Lookup::contextual) define_bucket_values(op, spec, tables.v);
  define_output(core, list.back());
  op.algorithm = {std::move(arguments), stages(op, spec), {core.output}};
  return op;
}

}  // namespace vitgen
