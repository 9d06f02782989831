#include "generators/ops/linear.h"

#include "generators/ops/support/microkernel_stage.h"

namespace vitgen {

using Halide::cast;
using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

int panel_width(int n) {
  int best = kMaxPanel;
  for (const int width : {32, 16}) {
    if (padded(n, width) < padded(n, best)) best = width;
  }
  return best;
}

int padded(int n, int panel) { return (n + panel - 1) / panel * panel; }

namespace {

int columns(const LinearSpec& spec) { return padded(spec.n, spec.panel); }

Operand weight_operand(const LinearSpec& spec) {
  if (spec.storage != DType::f32) return {"weight", Role::weight, spec.storage, {spec.k, spec.n}};
  const int panels = columns(spec) / spec.panel;
  if (spec.compute == Compute::f32) {
    return {"weight", Role::weight, DType::f32, {spec.panel, spec.k, panels}};
  }
  const int pairs = padded(spec.k, kTileDepth) / 2;
  return {"weight", Role::weight, DType::bf16, {2, spec.panel, pairs, panels}};
}

/// The op's arguments by name; absent ones are undefined.
struct Arguments {
  explicit Arguments(const std::vector<Operand>& list) {
    for (std::size_t p = 0; p < first_output(list); ++p) {
      all.push_back(image_param(list[p]));
      if (list[p].name == "bias") bias = all.back();
      if (list[p].name == "column_sums") column_sums = all.back();
      if (list[p].name == "residual") residual = all.back();
      if (list[p].name == "input_statistics") statistics = all.back();
    }
    input = all[0];
    weight = all[1];
  }
  std::vector<ImageParam> all;
  ImageParam input, weight, bias, column_sums, residual, statistics;
};

Expr input_value(const LinearSpec& spec, const ImageParam& input, const Expr& k, const Expr& i) {
  const Expr value = value_of(input(k, i));
  if (spec.compute == Compute::f32) return value;
  return value_of(stored(value, DType::bf16));
}

Expr weight_value(const LinearSpec& spec, const ImageParam& weight, const Expr& k, const Expr& j) {
  if (spec.storage != DType::f32) return value_of(weight(k, j));
  if (spec.compute == Compute::f32) return weight(j % spec.panel, k, j / spec.panel);
  return value_of(weight(k % 2, j % spec.panel, k / 2, j / spec.panel));
}

Expr bias_value(const Arguments& arguments, const Expr& j) {
  return arguments.bias.defined() ? Expr(arguments.bias(j)) : Expr(0.0f);
}

/// What a chain of products begins with.
Expr first_term(const LinearSpec& spec, const Arguments& arguments, const Expr& j) {
  return spec.normalized ? Expr(0.0f) : bias_value(arguments, j);
}

void define_plain(Linear& op, const LinearSpec& spec, const Arguments& arguments) {
  op.acc(op.j, op.i) = first_term(spec, arguments, op.j);
  op.acc(op.j, op.i) += input_value(spec, arguments.input, op.k, op.i) *
                        weight_value(spec, arguments.weight, op.k, op.j);
  op.algorithm.stages = {op.acc};
}

void define_clamped_tiles(Linear& op, const LinearSpec& spec, const Arguments& arguments) {
  const Expr c = min(op.c, spec.k - 1);
  const Expr j = min(op.j, columns(spec) - 1);
  op.input_tile = Func("input_tile");
  op.weight_tile = Func("weight_tile");
  op.input_tile(op.c, op.i) = input_value(spec, arguments.input, c, min(op.i, spec.rows - 1));
  op.weight_tile(op.j, op.c) = weight_value(spec, arguments.weight, c, j);
  op.acc(op.j, op.i) = first_term(spec, arguments, j);
  op.acc(op.j, op.i) += op.input_tile(op.k, op.i) * op.weight_tile(op.j, op.k);
  op.algorithm.stages = {op.input_tile, op.weight_tile, op.acc};
}

void define_microkernel_tiles(Linear& op, const LinearSpec& spec, const Arguments& arguments,
                              int rows_of_call) {
  const Microkernel microkernel{.symbol = "vitgen_microkernel",
                                .rows = rows_of_call == 0 ? spec.rows : rows_of_call,
                                .k = padded(spec.k, kTileDepth),
                                .panel = spec.panel};
  const Expr k = op.t * kTileDepth + op.c;
  const Expr value = cast(Halide::BFloat(16), arguments.input(min(k, spec.k - 1), op.i));
  op.packed = Func("packed");
  op.packed(op.c, op.i, op.t) =
      spec.k % kTileDepth == 0 ? value : select(k < spec.k, value, cast(Halide::BFloat(16), 0.0f));
  op.acc = microkernel_stage(microkernel, op.packed, arguments.weight, op.j, op.i);
  op.algorithm.stages = {op.packed, op.acc};
  op.algorithm.microkernels = {microkernel};
}

void add_stages(Algorithm& algorithm, const std::vector<Func>& stages) {
  algorithm.stages.insert(algorithm.stages.end(), stages.begin(), stages.end());
}

/// The sum of products with normalised rows, and the bias; strict, as it is the same in all forms.
Expr normalized_sum(Linear& op, const LinearSpec& spec, const Arguments& arguments) {
  op.moments = row_moments(arguments.statistics, spec.k, spec.eps);
  add_stages(op.algorithm, op.moments.stages());
  const Expr mean = op.moments.output(0, op.i);
  const Expr inv_std = op.moments.output(1, op.i);
  const Expr moved = Halide::strict_float(mean * arguments.column_sums(op.j));
  const Expr centred = Halide::strict_float(op.acc(op.j, op.i) - moved);
  return Halide::strict_float(centred * inv_std + bias_value(arguments, op.j));
}

void define_statistics(Linear& op, const LinearSpec& spec, const Operand& operand) {
  op.statistics = row_statistics(
      [&](const Expr& j, const Expr& i) { return value_of(op.output(j, i)); }, spec.n);
  add_stages(op.algorithm, op.statistics.stages());
  pin_output(op.statistics.output, operand);
  op.algorithm.outputs.push_back(op.statistics.output);
}

}  // namespace

std::vector<Operand> operands(const LinearSpec& spec) {
  std::vector<Operand> list = {{"input", Role::input, spec.storage, {spec.k, spec.rows}},
                               weight_operand(spec)};
  if (spec.epilogue.bias) list.push_back({"bias", Role::weight, DType::f32, {columns(spec)}});
  if (spec.normalized) list.push_back({"column_sums", Role::weight, DType::f32, {spec.n}});
  if (spec.epilogue.residual) {
    list.push_back({"residual", Role::input, spec.storage, {spec.n, spec.rows}});
  }
  if (spec.normalized) {
    list.push_back(
        {"input_statistics", Role::input, DType::f32, statistics_extents(spec.k, spec.rows)});
  }
  list.push_back(
      {"output", Role::output, spec.f32_output ? DType::f32 : spec.storage, {spec.n, spec.rows}});
  if (spec.statistics) {
    list.push_back({"statistics", Role::output, DType::f32, statistics_extents(spec.n, spec.rows)});
  }
  return list;
}

double flops(const LinearSpec& spec) {
  return 2.0 * spec.rows * static_cast<double>(spec.k) * spec.n;
}

LinearSpec stored_as(LinearSpec spec, DType storage) {
  if (storage == DType::f32) return spec;
  spec.storage = storage;
  spec.panel = 1;
  spec.compute = Compute::f32;
  return spec;
}

std::vector<LinearForm> forms(const LinearSpec& spec) {
  if (spec.compute == Compute::f32) return {LinearForm::plain, LinearForm::clamped_tiles};
  return {LinearForm::plain, LinearForm::clamped_tiles, LinearForm::microkernel_tiles};
}

Linear define(const LinearSpec& spec, LinearForm form, int rows_of_call) {
  const std::vector<Operand> list = operands(spec);
  const Arguments arguments(list);
  Linear op{.algorithm = {},
            .acc = Func("acc"),
            .output = Func("linear"),
            .j = Var("j"),
            .i = Var("i"),
            .k = RDom(0, spec.k, "k"),
            .input_tile = {},
            .weight_tile = {},
            .packed = {},
            .c = Var("c"),
            .t = Var("t"),
            .moments = {},
            .statistics = {}};
  switch (form) {
    case LinearForm::plain:
      define_plain(op, spec, arguments);
      break;
    case LinearForm::clamped_tiles:
      define_clamped_tiles(op, spec, arguments);
      break;
    case LinearForm::microkernel_tiles:
      define_microkernel_tiles(op, spec, arguments, rows_of_call);
      break;
  }
  op.algorithm.arguments = arguments.all;
  op.algorithm.outputs = {op.output};
  Expr sum = op.acc(op.j, op.i);
  if (form == LinearForm::microkernel_tiles) sum += bias_value(arguments, op.j);
  if (spec.normalized) sum = normalized_sum(op, spec, arguments);
  Expr value = activate(sum, spec.epilogue.activation);
  if (spec.epilogue.residual) value += value_of(arguments.residual(op.j, op.i));
  const std::size_t output = first_output(list);
  op.output(op.j, op.i) = stored(value, list[output].dtype);
  pin_output(op.output, list[output]);
  if (spec.statistics) define_statistics(op, spec, list.back());
  return op;
}

namespace {

/// Fills a kernel whose output is `output`; `arguments` are those of its operands.
GradientKernel gradient_kernel(std::vector<Operand> list, std::vector<ImageParam> arguments,
                               std::vector<Func> stages, Func output) {
  pin_output(output, list.back());
  return {std::move(list), {std::move(arguments), std::move(stages), {output}}};
}

GradientKernel define_d_sum(const LinearSpec& spec, const Operand& result) {
  LinearSpec bare = spec;
  bare.epilogue.residual = false;
  Linear op = define(bare);
  std::vector<Operand> list = operands(bare);
  list.back() = {"d_output", Role::input, DType::f32, result.extents};
  list.push_back({"d_sum", Role::output, DType::f32, result.extents});
  std::vector<ImageParam> arguments = op.algorithm.arguments;
  arguments.push_back(image_param(list[list.size() - 2]));
  Func d_sum("d_sum");
  d_sum(op.j, op.i) =
      arguments.back()(op.j, op.i) * activation_slope(op.acc(op.j, op.i), spec.epilogue.activation);
  return gradient_kernel(std::move(list), std::move(arguments), {op.acc}, d_sum);
}

/// The kernels that sum products with d_sum.
class LinearSums {
 public:
  LinearSums(const LinearSpec& spec, Operand d_sum) : spec_(spec), d_sum_(std::move(d_sum)) {}

