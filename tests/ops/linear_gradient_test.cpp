// The gradient of linear: a naive double version is checked by central differences, and the kernels
// are checked against it.

#include <gtest/gtest.h>

#include "schedules/fallback.h"
#include "tests/ops/linear_in_double.h"

namespace vitgen {
namespace {

std::string activation_name(const ::testing::TestParamInfo<Activation>& each) {
  return std::string(enum_text(each.param));
}

std::vector<Activation> all_activations() {
  std::vector<Activation> all;
  for (const std::string_view name : enum_names(Activation{})) {
    all.push_back(parse_enum<Activation>(name, "activation"));
  }
  return all;
}

class LinearGradientOf : public ::testing::TestWithParam<Activation> {
 protected:
  LinearSpec spec(int rows, int k, int n) const {
    return {rows, k, n, panel_width(n), {true, GetParam(), true}, Compute::f32};
  }
};

INSTANTIATE_TEST_SUITE_P(Activations, LinearGradientOf, ::testing::ValuesIn(all_activations()),
                         activation_name);

double largest(const std::vector<double>& values) {
  double best = 1.0;
  for (const double value : values) best = std::max(best, std::abs(value));
  return best;
}

// (loss(v + h) - loss(v - h)) / 2h for each v of `values`, a part of `problem`.
void expect_differences(LinearProblem& problem, std::vector<double>& values,
                        const std::vector<double>& derivatives, double factor) {
  constexpr double h = 1e-5;
  ASSERT_FALSE(near_kink(problem, h * factor));
  const double bound = difference_bound(problem, h, factor);
  for (std::size_t v = 0; v < values.size(); ++v) {
    const double value = values[v];
    values[v] = value + h;
    const double above = loss(problem);
    values[v] = value - h;
    const double below = loss(problem);
    values[v] = value;
    EXPECT_NEAR((above - below) / (2 * h), derivatives[v], bound) << "value " << v;
  }
}

TEST_P(LinearGradientOf, EveryOperandMatchesCentralDifferencesInDouble) {
  LinearProblem problem = random_problem(spec(3, 5, 4), 7);
  const LinearGradientValues d = analytic_gradient(problem);
  expect_differences(problem, problem.x, d.x, largest(problem.w));
  expect_differences(problem, problem.w, d.w, largest(problem.x));
  expect_differences(problem, problem.bias, d.bias, 1.0);
  expect_differences(problem, problem.residual, d.residual, 1.0);
}

using Values = std::vector<float>;

Values to_float(const std::vector<double>& values) { return {values.begin(), values.end()}; }

// Runs a kernel by the fallback; `inputs` are its operands before the output.
Values run(GradientKernel kernel, std::vector<Values> inputs) {
  const Machine& machine = find_machine("cpu_avx2");
  apply_fallback(kernel.algorithm, machine);
  const auto buffer = [](const Operand& operand, Values& values) {
    EXPECT_EQ(static_cast<std::int64_t>(values.size()), operand.elements()) << operand.name;
    return Halide::Buffer<float>(values.data(), operand.extents);
  };
  for (std::size_t p = 0; p < inputs.size(); ++p) {
    kernel.algorithm.arguments[p].set(buffer(kernel.operands[p], inputs[p]));
  }
  const Operand& out = kernel.operands.back();
  Values result(static_cast<std::size_t>(out.elements()), std::nanf(""));
  Halide::Buffer<float> target = buffer(out, result);
  pipeline(kernel.algorithm)
      .realize(target, Halide::Target(std::string(machine.halide_target) + "-jit"));
  return result;
}

// Column j, channel k of a packed weight.
std::size_t packed_index(const LinearSpec& spec, int j, int k) {
  return static_cast<std::size_t>(((j / spec.panel) * spec.k + k) * spec.panel + j % spec.panel);
}

Values pack(const LinearSpec& spec, const std::vector<double>& w) {
  Values packed(static_cast<std::size_t>(padded(spec.n, spec.panel) * spec.k));
  for (int j = 0; j < spec.n; ++j) {
    for (int k = 0; k < spec.k; ++k) {
      packed[packed_index(spec, j, k)] =
          static_cast<float>(w[static_cast<std::size_t>(j * spec.k + k)]);
    }
  }
  return packed;
}

void expect_near(const Values& got, const std::vector<double>& want,
                 const std::vector<double>& bound) {
  for (std::size_t v = 0; v < want.size(); ++v) {
    EXPECT_NEAR(static_cast<double>(got[v]), want[v], bound[v]) << "element " << v;
  }
}

// A problem, its gradient in double, and the operands of the kernels.
struct Case {
  Case(const LinearSpec& each, unsigned seed)
      : spec(each),
        problem(random_problem(each, seed)),
        want(analytic_gradient(problem)),
        bound(kernel_bounds(problem)),
        x(to_float(problem.x)),
        w(pack(each, problem.w)),
        bias(to_float(problem.bias)) {
    bias.resize(static_cast<std::size_t>(padded(each.n, each.panel)));
  }
  LinearSpec spec;
  LinearProblem problem;
  LinearGradientValues want, bound;
  Values x, w, bias;
};

TEST_P(LinearGradientOf, KernelOfTheSumMatchesItInDouble) {
  const Case each(spec(9, 20, 33), 11);
  expect_near(run(define_gradient(each.spec).d_sum,
                  {each.x, each.w, each.bias, to_float(each.problem.d_output)}),
              each.want.d_sum, each.bound.d_sum);
}

class LinearGradientAt : public ::testing::TestWithParam<LinearSpec> {};

INSTANTIATE_TEST_SUITE_P(Shapes, LinearGradientAt,
                         ::testing::Values(LinearSpec{1, 1, 1, 16, {}},
                                           LinearSpec{9, 20, 33, 48, {}},
                                           LinearSpec{17, 7, 48, 48, {}}));

// Without an activation d_sum is d_output.
TEST_P(LinearGradientAt, KernelsOfInputAndBiasMatchThemInDouble) {
  const Case each(GetParam(), 11);
  const LinearGradient kernels = define_gradient(each.spec);
  const Values d_sum = to_float(each.problem.d_output);
  expect_near(run(kernels.d_input, {d_sum, each.w}), each.want.x, each.bound.x);
  const Values d_bias = run(kernels.d_bias, {d_sum});
  expect_near(d_bias, each.want.bias, each.bound.bias);
  for (std::size_t j = each.want.bias.size(); j < d_bias.size(); ++j) EXPECT_EQ(d_bias[j], 0.0f);
}

TEST_P(LinearGradientAt, KernelOfTheWeightMatchesItInDoubleAndIsZeroWherePadded) {
  const Case each(GetParam(), 12);
  const Values d_sum = to_float(each.problem.d_output);
  const Values d_weight = run(define_gradient(each.spec).d_weight, {d_sum, each.x});
  std::vector<double> want(d_weight.size()), bound(d_weight.size());
  for (int j = 0; j < each.spec.n; ++j) {
    for (int k = 0; k < each.spec.k; ++k) {
      const auto dense = static_cast<std::size_t>(j * each.spec.k + k);
      want[packed_index(each.spec, j, k)] = each.want.w[dense];
      bound[packed_index(each.spec, j, k)] = each.bound.w[dense];
    }
  }
  expect_near(d_weight, want, bound);
}

TEST(LinearGradient, IsRefusedForRoundedProducts) {
  EXPECT_THROW(define_gradient({.compute = Compute::bf16}), Error);
}

}  // namespace
}  // namespace vitgen
