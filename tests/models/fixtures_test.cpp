// Every fixture: read, lowered, run step by step in the double reference, compared with what timm
// or transformers computed in float64. Shows that names, order, eps, activations, positions and
// poolings are theirs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include "generators/models/support/model.h"
#include "generators/plan/lower.h"
#include "generators/plan/passes/passes.h"
#include "tests/models/npy_values.h"
#include "tests/models/plan_runner.h"
#include "tests/models/vit_of.h"
#include "tools/verify/reference/storage.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

const fs::path root = fs::path(VITGEN_SOURCE_DIR) / "tests/fixtures";

/// What a fixture for another image size has: the library's own position table.
constexpr const char* positions = "positions_f32.npy";

/// Fixtures that have a file of this name.
std::vector<std::string> fixtures_with(const std::string& file) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (fs::exists(entry.path() / file)) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

WeightSource weights_of(const fs::path& folder) {
  for (const char* name : {"model.safetensors.index.json", "model.npz"}) {
    if (fs::exists(folder / name)) return WeightSource::open(folder / name);
  }
  return WeightSource::open(folder / "model.safetensors");
}

/// An .npz shows all that a config would say.
std::optional<std::string> config_of(const fs::path& folder) {
  const fs::path config = folder / "config.json";
  return fs::exists(config) ? std::optional(config.string()) : std::nullopt;
}

/// Outputs that the original code's values are there for.
std::vector<std::string> stored_outputs(const fs::path& folder) {
  constexpr std::string_view ending = "_f64.npy";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename();
    if (file.ends_with(ending)) names.push_back(file.substr(0, file.size() - ending.size()));
  }
  std::ranges::sort(names);
  return names;
}

double norm(const std::vector<double>& values) {
  double total = 0;
  for (const double v : values) total += v * v;
  return std::sqrt(total);
}

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] - b[i];
  return out;
}

/// timm's pooled vector of a distilled model is the mean of its two tokens, ours holds both.
std::vector<double> mean_of_halves(const std::vector<float>& both, std::size_t width) {
  std::vector<double> out;
  for (std::size_t at = 0; at < both.size(); at += 2 * width) {
    for (std::size_t c = 0; c < width; ++c) {
      out.push_back((static_cast<double>(both[at + c]) + both[at + width + c]) / 2);
    }
  }
  return out;
}

class Fixture : public ::testing::TestWithParam<std::string> {
 protected:
  fs::path folder() const { return root / GetParam(); }
  Model model() const { return load_model(weights_of(folder()), config_of(folder())); }

  /// Of the plan, by their names but for the first.
  std::vector<std::vector<float>> inputs(const Plan& plan) const {
    std::vector<std::vector<float>> all;
    for (const Port& port : plan.inputs) {
      const std::string file = all.empty() ? "input.npy" : "input." + port.name + ".npy";
      const NpyValues input = read_npy_values(folder() / file);
      all.emplace_back(input.values.begin(), input.values.end());
    }
    return all;
  }

  PlanOptions options(const NpyValues& input) const {
    PlanOptions options;
    options.batch = static_cast<int>(input.shape[0]);
    if (input.shape.size() == 4) {
      options.image_h = static_cast<int>(input.shape[2]);
      options.image_w = static_cast<int>(input.shape[3]);
    }
    options.outputs = stored_outputs(folder());
    return options;
  }

  /// Each step rounds its output once, and the library's positions were resampled in f32: the
  /// distance is at most twice that of the library's own float32 run, plus u for each step. Errors
  /// of first order grow with u, so with narrower numbers both do.
  void expect_equal(const std::string& name, const std::vector<float>& values, std::size_t steps,
                    DType storage = DType::f32) {
    const NpyValues f64 = read_npy_values(folder() / (name + "_f64.npy"));
    const NpyValues f32 = read_npy_values(folder() / (name + "_f32.npy"));
    std::vector<double> ours(values.begin(), values.end());
    if (ours.size() == 2 * f64.values.size()) {
      ours = mean_of_halves(values, static_cast<std::size_t>(f64.shape.back()));
    }
    ASSERT_EQ(ours.size(), f64.values.size()) << name;
    const double u = unit_roundoff(storage);
    const double bound = 2 * norm(difference(f32.values, f64.values)) * u / 0x1p-24 +
                         u * static_cast<double>(steps) * norm(f64.values);
    EXPECT_LE(norm(difference(ours, f64.values)), bound) << name;
    const double most = storage == DType::f32 ? 1e-4 : 0.5;
    EXPECT_LT(bound, most * norm(f64.values)) << name << ": the bound shows nothing";
  }
};

TEST_P(Fixture, loads_without_unused_tensors) {
  const Model loaded = load_model(weights_of(folder()), config_of(folder()), {.strict = true});
  const bool reads_images = read_npy_values(folder() / "input.npy").shape.size() == 4;
  EXPECT_EQ(loaded.preprocess.has_value(), reads_images);
  for (const std::string& notice : loaded.notices) {
    const bool expected = notice.find("preprocessor_config") != std::string::npos ||
                          notice.starts_with("no config: ") || notice.starts_with("DropPos ");
    EXPECT_TRUE(expected) << notice;
  }
}