  GradientKernel d_input() const {
    const Operand weight = weight_operand(spec_);
    const ImageParam d_sum = image_param(d_sum_);
    const ImageParam w = image_param(weight);
    Func acc("acc"), result("d_input");
    const RDom j(0, spec_.n, "j");
    acc(k_, i_) = 0.0f;
    acc(k_, i_) += d_sum(j, i_) * weight_value(spec_, w, k_, j);
    result(k_, i_) = acc(k_, i_);
    return gradient_kernel({d_sum_, weight, output("d_input", {spec_.k, spec_.rows})}, {d_sum, w},
                           {acc}, result);
  }

  GradientKernel d_weight() const {
    const Operand input{"input", Role::input, DType::f32, {spec_.k, spec_.rows}};
    const ImageParam d_sum = image_param(d_sum_);
    const ImageParam x = image_param(input);
    Func acc("acc"), result("d_weight");
    const RDom i(0, spec_.rows, "i");
    acc(j_, k_, panel_) = 0.0f;
    acc(j_, k_, panel_) += column(d_sum, panel_ * spec_.panel + j_, i) * x(k_, i);
    result(j_, k_, panel_) = acc(j_, k_, panel_);
    return gradient_kernel({d_sum_, input, output("d_weight", weight_operand(spec_).extents)},
                           {d_sum, x}, {acc}, result);
  }

