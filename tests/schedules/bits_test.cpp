// What the numbers of a kernel do not depend on.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <set>
#include <string>

#include "generators/ops/attention.h"
#include "generators/ops/gate.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/patch_embed.h"
#include "generators/ops/relative_attention.h"
#include "generators/ops/rotary.h"
#include "generators/ops/support/ops_table.h"
#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

const Choice kSlow{.rule = "fallback", .knobs = {}};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Scales that are no power of two, whose products round, and widths that are not whole lanes.
std::vector<OpSpec> row_specs(std::string_view op) {
  std::vector<OpSpec> specs;
  if (op == LayerNormSpec::op) {
    for (const int width : {30, 48, 65, 100}) {
      for (const int rows : {22, 40}) specs.push_back(op_spec(LayerNormSpec{rows, width, 1e-6f}));
    }
    return specs;
  }
  if (op == GateSpec::op || op == RotarySpec::op) return edge_specs(op);
  if (op == RelativeAttentionSpec::op) {
    const std::vector<OpSpec> all = edge_specs(op);
    for (std::size_t s = 1; s < all.size(); s += 2) specs.push_back(all[s]);
    return specs;
  }
  for (const int head_size : {5, 6, 24, 32, 72}) {
    const float scale = 1 / std::sqrt(static_cast<float>(head_size));
    specs.push_back(op_spec(AttentionSpec{1, 19, 2, head_size, scale}));
    specs.push_back(op_spec(AttentionSpec{1, 19, 2, head_size, std::numbers::ln2_v<float>}));
  }
  for (const int tokens : {3, 16, 19}) {
    specs.push_back(op_spec(AttentionSpec{37, tokens, 2, 6, std::numbers::ln2_v<float>}));
    specs.push_back(op_spec(AttentionSpec{37, tokens, 1, 10, 0.3f}));
  }
  return specs;
}

// k is summed in order by one FMA chain, whatever the tile: so a tuned schedule can be checked with
// memcmp, and batch, thread and machine change nothing.
TEST(Bits, LinearAndPatchEmbedAreThoseOfFallbackOnEveryMachine) {
  unsigned seed = 0;
  for (const std::string_view op : {LinearSpec::op, PatchEmbedSpec::op}) {
    int compared = 0;
    for (const OpSpec& spec : edge_specs(op)) {
      KernelRunner runner(spec, Fill::heavy_tailed, ++seed, true);
      const std::vector<float> slow = runner.run(host_machine(), kSlow);
      for (const Machine* machine : all_machines()) {
        if (machine->kind != MachineKind::cpu) continue;
        const Choice choice = choose_default(spec, *machine);
        if (choice == kSlow || choice.rule.starts_with("cpu_amx")) continue;
        EXPECT_TRUE(same_bits(slow, runner.run(*machine, choice)))
            << spec.text() << " by " << choice.text();
        ++compared;
      }
    }
    EXPECT_GT(compared, 0) << op;
  }
}

// Sums over a row run in 16 lanes, and no product of three factors is left to the compiler to
// regroup: the vectors' width and the tile change nothing.
TEST(Bits, AttentionLayerNormAndWhatMultipliesAreThoseOfFallbackOnEveryMachine) {
  unsigned seed = 0;
  for (const std::string_view op : {AttentionSpec::op, RelativeAttentionSpec::op, LayerNormSpec::op,
                                    GateSpec::op, RotarySpec::op}) {
    int compared = 0;
    for (const OpSpec& spec : row_specs(op)) {
      KernelRunner runner(spec, Fill::normal, ++seed, true);
      const std::vector<float> slow = runner.run(host_machine(), kSlow);
      for (const Machine* machine : all_machines()) {
        if (machine->kind != MachineKind::cpu || machine->amx) continue;
        const Choice choice = choose_default(spec, *machine);
        if (choice == kSlow) continue;
        EXPECT_TRUE(same_bits(slow, runner.run(*machine, choice)))
            << spec.text() << " by " << choice.text() << " on " << machine->name;
        ++compared;
      }
    }
    EXPECT_GE(compared, 8) << op;  // at least 4 shapes, for AVX2 and AVX-512
  }
}

// A few of the op's shapes that have a rule of their own on the machine.
std::vector<OpSpec> served_specs(std::string_view op, const Machine& machine) {
  constexpr std::size_t kShapes = 3;
  std::vector<OpSpec> specs = edge_specs(op);
  std::erase_if(specs, [&](const OpSpec& spec) {
    return !has_one_order(spec) || choose_default(spec, machine) == kSlow;
  });
  std::vector<OpSpec> few;
  const std::size_t step = (specs.size() + kShapes - 1) / kShapes;
  for (std::size_t s = 0; s < specs.size(); s += step) few.push_back(specs[s]);
  return few;
}

