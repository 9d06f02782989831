// Every definition of an op against its plain one, on integers, where each of them is exact.

#include <gtest/gtest.h>

#include "generators/ops/linear.h"
#include "schedules/fallback.h"
#include "tests/schedules/kernel_runner.h"
#include "tests/schedules/op_specs.h"

namespace vitgen {
namespace {

std::vector<std::string_view> ops_with_forms() {
  std::vector<std::string_view> names;
  for (const OpEntry& op : all_ops()) {
    const std::vector<OpSpec> specs = edge_specs(op.name);
    const auto many = [&](const OpSpec& spec) { return op.forms(spec).size() > 1; };
    if (std::ranges::any_of(specs, many)) names.push_back(op.name);
  }
  return names;
}

class EveryForm : public ::testing::TestWithParam<std::string_view> {};

INSTANTIATE_TEST_SUITE_P(Table, EveryForm, ::testing::ValuesIn(ops_with_forms()),
                         [](const auto& each) { return std::string(each.param); });

std::vector<float> run_unscheduled(KernelRunner& runner, Algorithm algorithm) {
  apply_fallback(algorithm, host_machine());
  return runner.run(algorithm, test_target(host_machine()));
}

// A form with a micro-kernel needs the machine that has it.
std::vector<float> run_form(KernelRunner& runner, const OpEntry& op, std::string_view form) {
  Algorithm algorithm = op.define_form(runner.spec(), form);
  if (algorithm.microkernels.empty()) return run_unscheduled(runner, std::move(algorithm));
  const Machine& machine = find_machine("cpu_amx");
  const Choice choice = choose_default(runner.spec(), machine);
  if (build(runner.spec(), machine, choice).microkernels.empty()) return {};  // not for this shape
  return runner.run(machine, choice);
}

TEST_P(EveryForm, GivesTheValuesOfThePlainOne) {
  const OpEntry& op = find_op(GetParam());
  std::map<std::string_view, int> compared;
  for (const OpSpec& spec : edge_specs(op.name)) {
    KernelRunner runner(spec, Fill::integers, 3, true);
    const std::vector<std::string_view> forms = op.forms(spec);
    if (forms.size() == 1) continue;
    for (std::size_t f = 1; f < forms.size(); ++f) compared.try_emplace(forms[f], 0);
    const std::vector<float> plain = run_unscheduled(runner, op.define(spec));
    for (std::size_t f = 1; f < forms.size(); ++f) {
      SCOPED_TRACE(spec.text() + " in form " + std::string(forms[f]));
      const std::vector<float> values = run_form(runner, op, forms[f]);
      if (values.empty()) continue;
      EXPECT_EQ(values, plain);
      ++compared[forms[f]];
    }
  }
  EXPECT_FALSE(compared.empty());
  for (const auto& [form, shapes] : compared) EXPECT_GT(shapes, 3) << form;
}

TEST(LinearForms, AllOfThemAreCompared) {
  const LinearSpec spec{.compute = Compute::bf16};
  EXPECT_EQ(forms(spec).size(), enum_names(LinearForm{}).size());
}

}  // namespace
}  // namespace vitgen
