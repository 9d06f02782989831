#include "generators/ops/linear.h"

namespace vitgen {

using Halide::cast;
using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;
using Halide::Var;

int panel_width(int n) {
  int best = 48;
  for (const int width : {32, 16}) {
    if (padded(n, width) < padded(n, best)) best = width;
  }
  return best;
}

int padded(int n, int panel) { return (n + panel - 1) / panel * panel; }

std::vector<Operand> operands(const LinearSpec& spec) {
  const int columns = padded(spec.n, spec.panel);
  std::vector<Operand> list = {
      {"input", Role::input, DType::f32, {spec.k, spec.rows}},
      {"weight", Role::weight, DType::f32, {spec.panel, spec.k, columns / spec.panel}}};
  if (spec.epilogue.bias) list.push_back({"bias", Role::weight, DType::f32, {columns}});
  if (spec.epilogue.residual) {
    list.push_back({"residual", Role::input, DType::f32, {spec.n, spec.rows}});
  }
  list.push_back({"output", Role::output, DType::f32, {spec.n, spec.rows}});
  return list;
}

double flops(const LinearSpec& spec) {
  return 2.0 * spec.rows * static_cast<double>(spec.k) * spec.n;
}

Linear define(const LinearSpec& spec) {
  const std::vector<Operand> list = operands(spec);
  std::vector<ImageParam> arguments;
  for (std::size_t p = 0; p + 1 < list.size(); ++p) arguments.push_back(image_param(list[p]));
  const ImageParam& input = arguments[0];
  const ImageParam& weight = arguments[1];

  Linear op{.algorithm = {},
            .acc = Func("acc"),
            .output = Func("linear"),
            .j = Var("j"),
            .i = Var("i"),
            .k = RDom(0, spec.k, "k")};
  op.acc(op.j, op.i) = spec.epilogue.bias ? Expr(arguments[2](op.j)) : Expr(0.0f);
  op.acc(op.j, op.i) += input(op.k, op.i) * weight(op.j % spec.panel, op.k, op.j / spec.panel);

  Expr value = activate(op.acc(op.j, op.i), spec.epilogue.activation);
  if (spec.epilogue.residual) value += arguments.back()(op.j, op.i);
  op.output(op.j, op.i) = value;
  pin_output(op.output, list.back());
  op.algorithm = {std::move(arguments), {op.acc}, op.output};
  return op;
}

}  // namespace vitgen
