#include "tests/ops/linear_in_double.h"

#include <numbers>
#include <random>

#include "tools/verify/reference/activation.h"

namespace vitgen {

namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

const double kRoot = 2.0 * std::sqrt(2.0 / std::numbers::pi);

// The sigmoid's argument u in x sigmoid(u), and du/dx; gelu_erf has the same shape.
struct Gate {
  double u, slope;
};

Gate gate(double x, Activation activation) {
  switch (activation) {
    case Activation::gelu_tanh:
      return {kRoot * (x + 0.044715 * x * x * x), kRoot * (1.0 + 3.0 * 0.044715 * x * x)};
    case Activation::quick_gelu:
      return {1.702 * x, 1.702};
    case Activation::none:
    case Activation::gelu_erf:
    case Activation::relu:
    case Activation::silu:
    case Activation::tanh:
      return {x, 1.0};
  }
  return {};
}

double slope(double x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return 1.0;
    case Activation::relu:
      return x > 0 ? 1.0 : 0.0;
    case Activation::tanh:
      return 1.0 / (std::cosh(x) * std::cosh(x));
    case Activation::gelu_erf:
      return 0.5 * std::erfc(-x / std::numbers::sqrt2) +
             x * std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi);
    case Activation::gelu_tanh:
    case Activation::quick_gelu:
    case Activation::silu: {
      const Gate g = gate(x, activation);
      const double s = sigmoid(g.u);
      return s + x * g.slope * s * (1.0 - s);
    }
  }
  return 0;
}

// Error of the slope in f32, in units of u: the inner function (erf, sigmoid) is off by at most 8 u
// (see tools/verify/reference/activation.cpp), once by itself and once times x u'; the products
// round a few times more. tanh's 4 s (1 - s) multiplies the sigmoid's error by up to 4.
double slope_error(double x, Activation activation) {
  constexpr double kInner = 8.0;
  if (activation == Activation::none || activation == Activation::relu) return 0;
  if (activation == Activation::tanh) return 4.0 * kInner + 4.0;
  return kInner * (1.0 + std::abs(x) * gate(x, activation).slope) + 4.0;
}

// Largest second and third derivative over all x. At 0, x sigmoid(a x) has 2 a / 4, so quick GELU
// 0.851, GELU 0.80, SiLU 0.5; tanh 0.77. The third stay below 2, which tanh reaches at 0.
double curvature(Activation activation) {
  return activation == Activation::none || activation == Activation::relu ? 0.0 : 0.86;
}
double third_derivative(Activation activation) {
  return activation == Activation::none || activation == Activation::relu ? 0.0 : 2.0;
}

std::size_t at(int row, int column, int columns) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
         static_cast<std::size_t>(column);
}

struct Sum {
  double value = 0;
  double magnitude = 0;  ///< the same over absolute values
};

Sum argument(const LinearProblem& p, int i, int j) {
  Sum sum;
  if (p.spec.epilogue.bias) sum.value = p.bias[static_cast<std::size_t>(j)];
  sum.magnitude = std::abs(sum.value);
  for (int k = 0; k < p.spec.k; ++k) {
    const double product = p.x[at(i, k, p.spec.k)] * p.w[at(j, k, p.spec.k)];
    sum.value += product;
    sum.magnitude += std::abs(product);
  }
  return sum;
}

template <class Body>
void for_each_output(const LinearProblem& p, const Body& body) {
  for (int i = 0; i < p.spec.rows; ++i) {
    for (int j = 0; j < p.spec.n; ++j) body(i, j, at(i, j, p.spec.n));
  }
}

double argument_error(const LinearProblem& p, const Sum& sum) {
  return chain_factor(p.spec.k) * kUnitRoundoff * sum.magnitude;
}

double d_sum_bound(const LinearProblem& p, const Sum& sum, double d_output, double d_sum) {
  const Activation activation = p.spec.epilogue.activation;
  const double error = argument_error(p, sum);
  if (activation == Activation::relu && std::abs(sum.value) <= error) return std::abs(d_output);
  const double slope_off =
      curvature(activation) * error + kUnitRoundoff * slope_error(sum.value, activation);
  return std::abs(d_output) * slope_off + 2 * kUnitRoundoff * std::abs(d_sum);
}

