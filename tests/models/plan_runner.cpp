#include "tests/models/plan_runner.h"

#include "generators/ops/support/ops_table.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {

namespace {

struct Memory {
  std::vector<std::vector<float>> inputs, outputs, buffers, weights;

  std::vector<float>& at(const Slot& slot) {
    const auto index = static_cast<std::size_t>(slot.index);
    switch (slot.kind) {
      case SlotKind::input:
        return inputs.at(index);
      case SlotKind::output:
        return outputs.at(index);
      case SlotKind::arena:
        return buffers.at(index);
      case SlotKind::weight:
        return weights.at(index);
    }
    return inputs.at(index);
  }
};

void run_step(const Step& step, Memory& memory) {
  std::vector<Operand> list = operands(step.spec);
  for (Operand& operand : list) operand.dtype = DType::f32;
  const std::size_t first = first_output(list);
  for (std::size_t o = first; o < list.size(); ++o) {
    memory.at(step.slots[o]).assign(static_cast<std::size_t>(list[o].elements()), 0.0f);
  }
  std::vector<const void*> data;
  for (const Slot& slot : step.slots) data.push_back(memory.at(slot).data());
  const OperandData operands_data(list, data);
  std::int64_t index = 0;  // through all outputs
  for (std::size_t o = first; o < list.size(); ++o) {
    for (float& value : memory.at(step.slots[o])) {
      value = static_cast<float>(reference(step.spec, operands_data, index++).value);
    }
  }
}

}  // namespace

std::map<std::string, std::vector<float>> run_plan(const Plan& plan, const WeightSource& weights,
                                                   const std::vector<float>& input) {
  return run_plan(plan, weights, std::vector<std::vector<float>>(1, input));
}

std::map<std::string, std::vector<float>> run_plan(const Plan& plan, const WeightSource& weights,
                                                   const std::vector<std::vector<float>>& inputs) {
  Memory memory{.inputs = inputs,
                .outputs = std::vector<std::vector<float>>(plan.outputs.size()),
                .buffers = std::vector<std::vector<float>>(plan.buffers.size()),
                .weights = {}};
  for (const Weight& weight : plan.weights) {
    memory.weights.push_back(evaluate(weight.value, weights).values);
    for (float& value : memory.weights.back()) {
      value = static_cast<float>(rounded_to(static_cast<double>(value), weight.dtype));
    }
  }
  for (const Step& step : plan.steps) run_step(step, memory);
  std::map<std::string, std::vector<float>> outputs;
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    outputs[plan.outputs[i].name] = memory.outputs[i];
  }
  return outputs;
}

}  // namespace vitgen