  GradientKernel d_bias() const {
    const ImageParam d_sum = image_param(d_sum_);
    Func acc("acc"), result("d_bias");
    const RDom i(0, spec_.rows, "i");
    acc(j_) = 0.0f;
    acc(j_) += column(d_sum, j_, i);
    result(j_) = acc(j_);
    return gradient_kernel({d_sum_, output("d_bias", {columns(spec_)})}, {d_sum}, {acc}, result);
  }

 private:
  static Operand output(std::string name, std::vector<int> extents) {
    return {std::move(name), Role::output, DType::f32, std::move(extents)};
  }

  /// d_sum of column j, which is 0 where the weight is padded.
  Expr column(const ImageParam& d_sum, const Expr& j, const Expr& i) const {
    if (spec_.n == columns(spec_)) return d_sum(j, i);
    return select(j < spec_.n, d_sum(min(j, spec_.n - 1), i), 0.0f);
  }

  LinearSpec spec_;
  Operand d_sum_;
  Var i_{"i"}, j_{"j"}, k_{"k"}, panel_{"panel"};
};

}  // namespace

LinearGradient define_gradient(const LinearSpec& spec) {
  if (spec.compute != Compute::f32 || spec.storage != DType::f32) {
    throw Error(ExitCode::internal, "GRADIENT_COMPUTE", "gradients of linear are computed in f32");
  }
  const Operand d_sum{"d_sum", Role::input, DType::f32, {spec.n, spec.rows}};
  const LinearSums sums(spec, d_sum);
  return {define_d_sum(spec, d_sum), sums.d_input(), sums.d_weight(), sums.d_bias()};
}

}  // namespace vitgen
