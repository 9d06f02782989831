// vitgen verify: every step of a library against naive loops in double, on the step's own inputs.

#include <fmt/core.h>

#include "generators/base/counted.h"
#include "runtime/threads.h"
#include "tools/verify/reference/reference.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/library_facts.h"
#include "tools/vitgen/loaded_library.h"
#include "tools/vitgen/random_input.h"
#include "tools/vitgen/verify_weights.h"

namespace vitgen {

void add_verify(CLI::App& app, const Console& console);

namespace {

struct VerifyArguments {
  std::string directory;
  ModelArguments model;
  bool json = false;
  std::int64_t samples = 1024;
  unsigned seed = 1;
  OpenOptions open;
};

struct StepResult {
  std::string name, op;
  int batch = 1;
  Comparison comparison;
  bool pass() const { return comparison.failed == 0; }
};

// What the observer sees of one run, checked step by step while the arena still holds it.
struct Observation {
  const LibraryFacts* facts = nullptr;
  std::vector<std::pair<const BucketFacts*, const StepFacts*>> steps;  // as the library counts them
  std::int64_t samples = 0;
  std::vector<StepResult> results;
  std::exception_ptr error;
  Progress* progress = nullptr;
};

void check_step(Observation& seen, std::size_t step, const vitgen_api_operand* operands,
                std::size_t count) {
  const auto [bucket, facts] = seen.steps.at(step);
  const OpSpec& spec = seen.facts->kernels[facts->kernel].spec;
  std::vector<const void*> data;
  for (std::size_t i = 0; i < count; ++i) data.push_back(operands[i].data);
  const OperandData reference_data(vitgen::operands(spec), data);
  seen.results.push_back(
      {facts->name, spec.op, bucket->batch, compare(spec, reference_data, seen.samples)});
  seen.progress->update(seen.results.size(), facts->name);
}

// The library calls back through C: nothing may be thrown across.
void on_step(void* user, std::size_t step, const vitgen_api_step*,
             const vitgen_api_operand* operands, std::size_t count) {
  auto& seen = *static_cast<Observation*>(user);
  if (seen.error) return;
  try {
    check_step(seen, step, operands, count);
  } catch (...) {
    seen.error = std::current_exception();
  }
}

void run_random(LoadedLibrary& library, std::size_t n, unsigned seed) {
  const RandomInputs inputs(library, n, seed);
  std::vector<std::vector<float>> values;
  std::vector<void*> outputs;
  for (const TensorPort& port : library.outputs()) values.emplace_back(n * port.elements);
  for (std::vector<float>& value : values) outputs.push_back(value.data());
  library.run(n, inputs.pointers, outputs);
}

std::vector<StepResult> verify_steps(LoadedLibrary& library, const LibraryFacts& facts,
                                     const VerifyArguments& arguments, Progress& progress) {
  Observation seen;
  seen.facts = &facts;
  seen.samples = arguments.samples;
  seen.progress = &progress;
  for (const BucketFacts& bucket : facts.buckets) {
    for (const StepFacts& step : bucket.steps) seen.steps.emplace_back(&bucket, &step);
  }
  progress.begin("verify steps", seen.steps.size());
  library.observe(on_step, &seen);
  for (const BucketFacts& bucket : facts.buckets) {  // n = its batch runs just this bucket
    run_random(library, static_cast<std::size_t>(bucket.batch), arguments.seed);
  }
  progress.end();
  if (seen.error) std::rethrow_exception(seen.error);
  return seen.results;
}

Json step_json(const StepResult& result) {
  const Comparison& c = result.comparison;
  return {{"step", result.name},    {"op", result.op},
          {"batch", result.batch},  {"checked", c.checked},
          {"failed", c.failed},     {"max_abs", c.max_abs},
          {"max_ulp", c.max_ulp},   {"worst_ratio", c.worst_ratio},
          {"bound", c.worst_bound}, {"pass", result.pass()}};
}

void print_table(const std::vector<StepResult>& results) {
  fmt::print("{:<28} {:>5} {:>9} {:>11} {:>9} {:>11} {:>12}\n", "step", "batch", "checked",
             "max abs", "max ulp", "bound", "error/bound");
  for (const StepResult& result : results) {
    const Comparison& c = result.comparison;
    fmt::print("{:<28} {:>5} {:>9} {:>11.3g} {:>9.3g} {:>11.3g} {:>12.3f}{}\n", result.name,
               result.batch, c.checked, c.max_abs, c.max_ulp, c.worst_bound, c.worst_ratio,
               result.pass() ? "" : "  FAIL");
  }
}

void verify(const VerifyArguments& arguments, const Console& console) {
  OpenOptions open = arguments.open;
  // With a model at hand, damage is named tensor by tensor below.
  open.check_content = arguments.model.model.empty();
  LoadedLibrary library(arguments.directory, open);
  const LibraryFacts facts = library_facts(library.manifest());
  const auto progress = console.progress();
  Json report = {{"library", facts.name}, {"isa", library.isa()}, {"threads", library.threads()}};
  std::int64_t failures = 0;
  if (!arguments.model.model.empty()) {
    const WeightsCheck weights =
        verify_weights(arguments.directory, library.manifest(), arguments.model, *progress);
    report["weights"] = {{"checked", weights.checked}, {"different", weights.different}};
    failures += static_cast<std::int64_t>(weights.different.size());
    if (!arguments.json) {
      fmt::print("weights: {} packed tensors equal the model's, {} differ\n",
                 weights.checked - weights.different.size(), weights.different.size());
      for (const std::string& name : weights.different) fmt::print("  {}\n", printable(name));
    }
  }
  const std::vector<StepResult> results = verify_steps(library, facts, arguments, *progress);
  report["steps"] = Json::array();
  for (const StepResult& result : results) {
    failures += result.pass() ? 0 : 1;
    report["steps"].push_back(step_json(result));
  }
  report["pass"] = failures == 0;
  if (arguments.json) {
    fmt::print("{}\n", report.dump(1));
  } else {
    print_table(results);
    fmt::print("{}: {} of {} steps within their bounds ({}, {})\n", facts.name,
               std::ranges::count_if(results, &StepResult::pass), results.size(), library.isa(),
               counted(library.threads(), "thread"));
  }
  if (failures != 0) {
    throw Error(ExitCode::check_failed, "VERIFY", counted(failures, "check") + " failed");
  }
}

}  // namespace

void add_verify(CLI::App& app, const Console& console) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command = app.add_subcommand(
      "verify", "Check every step of a library against a double-precision reference");
  command->add_option("directory", arguments->directory, "What `generate -o` wrote")->required();
  command->add_option("-m,--model", arguments->model.model,
                      "The model it was generated from: the packed weights are compared too");
  command->add_option("--config", arguments->model.config,
                      "The model's config.json, if not beside it");
  command->add_flag("--follow-symlinks", arguments->model.follow_symlinks, kFollowSymlinksHelp);
  command->add_flag("--json", arguments->json, "A JSON document instead of the table");
  command
      ->add_option("--samples", arguments->samples,
                   "Elements to check per step, 0 for all of them (1024)")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seed", arguments->seed, "Of the random input (1)");
  command->add_option("--threads", arguments->open.threads, "0: what the machine gives (0)")
      ->check(CLI::Range(0, int{rt::kMaxThreads}));
  command->add_option("--isa", arguments->open.isa, "Force a variant, such as x86-64-avx2");
  command->callback([arguments, &console] { verify(*arguments, console); });
}

}  // namespace vitgen
