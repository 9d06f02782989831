#include "tests/schedules/block_specs.h"

#include "generators/ops/gate.h"

namespace vitgen {

namespace {

int draw(std::mt19937& random, int least, int most) {
  return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
}

}  // namespace

std::vector<OpSpec> block_edge_specs(std::string_view op) {
  std::vector<OpSpec> specs;
  if (op == GateSpec::op) {
    for (const int width : {1, 7, 8, 10, 15, 16, 17, 48}) {
      specs.push_back(op_spec(GateSpec{width % 2 == 0 ? 33 : 1, width, Activation::relu}));
    }
    for (const std::string_view name : enum_names(Activation{})) {
      specs.push_back(op_spec(GateSpec{9, 24, parse_enum<Activation>(name, "activation")}));
    }
  }
  return specs;
}

std::vector<OpSpec> block_model_specs(std::string_view op) {
  std::vector<OpSpec> specs;
  if (op == GateSpec::op) {
    specs.push_back(op_spec(GateSpec{257, 512}));   // EVA-02 Ti/14
    specs.push_back(op_spec(GateSpec{257, 4096}));  // DINOv2 giant
  }
  return specs;
}

std::optional<OpSpec> random_block_spec(std::string_view op, std::mt19937& random) {
  if (op == GateSpec::op) {
    const auto names = enum_names(Activation{});
    const auto activation = parse_enum<Activation>(names[random() % names.size()], "activation");
    const int rows = draw(random, 1, 40);
    return op_spec(GateSpec{rows, draw(random, 1, 130), activation});
  }
  return std::nullopt;
}

}  // namespace vitgen
