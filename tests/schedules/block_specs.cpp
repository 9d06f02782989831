#include "tests/schedules/block_specs.h"

#include "generators/ops/gate.h"
#include "generators/ops/rotary.h"

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
  if (op == RotarySpec::op) {
    for (const int head_size : {2, 8, 14, 16, 24, 34, 64, 80}) {
      specs.push_back(op_spec(RotarySpec{2, 19, 1, 3, head_size}));
    }
    for (const int prefix : {0, 5, 32}) specs.push_back(op_spec(RotarySpec{2, 33, prefix, 2, 16}));
    specs.push_back(op_spec(RotarySpec{1, 1, 0, 1, 4}));
  }
  return specs;
}

std::vector<OpSpec> block_model_specs(std::string_view op) {
  std::vector<OpSpec> specs;
  if (op == GateSpec::op) {
    specs.push_back(op_spec(GateSpec{257, 512}));   // EVA-02 Ti/14
    specs.push_back(op_spec(GateSpec{257, 4096}));  // DINOv2 giant
  }
  if (op == RotarySpec::op) {
    specs.push_back(op_spec(RotarySpec{1, 257, 1, 3, 64}));   // EVA-02 Ti/14
    specs.push_back(op_spec(RotarySpec{2, 201, 5, 12, 64}));  // DINOv3 B/16
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
  if (op == RotarySpec::op) {
    const int batch = draw(random, 1, 3);
    const int prefix = draw(random, 0, 5);
    const int tokens = prefix + draw(random, 1, 60);
    const int heads = draw(random, 1, 3);
    return op_spec(RotarySpec{batch, tokens, prefix, heads, 2 * draw(random, 1, 40)});
  }
  return std::nullopt;
}

}  // namespace vitgen
