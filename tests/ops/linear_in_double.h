#pragma once
// A linear layer and its gradient as naive loops in double, with the errors that f32 kernels may
// have. Matrices are dense and row-major: x[rows][k], w[n][k], everything else [rows][n] or [n].

#include <vector>

#include "generators/ops/linear.h"

namespace vitgen {

struct LinearProblem {
  LinearSpec spec;
  std::vector<double> x, w, bias, residual;
  std::vector<double> d_output;  ///< the loss is sum(d_output * y), so this is d loss / d y
};

/// Values that f32 holds exactly, from a seed.
LinearProblem random_problem(const LinearSpec& spec, unsigned seed);

double loss(const LinearProblem& problem);

struct LinearGradientValues {
  std::vector<double> d_sum, x, w, bias, residual;
};

/// The gradient of `loss`.
LinearGradientValues analytic_gradient(const LinearProblem& problem);

/// How far the f32 kernels may be from analytic_gradient, element by element. Where relu's argument
/// is too close to 0 for f32 to tell its sign, the whole d_output may be missing.
LinearGradientValues kernel_bounds(const LinearProblem& problem);

/// Where an f32 or shifted evaluation could fall on the other side of relu's kink: some argument of
/// the activation is less than `distance` from 0.
bool near_kink(const LinearProblem& problem, double distance);

/// How far (loss(v + h) - loss(v - h)) / 2h may be from the derivative in one value v that appears
/// in each argument of the activation with a factor of at most `factor`.
double difference_bound(const LinearProblem& problem, double h, double factor);

}  // namespace vitgen
