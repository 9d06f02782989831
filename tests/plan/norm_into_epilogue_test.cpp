// Plans whose LayerNorms are made by the linears around them.

#include "generators/plan/passes/norm_into_epilogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "generators/ops/support/ops_table.h"
#include "generators/plan/lower.h"
#include "tests/plan/small_vit.h"

namespace vitgen {
namespace {

constexpr DType kNarrow[] = {DType::f16, DType::bf16};

Plan plan_of(const VitSpec& spec, DType precision, std::vector<std::string> without = {},
             std::vector<std::string> outputs = {}) {
  PlanOptions options;
  options.precision = precision;
  options.disabled_passes = std::move(without);
  options.outputs = std::move(outputs);
  return lower(spec, options);
}

const Step& step(const Plan& plan, std::string_view name) {
  const auto found = std::ranges::find(plan.steps, name, &Step::name);
  if (found == plan.steps.end()) throw std::runtime_error("no step " + std::string(name));
  return *found;
}

LinearSpec linear(const Plan& plan, std::string_view name) {
  return typed_spec<LinearSpec>(step(plan, name).spec);
}

Slot operand(const Plan& plan, std::string_view name, std::string_view operand) {
  const Step& found = step(plan, name);
  return found.slots[operand_position(operands(found.spec), operand)];
}

std::string weight_text(const Plan& plan, const Slot& slot) {
  return to_text(plan.weights.at(static_cast<std::size_t>(slot.index)).value);
}

std::vector<std::string> norms(const Plan& plan) {
  std::vector<std::string> names;
  for (const Step& step : plan.steps) {
    if (step.spec.op == LayerNormSpec::op) names.push_back(step.name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(NormIntoEpilogue, LeavesTheFirstAndTheLastNormOfAVitToThemselves) {
  for (const DType precision : kNarrow) {
    const Plan plan = plan_of(small_vit(3), precision);
    EXPECT_EQ(norms(plan), (Names{"blocks.0.norm1", "norm"}));
    for (const char* name : {"blocks.0.attn.proj", "blocks.0.mlp.fc2", "blocks.1.mlp.fc2"}) {
      EXPECT_TRUE(linear(plan, name).statistics) << name;
    }
    for (const char* name : {"blocks.0.mlp.fc1", "blocks.1.attn.qkv", "blocks.2.mlp.fc1"}) {
      EXPECT_TRUE(linear(plan, name).normalized) << name;
      EXPECT_EQ(linear(plan, name).eps, small_vit(1).eps) << name;
    }
    EXPECT_FALSE(linear(plan, "blocks.2.mlp.fc2").statistics);
    EXPECT_FALSE(linear(plan, "blocks.0.attn.qkv").normalized);
  }
}

TEST(NormIntoEpilogue, TheNextLinearReadsTheResidualStreamAndItsStatistics) {
  const Plan plan = plan_of(small_vit(2), DType::f16);
  const Slot stream = operand(plan, "blocks.0.attn.proj", "output");
  EXPECT_EQ(operand(plan, "blocks.0.mlp.fc1", "input"), stream);
  EXPECT_EQ(operand(plan, "blocks.0.mlp.fc2", "residual"), stream);
  EXPECT_EQ(operand(plan, "blocks.0.mlp.fc1", "input_statistics"),
            operand(plan, "blocks.0.attn.proj", "statistics"));
  const Slot statistics = operand(plan, "blocks.0.attn.proj", "statistics");
  EXPECT_EQ(plan.buffers.at(static_cast<std::size_t>(statistics.index)).bytes, 7 * 1 * 2 * 4);
}

TEST(NormIntoEpilogue, ColumnSumsAreThoseOfTheWeightAsItIsStored) {
  const Plan plan = plan_of(small_vit(1), DType::bf16);
  const std::string weight = weight_text(plan, operand(plan, "blocks.0.mlp.fc1", "weight"));
  EXPECT_EQ(weight, "mul_columns(0.fc1.weight[40x24], 0.norm2.weight[24])");
  EXPECT_EQ(weight_text(plan, operand(plan, "blocks.0.mlp.fc1", "column_sums")),
            "row_sums(rounded(" + weight + "; 3))");
  EXPECT_EQ(static_cast<int>(DType::bf16), 3);
}

TEST(NormIntoEpilogue, DoesNothingInF32OrWhenItIsOff) {
  EXPECT_EQ(plan_of(small_vit(2), DType::f32),
            plan_of(small_vit(2), DType::f32, {"norm_into_epilogue"}));
  const Plan off = plan_of(small_vit(2), DType::f16, {"norm_into_epilogue"});
  EXPECT_EQ(norms(off).size(), 5u);
  for (const Step& each : off.steps) {
    if (each.spec.op != LinearSpec::op) continue;
    const auto spec = typed_spec<LinearSpec>(each.spec);
    EXPECT_FALSE(spec.normalized || spec.statistics) << each.name;
  }
}

TEST(NormIntoEpilogue, KeepsANormWithGainAndBiasOfItsOwn) {
  const Plan plan = plan_of(small_vit(2), DType::f16, {"norm_into_linear"});
  EXPECT_EQ(norms(plan).size(), 5u);
}

TEST(NormIntoEpilogue, KeepsPostNormsSinceTheResidualReadsThemToo) {
  for (const NormPlacement placement : {NormPlacement::post, NormPlacement::res_post}) {
    VitSpec spec = small_vit(2);
    spec.norm_placement = placement;
    if (placement == NormPlacement::post) spec.final_norm = FinalNorm::none;
    EXPECT_EQ(plan_of(spec, DType::f16), plan_of(spec, DType::f16, {"norm_into_epilogue"}));
  }
}

TEST(NormIntoEpilogue, AnOutputOfTheResidualStreamIsWidenedAsWithoutIt) {
  const Plan plan = plan_of(small_vit(2), DType::f16, {}, {"features_0", "logits"});
  EXPECT_EQ(norms(plan), (Names{"blocks.0.norm1", "norm"}));
  EXPECT_EQ(step(plan, "blocks.0.mlp.fc2.f32").slots[0],
            operand(plan, "blocks.1.attn.qkv", "input"));
}

TEST(NormIntoEpilogue, TakesTheNormWithinAnMlpAndTheScaleOfALayer) {
  VitSpec spec = small_vit(1);
  spec.mlp_norm = true;
  spec.layer_scale = true;
  spec.names.mlp_norm = "{}.mlp_norm.*";
  spec.names.gain1 = "{}.ls1";
  spec.names.gain2 = "{}.ls2";
  const Plan plan = plan_of(spec, DType::bf16);
  EXPECT_EQ(norms(plan), (Names{"blocks.0.norm1", "norm"}));
  EXPECT_TRUE(linear(plan, "blocks.0.mlp.fc1").normalized);
  EXPECT_TRUE(linear(plan, "blocks.0.mlp.fc1").statistics);
  EXPECT_TRUE(linear(plan, "blocks.0.mlp.fc2").normalized);
  EXPECT_EQ(weight_text(plan, operand(plan, "blocks.0.mlp.fc2", "column_sums")),
            "row_sums(rounded(" + weight_text(plan, operand(plan, "blocks.0.mlp.fc2", "weight")) +
                "; 3))");
}

// A gate stands between fc1 and the norm: it writes no statistics.
TEST(NormIntoEpilogue, KeepsANormBehindAGate) {
  VitSpec spec = small_vit(1);
  spec.gate = GateWeights::joined;
  spec.mlp_norm = true;
  spec.names.gate_up = "{}.w12.*";
  spec.names.down = "{}.w3.*";
  spec.names.mlp_norm = "{}.mlp_norm.*";
  EXPECT_EQ(norms(plan_of(spec, DType::f16)),
            (Names{"blocks.0.norm1", "blocks.0.mlp.norm", "norm"}));
}

// 20 channels are 40 bytes, and 36 of the MLP 72.
TEST(NormIntoEpilogue, KeepsNormsOfRowsThatAreNoWholeChunks) {
  VitSpec spec = small_vit(2);
  spec.width = 20;
  spec.heads = 2;
  spec.head_size = 10;
  EXPECT_EQ(norms(plan_of(spec, DType::f16)).size(), 5u);
  VitSpec odd_mlp = small_vit(2);
  odd_mlp.mlp = 36;  // fc2 writes no statistics
  EXPECT_EQ(norms(plan_of(odd_mlp, DType::f16)),
            (Names{"blocks.0.norm1", "blocks.1.norm1", "norm"}));
}

// Two norms of one stream: the statistics are written once.
TEST(NormIntoEpilogue, SharesTheStatisticsOfRowsThatTwoNormsRead) {
  Plan plan = plan_of(small_vit(1), DType::f16, {"norm_into_epilogue"});
  Step second = step(plan, "blocks.0.norm2");
  second.name = "norm_again";
  Step reader = step(plan, "blocks.0.mlp.fc1");
  reader.name = "reader_again";
  for (Step* each : {&second, &reader}) {
    const Slot out{SlotKind::arena, static_cast<int>(plan.buffers.size())};
    plan.buffers.push_back({.bytes = operands(each->spec).back().bytes()});
    each->slots.back() = out;
  }
  reader.slots[0] = second.slots.back();
  const auto fc1 = std::ranges::find(plan.steps, "blocks.0.mlp.fc1", &Step::name);
  plan.steps.insert(fc1, {second, reader});
  norm_into_epilogue(plan);
  EXPECT_EQ(norms(plan), (Names{"blocks.0.norm1", "norm"}));
  EXPECT_EQ(operand(plan, "reader_again", "input_statistics"),
            operand(plan, "blocks.0.mlp.fc1", "input_statistics"));
  EXPECT_EQ(step(plan, "blocks.0.attn.proj").slots.size(), 6u);  // x, w, bias, residual, y and one
}

}  // namespace
}  // namespace vitgen
