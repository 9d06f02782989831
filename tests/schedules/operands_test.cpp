// What a library's table holds of a kernel's operands.

#include <gtest/gtest.h>

#include "generators/ops/support/ops_table.h"
#include "runtime/table.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

TEST(Operands, OfEveryOpFitIntoALibrarysTable) {
  for (const OpEntry& op : all_ops()) {
    for (const OpSpec& spec : edge_specs(op.name)) {
      for (const Operand& operand : operands(spec)) {
        EXPECT_LE(operand.extents.size(), std::size_t{VITGEN_MAX_DIMS})
            << spec.text() << " " << operand.name;
      }
    }
  }
}

}  // namespace
}  // namespace vitgen
