// What a library's table holds of a kernel's operands.

#include <gtest/gtest.h>

#include <algorithm>

#include "generators/ops/support/ops_table.h"
#include "runtime/table.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

TEST(Operands, OfEveryOpFitIntoALibrarysTable) {
  for (const OpEntry& op : all_ops()) {
    for (const OpSpec& spec : edge_specs(op.name)) {
      EXPECT_LE(operands(spec).size(), std::size_t{VITGEN_MAX_OPERANDS}) << spec.text();
      for (const Operand& operand : operands(spec)) {
        EXPECT_LE(operand.extents.size(), std::size_t{VITGEN_MAX_DIMS})
            << spec.text() << " " << operand.name;
      }
    }
  }
}

TEST(Operands, OfEveryOpEndWithItsOutputs) {
  for (const OpEntry& op : all_ops()) {
    for (const OpSpec& spec : edge_specs(op.name)) {
      const std::vector<Operand> list = operands(spec);
      const std::size_t outputs = list.size() - first_output(list);
      EXPECT_GE(outputs, 1u) << spec.text();
      const auto is_output = [](const Operand& each) { return each.role == Role::output; };
      EXPECT_EQ(static_cast<std::size_t>(std::ranges::count_if(list, is_output)), outputs)
          << spec.text();
    }
  }
}

}  // namespace
}  // namespace vitgen