LinearGradientValues zeros(const LinearProblem& p) {
  return {std::vector<double>(p.d_output.size()), std::vector<double>(p.x.size()),
          std::vector<double>(p.w.size()), std::vector<double>(p.bias.size()), p.d_output};
}

}  // namespace

LinearProblem random_problem(const LinearSpec& spec, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  const auto draw = [&](int count) {
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) value = static_cast<double>(normal(random));
    return values;
  };
  return {.spec = spec,
          .x = draw(spec.rows * spec.k),
          .w = draw(spec.n * spec.k),
          .bias = draw(spec.n),
          .residual = draw(spec.rows * spec.n),
          .d_output = draw(spec.rows * spec.n)};
}

double loss(const LinearProblem& p) {
  double total = 0;
  for_each_output(p, [&](int i, int j, std::size_t index) {
    double y = reference_activation({argument(p, i, j).value, 0}, p.spec.epilogue.activation).value;
    if (p.spec.epilogue.residual) y += p.residual[index];
    total += p.d_output[index] * y;
  });
  return total;
}

LinearGradientValues analytic_gradient(const LinearProblem& p) {
  LinearGradientValues d = zeros(p);
  for_each_output(p, [&](int i, int j, std::size_t index) {
    d.d_sum[index] = p.d_output[index] * slope(argument(p, i, j).value, p.spec.epilogue.activation);
    d.bias[static_cast<std::size_t>(j)] += d.d_sum[index];
    for (int k = 0; k < p.spec.k; ++k) {
      d.x[at(i, k, p.spec.k)] += d.d_sum[index] * p.w[at(j, k, p.spec.k)];
      d.w[at(j, k, p.spec.k)] += d.d_sum[index] * p.x[at(i, k, p.spec.k)];
    }
  });
  return d;
}

// An output is off by what its terms are off by, and by the rounding of its own sum.
LinearGradientValues kernel_bounds(const LinearProblem& p) {
  const LinearGradientValues exact = analytic_gradient(p);
  const double over_n = chain_factor(p.spec.n) * kUnitRoundoff;
  const double over_rows = chain_factor(p.spec.rows) * kUnitRoundoff;
  LinearGradientValues bound = zeros(p);
  for_each_output(p, [&](int i, int j, std::size_t index) {
    const double d_sum = std::abs(exact.d_sum[index]);
    const double off = d_sum_bound(p, argument(p, i, j), p.d_output[index], d_sum);
    bound.d_sum[index] = off;
    bound.bias[static_cast<std::size_t>(j)] += off + over_rows * (d_sum + off);
    for (int k = 0; k < p.spec.k; ++k) {
      const double w = std::abs(p.w[at(j, k, p.spec.k)]);
      const double x = std::abs(p.x[at(i, k, p.spec.k)]);
      bound.x[at(i, k, p.spec.k)] += w * (off + over_n * (d_sum + off));
      bound.w[at(j, k, p.spec.k)] += x * (off + over_rows * (d_sum + off));
    }
  });
  return bound;
}

bool near_kink(const LinearProblem& p, double distance) {
  if (p.spec.epilogue.activation != Activation::relu) return false;
  bool near = false;
  for_each_output(p, [&](int i, int j, std::size_t) {
    near = near || std::abs(argument(p, i, j).value) < distance;
  });
  return near;
}

// Truncation: h^2 / 6 of the third derivative. Rounding: both losses are sums in double, divided by
// 2h; the largest slope of an activation is 1.13.
double difference_bound(const LinearProblem& p, double h, double factor) {
  const double third = third_derivative(p.spec.epilogue.activation) * std::pow(factor, 3);
  double truncation = 0;
  double magnitude = 0;
  for_each_output(p, [&](int i, int j, std::size_t index) {
    const double weight = std::abs(p.d_output[index]);
    truncation += weight * third;
    magnitude += weight * (1.13 * argument(p, i, j).magnitude + std::abs(p.residual[index]));
  });
  const double terms = p.spec.k + static_cast<double>(p.d_output.size());
  return truncation * h * h / 6 + chain_factor(terms) * 0x1p-53 * magnitude / h;
}

}  // namespace vitgen