TEST_P(Fixture, plan_in_double_equals_the_original_code_in_float64) {
  const NpyValues input = read_npy_values(folder() / "input.npy");
  const Model loaded = model();
  const PlanOptions wanted = options(input);
  const Plan plan = loaded.network.lower(wanted);
  const auto outputs = run_plan(plan, weights_of(folder()), inputs(plan));
  ASSERT_FALSE(outputs.empty());
  for (const auto& [name, values] : outputs) expect_equal(name, values, plan.steps.size());
}

TEST_P(Fixture, without_passes_is_equal_too) {
  const NpyValues input = read_npy_values(folder() / "input.npy");
  const Model loaded = model();
  PlanOptions wanted = options(input);
  for (const Pass& pass : all_passes()) wanted.disabled_passes.emplace_back(pass.name);
  const Plan plan = loaded.network.lower(wanted);
  for (const auto& [name, values] : run_plan(plan, weights_of(folder()), inputs(plan))) {
    expect_equal(name, values, plan.steps.size());
  }
}

TEST_P(Fixture, pooling_before_the_norm_changes_no_bit_of_the_outputs) {
  const NpyValues input = read_npy_values(folder() / "input.npy");
  const Model loaded = model();
  PlanOptions wanted = options(input);
  wanted.outputs.clear();
  const WeightSource weights = weights_of(folder());
  // Alone, since a pass after it finds other neighbours.
  wanted.disabled_passes = {"norm_into_linear", "scale_into_query"};
  const Plan plan = loaded.network.lower(wanted);
  const auto with = run_plan(plan, weights, inputs(plan));
  wanted.disabled_passes.emplace_back("pool_before_norm");
  EXPECT_EQ(run_plan(loaded.network.lower(wanted), weights, inputs(plan)), with);
}

// One of each kind of network and of attention, norms, gates, poolings and heads.
class NarrowFixture : public Fixture {};

TEST_P(NarrowFixture, in_16_bits_is_as_far_from_the_original_code_as_its_roundings_are_larger) {
  const NpyValues input = read_npy_values(folder() / "input.npy");
  const Model loaded = model();
  for (const DType storage : {DType::f16, DType::bf16}) {
    SCOPED_TRACE(enum_text(storage));
    PlanOptions wanted = options(input);
    wanted.precision = storage;
    const Plan plan = loaded.network.lower(wanted);
    const auto outputs = run_plan(plan, weights_of(folder()), inputs(plan));
    ASSERT_FALSE(outputs.empty());
    for (const auto& [name, values] : outputs) {
      expect_equal(name, values, plan.steps.size(), storage);
    }
  }
}

class ResizedFixture : public Fixture {};

TEST_P(ResizedFixture, positions_equal_the_librarys_resampled_table) {
  const NpyValues expected = read_npy_values(folder() / positions);
  const NpyValues input = read_npy_values(folder() / "input.npy");
  const Model loaded = model();
  const Plan plan = loaded.network.lower(options(input));
  const auto weight = std::find_if(plan.weights.begin(), plan.weights.end(),
                                   [](const Weight& w) { return w.name == "pos_embed.patches"; });
  const HostTensor ours = evaluate(weight->value, weights_of(folder()));
  ASSERT_EQ(ours.shape[0] + vit_of(loaded).position_prefix, expected.shape[1]);
  const std::size_t skip = expected.values.size() - ours.values.size();
  double largest = 0;
  for (const double v : expected.values) largest = std::max(largest, std::abs(v));
  for (std::size_t i = 0; i < ours.values.size(); ++i) {
    // Two passes of at most 8 taps in f32, whose magnitudes add up to less than 2 each.
    EXPECT_NEAR(ours.values[i], expected.values[skip + i], 2 * 2 * 8 * 0x1p-24 * largest) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Fixture, ::testing::ValuesIn(fixtures_with("input.npy")),
                         [](const auto& test) { return test.param; });
INSTANTIATE_TEST_SUITE_P(Some, NarrowFixture,
                         ::testing::Values("timm_vit", "irpe_product_qkv", "timm_beit", "tnt",
                                           "tnt_odd", "timm_eva02", "timm_vit_reg4_map",
                                           "timm_deit_distilled", "hf_vit_masked", "patch_mixer"),
                         [](const auto& test) { return test.param; });
INSTANTIATE_TEST_SUITE_P(Each, ResizedFixture, ::testing::ValuesIn(fixtures_with(positions)),
                         [](const auto& test) { return test.param; });

TEST(FixtureFolders, all_kinds_of_models_are_there) {
  EXPECT_GE(fixtures_with("config.json").size(), 25u);
  EXPECT_GE(fixtures_with("model.npz").size(), 4u);
  EXPECT_GE(fixtures_with(positions).size(), 4u);
}

}  // namespace
}  // namespace vitgen
