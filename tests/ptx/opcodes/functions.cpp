// Roots, reciprocals, powers and angles: .approx in double precision, rounded once.

#include "tests/ptx/opcodes/floats.h"

namespace vitgen::ptx {

namespace {

struct SquareRoot {
  template <class T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};
struct Reciprocal {
  template <class T>
  T operator()(T x) const {
    return T{1} / x;
  }
};

template <double (*f)(double)>
struct Approximate {
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(f(static_cast<double>(x)));
  }
};

double inverse_root(double x) { return 1 / std::sqrt(x); }
double power_of_two(double x) { return std::exp2(x); }
double logarithm(double x) { return std::log2(x); }
double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double hyperbolic_tangent(double x) { return std::tanh(x); }

template <class Op>
Decoded decode_function(Statement& s) {
  s.take_one({"rn", "approx"});
  const FloatModifiers modifiers = take_float_modifiers(s);
  return {.execute = float_handler<Op, 1>(s.take_type(), modifiers), .operands = s.values(2)};
}

template <double (*f)(double)>
constexpr Decode approximate() {
  return &decode_function<Approximate<f>>;
}

constexpr Opcode kOpcodes[] = {
    {"sqrt", decode_function<SquareRoot>},  {"rcp", decode_function<Reciprocal>},
    {"rsqrt", approximate<inverse_root>()}, {"ex2", approximate<power_of_two>()},
    {"lg2", approximate<logarithm>()},      {"sin", approximate<sine>()},
    {"cos", approximate<cosine>()},         {"tanh", approximate<hyperbolic_tangent>()},
};

}  // namespace

std::span<const Opcode> function_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
