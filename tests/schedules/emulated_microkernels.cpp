#include "tests/schedules/emulated_microkernels.h"

#include <gtest/gtest.h>

#include "tests/microkernels/emulator/tile_emulator.h"

namespace vitgen {

EmulatedMicrokernels::EmulatedMicrokernels(const Algorithm& algorithm) {
  for (const Microkernel& each : algorithm.microkernels) {
    code_.emplace_back(
        microkernels::TileProduct{.rows = each.rows, .k = each.k, .columns = each.panel});
    externs_.emplace(each.symbol, Halide::JITExtern(code_.back().stage()));
  }
}

void EmulatedMicrokernels::expect_no_fault() const { EXPECT_EQ(emulator::take_fault(), ""); }

}  // namespace vitgen
