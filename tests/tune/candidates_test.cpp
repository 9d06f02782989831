// Which candidates the model keeps, for which kernels.

#include "tools/tune/candidates.h"

#include <gtest/gtest.h>

#include <set>

#include "generators/models/support/model.h"
#include "generators/ops/attention.h"
#include "generators/ops/linear.h"
#include "generators/ops/token_mix.h"
#include "generators/plan/lower.h"
#include "tests/models/vit_of.h"

namespace vitgen {
namespace {

constexpr CacheBytes kCaches{.l1 = 32 << 10, .l2 = 512 << 10};

std::vector<OpSpec> model_specs() {
  const Model model = load_architecture("vit_tiny_patch16_224", {.strict = false, .overrides = {}});
  std::vector<OpSpec> specs;
  for (const Step& step : lower(vit_of(model), {}).steps) {
    if (std::ranges::find(specs, step.spec) == specs.end()) specs.push_back(step.spec);
  }
  return specs;
}

bool is_open(const Candidate& candidate) { return !candidate.decided; }

TEST(Candidates, TheDefaultIsFirstAndStaysWhateverTheModelSays) {
  for (const char* name : {"cpu_avx2", "cpu_avx512"}) {
    const Machine& machine = find_machine(name);
    for (const OpSpec& spec : model_specs()) {
      const auto list = enumerate_candidates(spec, machine, kCaches, {.keep = 1, .random = 0});
      ASSERT_FALSE(list.empty()) << spec.text();
      EXPECT_TRUE(list.front().is_default);
      EXPECT_EQ(list.front().choice, choose_default(spec, machine)) << spec.text();
      EXPECT_FALSE(list.front().decided);
      EXPECT_EQ(std::ranges::count_if(list, is_open), 1);
      EXPECT_EQ(std::ranges::count_if(list, &Candidate::is_default), 1);
    }
  }
}

TEST(Candidates, OnAGpuNoTileIsRefusedAndThoseOfTensorCoresGoFirst) {
  const Machine& machine = find_machine("cuda_sm90");
  const OpSpec spec =
      op_spec(LinearSpec{.rows = 197, .k = 768, .n = 768, .panel = 1, .storage = DType::f16});
  const auto list = enumerate_candidates(spec, machine, {}, {.keep = 6, .random = 2});
  ASSERT_GT(list.size(), 100u);
  for (const Candidate& each : list) {
    EXPECT_EQ(each.model.reject, "") << each.choice.text();
    EXPECT_GT(each.model.cycles, 0) << each.choice.text();
  }
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NE(list[i].choice.knobs.find("block_m"), nullptr) << list[i].choice.text();
  }
}

// 32 rows are two blocks of 128 columns each, or eight of 32: of which each has its multiprocessor.
TEST(Candidates, OnAGpuTilesForEveryMultiprocessorGoBeforeLargerOnes) {
  const Machine& machine = find_machine("cuda_sm80");
  const OpSpec spec =
      op_spec(LinearSpec{.rows = 32, .k = 768, .n = 256, .panel = 1, .storage = DType::f16});
  const auto cycles = [&](int block_m, int block_n) {
    const Choice choice{
        "cuda/linear_tensor",
        {{{"block_m", std::to_string(block_m)}, {"block_n", std::to_string(block_n)}}}};
    return estimate_tile(spec, machine, choice, {}).cycles;
  };
  EXPECT_LT(cycles(32, 32), cycles(32, 128));
  EXPECT_LT(cycles(32, 128), cycles(128, 128));
}

TEST(Candidates, TheWholeSpaceIsListedOnceAndWhatIsLeftOutSaysWhy) {
  const Machine& machine = find_machine("cpu_avx2");
  for (const OpSpec& spec : model_specs()) {
    const Selection selection{.keep = 10, .random = 3};
    const auto list = enumerate_candidates(spec, machine, kCaches, selection);
    std::set<std::string> texts;
    for (std::size_t i = 0; i < list.size(); ++i) {
      EXPECT_TRUE(texts.insert(list[i].choice.text()).second);
      EXPECT_EQ(list[i].ordinal, static_cast<int>(i));
      EXPECT_EQ(list[i].decided, !list[i].reason.empty());
      if (list[i].decided) {
        EXPECT_EQ(list[i].status, TrialStatus::rejected_model);
      }
    }
    EXPECT_LE(std::ranges::count_if(list, is_open), 13);
  }
}

TEST(Candidates, OnlyTheRandomOnesDependOnTheSeed) {
  const OpSpec spec = op_spec(LinearSpec{.rows = 197, .k = 192, .n = 768, .panel = 48});
  const auto list = [&](std::uint32_t seed) {
    std::vector<std::string> texts;
    const Selection selection{.keep = 6, .random = 4, .seed = seed};
    for (const Candidate& each :
         enumerate_candidates(spec, find_machine("cpu_avx2"), kCaches, selection)) {
      if (is_open(each)) texts.push_back(each.choice.text());
    }
    return texts;
  };
  const auto one = list(1), again = list(1), two = list(2);
  ASSERT_EQ(one.size(), 10u);
  EXPECT_EQ(one, again);
  EXPECT_NE(one, two);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(one[i], two[i]);
}

TEST(Candidates, ALimitOfTrialsIsALimit) {
  for (const int trials : {1, 2, 3, 4, 12, 32}) {
    const Selection selection = selection_for(trials, 1);
    EXPECT_EQ(selection.keep + selection.random, trials);
    EXPECT_GE(selection.keep, 1);
  }
  EXPECT_EQ(selection_for(0, 5).keep, Selection{}.keep);
  EXPECT_EQ(selection_for(0, 5).seed, 5u);
}

Choice choice(const std::string& rule, const std::string& knobs) {
  return {rule, Fields::parse(knobs)};
}

Choice tile(int m_r, int n_r) {
  return choice("cpu/linear",
                "m_r=" + std::to_string(m_r) + ",n_r=" + std::to_string(n_r) + ",unroll_k=4");
}

TEST(TileModel, CountsRegistersPaddingAndLoads) {
  const OpSpec spec = op_spec(LinearSpec{.rows = 197, .k = 192, .n = 768, .panel = 48});
  const Machine& machine = find_machine("cpu_avx2");
  const TileEstimate six = estimate_tile(spec, machine, tile(6, 16), kCaches);
  EXPECT_EQ(six.registers, 14);
  EXPECT_DOUBLE_EQ(six.padding, 198.0 / 197);
  EXPECT_DOUBLE_EQ(six.loads, 8.0 / 12);
  EXPECT_DOUBLE_EQ(six.strip_bytes, 192 * 16 * 4);
  EXPECT_EQ(six.reject, "");
  EXPECT_NE(estimate_tile(spec, machine, tile(8, 16), kCaches).reject, "");
  // One sum waits for itself; a tile of one column loads more than it multiplies.
  EXPECT_GT(estimate_tile(spec, machine, tile(1, 8), kCaches).cycles, 3 * six.cycles);
}

TEST(TileModel, AttentionHasTwoTilesAndOtherKnobsAreAllAlike) {
  const OpSpec attention = op_spec(AttentionSpec{1, 197, 3, 64, 0.125f});
  const Machine& machine = find_machine("cpu_avx2");
  const TileEstimate both = estimate_tile(
      attention, machine, choice("cpu/attention", "m_r=6,n_keys=16,n_out=16"), kCaches);
  EXPECT_EQ(both.registers, 14);
  EXPECT_DOUBLE_EQ(both.padding, 198.0 / 197);
  // The larger strip: of the keys one is summed over the head, of the values over the tokens.
  EXPECT_DOUBLE_EQ(both.strip_bytes, 197 * 16 * 4);
  const OpSpec few = op_spec(AttentionSpec{1, 48, 3, 64, 0.125f});
  const TileEstimate keys =
      estimate_tile(few, machine, choice("cpu/attention", "m_r=3,n_keys=16,n_out=32"), kCaches);
  EXPECT_DOUBLE_EQ(keys.strip_bytes, 48 * 32 * 4);
  EXPECT_EQ(keys.registers, 3 * 4 + 2);
  const TileEstimate values =
      estimate_tile(few, machine, choice("cpu/attention", "m_r=3,n_keys=32,n_out=16"), kCaches);
  EXPECT_DOUBLE_EQ(values.strip_bytes, 64 * 32 * 4);
  const TileEstimate other =
      estimate_tile(attention, machine, choice("cpu/add", "rows_per_task=16"), kCaches);
  EXPECT_EQ(other.registers, 0);
  EXPECT_EQ(other.cycles, 1);
}

TEST(TileModel, CountsTheVectorsThatTheRuleHas) {
  const Machine& machine = find_machine("cpu_avx2");
  const OpSpec mix = op_spec(TokenMixSpec{.batch = 1, .tokens = 42, .outputs = 42, .width = 256});
  const TileEstimate mixed =
      estimate_tile(mix, machine, choice("cpu/token_mix", "m_r=6,n_c=16,unroll_j=2"), kCaches);
  EXPECT_EQ(mixed.registers, 6 * 2 + 2);
  EXPECT_DOUBLE_EQ(mixed.strip_bytes, 42 * 16 * 4);
  // A key of many images is a vector by itself.
  const OpSpec pixels = op_spec(AttentionSpec{196, 16, 4, 6, 0.4f});
  const TileEstimate small = estimate_tile(
      pixels, machine, choice("cpu/attention_small", "m_r=4,n_keys=2,n_out=3"), kCaches);
  EXPECT_EQ(small.registers, 4 * 3 + 2);
  EXPECT_DOUBLE_EQ(small.strip_bytes, 16 * 3 * 8 * 4);
  // 24 columns are three vectors of 8 where they may not be padded, on AVX-512, too.
  const OpSpec rows = op_spec(LinearSpec{.rows = 3136, .k = 24, .n = 24, .panel = 32});
  const TileEstimate narrow =
      estimate_tile(rows, find_machine("cpu_avx512"),
                    choice("cpu/linear_rows", "tiles=64,m_r=4,n_r=24,unroll_k=4"), kCaches);
  EXPECT_EQ(narrow.registers, 4 * 3 + 2);
}

}  // namespace
}  // namespace vitgen