// The rules of all other ops: their headers state the order of the sums, too.
TEST(Bits, EveryOtherOpWithARuleIsThatOfFallbackOnEveryMachine) {
  const std::set<std::string_view> above = {
      LinearSpec::op,    PatchEmbedSpec::op, AttentionSpec::op, RelativeAttentionSpec::op,
      LayerNormSpec::op, GateSpec::op,       RotarySpec::op};
  unsigned seed = 100;
  std::set<std::string> compared;
  for (const Machine* machine : all_machines()) {
    if (machine->kind != MachineKind::cpu || machine->amx) continue;
    for (const OpEntry& op : all_ops()) {
      if (above.contains(op.name)) continue;
      for (const OpSpec& spec : served_specs(op.name, *machine)) {
        KernelRunner runner(spec, Fill::normal, ++seed, true);
        const Choice choice = choose_default(spec, *machine);
        EXPECT_TRUE(same_bits(runner.run(host_machine(), kSlow), runner.run(*machine, choice)))
            << spec.text() << " by " << choice.text() << " on " << machine->name;
        compared.insert(choice.rule);
      }
    }
  }
  for (const RuleEntry& rule : all_rules()) {
    if (!rule.name.starts_with("cpu/") || above.contains(rule.op)) continue;
    EXPECT_TRUE(compared.contains(std::string(rule.name))) << rule.name;
  }
}

// With one query in a tile the loop over its row is all there is to unroll: found by `vitgen tune`.
TEST(Bits, AttentionOfOneQueryAtATimeAddsInTheSameOrder) {
  const OpSpec spec = op_spec(AttentionSpec{1, 197, 1, 64, std::numbers::ln2_v<float>});
  KernelRunner runner(spec, Fill::normal, 11, true);
  const std::vector<float> slow = runner.run(host_machine(), kSlow);
  for (const std::string_view pack : {"0", "1"}) {
    const Choice choice = Choice::parse(
        "cpu/attention(tiles=99,m_r=1,n_keys=16,n_out=64,pack_values=" + std::string(pack) + ")");
    EXPECT_TRUE(same_bits(slow, runner.run(find_machine("cpu_avx2"), choice))) << choice.text();
  }
}

// A convolution whose stride is its kernel is the linear map of the unfolded patches, to the bit.
TEST(Bits, PatchEmbedIsLinearOnUnfoldedPatches) {
  const PatchEmbedSpec conv{.batch = 1,
                            .channels = 3,
                            .height = 8,
                            .width = 12,
                            .patch_h = 4,
                            .patch_w = 4,
                            .n = 32,
                            .panel = 32};
  KernelRunner patches(op_spec(conv), Fill::normal, 5, true);
  const std::vector<float> a =
      patches.run(host_machine(), choose_default(op_spec(conv), host_machine()));
  const LinearSpec linear{.rows = conv.grid_h() * conv.grid_w(),
                          .k = conv.k(),
                          .n = conv.n,
                          .panel = conv.panel,
                          .epilogue = {}};
  KernelRunner rows(op_spec(linear), Fill::normal, 6, true);
  for (int row = 0; row < linear.rows; ++row) {
    for (int k = 0; k < linear.k; ++k) {
      const int x = row % conv.grid_w() * 4 + k % 4;
      const int y = row / conv.grid_w() * 4 + k / 4 % 4;
      rows.values(0)[row * linear.k + k] =
          patches.values(0)[(k / 16 * conv.height + y) * conv.width + x];
    }
  }
  std::memcpy(rows.values(1), patches.values(1),
              sizeof(float) * static_cast<std::size_t>(linear.k * linear.panel));
  std::memcpy(rows.values(2), patches.values(2), sizeof(float) * 32);
  const std::vector<float> b =
      rows.run(host_machine(), choose_default(op_spec(linear), host_machine()));
  EXPECT_TRUE(same_bits(a, b));
}

// Small integers make every product and partial sum exact: a kernel that drops, repeats or
// misplaces one term cannot hide behind a tolerance.
TEST(Bits, IntegersAreExact) {
  unsigned seed = 0;
  for (const std::string_view op :
       {"linear", "patch_embed", "embedding_add", "add", "gate", "rotary"}) {
    for (const OpSpec& spec : edge_specs(op)) {
      const std::string* activation = spec.fields.find("activation");
      if (activation && *activation != "none" && *activation != "relu") continue;
      // A mean is no integer.
      if (spec.fields.find("normalized") || spec.fields.find("statistics")) continue;
      const Choice choice = choose_default(spec, host_machine());
      ++seed;
      KernelRunner runner(spec, Fill::integers, seed, seed % 2 == 0);
      const std::vector<float> output = runner.run(host_machine(), choice);
      const OperandData data = runner.data(output);
      for (std::size_t i = 0; i < output.size(); ++i) {
        ASSERT_EQ(static_cast<double>(output[i]),
                  reference(spec, data, static_cast<std::int64_t>(i)).value)
            << spec.text() << " at " << i;
      }
    }
  }
}

}  // namespace
}  // namespace vitgen
