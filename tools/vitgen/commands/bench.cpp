// vitgen bench: how fast a generated library is, as a whole and step by step.

#include <fmt/core.h>

#include "generators/base/output_set.h"
#include "runtime/threads.h"
#include "tools/vitgen/bench.h"
#include "tools/vitgen/bench_text.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {

void add_bench(CLI::App& app, const Console& console);

namespace {

struct BenchArguments {
  std::string directory, output;
  std::string format = "text";
  std::string steps = "kernels";
  BenchSettings settings;
};

StepDetail detail_of(const std::string& word) {
  return word == "all" ? StepDetail::all : word == "none" ? StepDetail::none : StepDetail::kernels;
}

void bench(const BenchArguments& arguments, const Console& console) {
  const auto progress = console.progress();
  const BenchRecord record = run_bench(arguments.directory, arguments.settings, *progress);
  const std::string text = arguments.format == "json"
                               ? bench_json(record).dump(1) + "\n"
                               : bench_text(record, detail_of(arguments.steps));
  if (arguments.output.empty()) {
    fmt::print("{}", text);
  } else {
    write_aside(arguments.output, text);
    console.note("wrote " + printable(arguments.output));
  }
}

}  // namespace

void add_bench(CLI::App& app, const Console& console) {
  auto arguments = std::make_shared<BenchArguments>();
  BenchSettings& settings = arguments->settings;
  CLI::App* command =
      app.add_subcommand("bench", "Time a generated library, as a whole and step by step");
  command->add_option("directory", arguments->directory, "What `generate -o` wrote")->required();
  command
      ->add_option("--threads", settings.threads,
                   "Numbers of threads, such as 1,2; 0: what the machine gives (0)")
      ->delimiter(',')
      ->check(CLI::Range(0, int{rt::kMaxThreads}));
  command
      ->add_option("--batch", settings.batches,
                   "Images per run, such as 1,8 (those that the library has kernels for)")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  CLI::Option* seconds =
      command->add_option("--seconds", settings.seconds, "Of runs, per threads and batch (2)")
          ->check(CLI::Range(0.01, 3600.0));
  command->add_option("--runs", settings.runs, "So many runs instead of --seconds")
      ->check(CLI::Range(1, kMostRuns))
      ->excludes(seconds);
  command->add_option("--isa", settings.isa, "Force a variant, such as x86-64-avx2");
  command->add_flag("--no-graph", settings.no_graph, kNoGraphHelp);
  command->add_option("--seed", settings.seed, "Of the random input (1)")
      ->check(CLI::Range(0, 1 << 20));
  command
      ->add_option("--steps", arguments->steps, "none, kernels, or all steps one by one (kernels)")
      ->check(CLI::IsMember({"none", "kernels", "all"}));
  command->add_option("--format", arguments->format, "text or json (text)")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("-o,--output", arguments->output, "Write to this file, not to stdout");
  command->callback([arguments, &console] { bench(*arguments, console); });
}

}  // namespace vitgen
