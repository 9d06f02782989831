// What tools/gpu_check.sh runs on a machine with a GPU and its driver, and nothing else of ours:
// one part of a check at a time, so that one that fails or hangs costs no other.

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <array>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "generators/base/error.h"
#include "generators/base/output_set.h"
#include "tools/gpu_check/bench_library.h"
#include "tools/gpu_check/check_library.h"
#include "tools/gpu_check/missing_ops.h"
#include "tools/gpu_check/random_weights_file.h"
#include "tools/gpu_check/roofs.h"
#include "tools/gpu_check/summary.h"
#include "tools/measure/gpu.h"

namespace vitgen {
namespace {

void print(const Json& json) { fmt::print("{}\n", json.dump(1)); }

std::string today() {
  std::array<char, 16> text{};
  const std::time_t now = std::time(nullptr);
  std::strftime(text.data(), text.size(), "%Y-%m-%d", std::gmtime(&now));
  return text.data();
}

void add_device(CLI::App& app) {
  app.add_subcommand("device", "The GPU and its driver")->callback([] {
    const Gpu gpu;
    print({{"name", gpu.name()},
           {"capability", gpu.capability()},
           {"driver", gpu.driver()},
           {"date", today()}});
  });
}

void add_weights(CLI::App& app) {
  struct Arguments {
    std::string directory;
    std::uint64_t seed = 1;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("weights", "Made-up weights for a library without");
  command->add_option("directory", arguments->directory, "Of the library")->required();
  command->add_option("--seed", arguments->seed, "Of the values (1)");
  command->callback([arguments] { write_random_weights(arguments->directory, arguments->seed); });
}

void add_ops(CLI::App& app) {
  auto directories = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("ops", "Whether libraries have every op between them");
  command->add_option("directories", *directories, "Of the libraries")->required();
  command->callback([directories] {
    const std::vector<std::string> missing = missing_ops_of(*directories);
    if (missing.empty()) return;
    throw Error(ExitCode::check_failed, "GPU_OPS",
                fmt::format("no library has {}", fmt::join(missing, ", ")));
  });
}

void add_check(CLI::App& app) {
  auto settings = std::make_shared<CheckSettings>();
  CLI::App* command = app.add_subcommand("check", "Every step of a library against a reference");
  command->add_option("directory", settings->directory, "Of the library")->required();
  command->add_option("--isa", settings->isa, "Variant (the best)");
  command->add_option("--samples", settings->samples, "Elements per step, 0: all (1024)");
  command->add_option("--seed", settings->seed, "Of the input (1)");
  command->callback([settings] {
    const LibraryCheck check = check_library(*settings);
    print(check_json(check));
    if (!check.pass()) {
      throw Error(ExitCode::check_failed, "GPU_CHECK",
                  check.name + " on " + check.isa + " does not compute what it should");
    }
  });
}

void add_bench(CLI::App& app) {
  auto settings = std::make_shared<GpuBenchSettings>();
  CLI::App* command = app.add_subcommand("bench", "How fast a library is");
  command->add_option("directory", settings->directory, "Of the library")->required();
  command->add_option("--isa", settings->isa, "Variant (the best)");
  command->add_option("--batch", settings->batches, "Images per run (all buckets)")->delimiter(',');
  command->add_option("--seconds", settings->seconds, "Of runs, for each batch (2)");
  command->callback([settings] { print(gpu_bench_json(bench_library(*settings))); });
}

void add_roofs(CLI::App& app) {
  struct Arguments {
    std::string directory, isa;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("roofs", "What the GPU can do at most, for a library");
  command->add_option("directory", arguments->directory, "Of the library")->required();
  command->add_option("--isa", arguments->isa, "Variant (the best)");
  command->callback([arguments] { print(measure_roofs(arguments->directory, arguments->isa)); });
}

void add_summary(CLI::App& app) {
  struct Arguments {
    std::string folder, json, page;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("summary", "One document and one page of all parts");
  command->add_option("folder", arguments->folder, "Of the parts")->required();
  command->add_option("--json", arguments->json, "File to write")->required();
  command->add_option("--page", arguments->page, "File to write")->required();
  command->callback([arguments] {
    const Json summary = gpu_summary(arguments->folder);
    write_aside(arguments->json, summary.dump(1) + "\n");
    write_aside(arguments->page, summary_page(summary));
    const Verdict verdict = verdict_of(summary);
    if (verdict == Verdict::wrong) {
      throw Error(ExitCode::check_failed, "GPU_CHECK", "not all that was checked is right");
    }
    if (verdict == Verdict::incomplete) {
      throw Error(ExitCode::resources, "GPU_INCOMPLETE", "not all could be checked",
                  "the page names what failed and what there was no time for");
    }
  });
}

int run(int argc, char** argv) {
  CLI::App app("gpu_check: one part of tools/gpu_check.sh");
  app.require_subcommand(1);
  add_device(app);
  add_weights(app);
  add_ops(app);
  add_check(app);
  add_bench(app);
  add_roofs(app);
  add_summary(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    throw Error(ExitCode::usage, "USAGE", printable(error.what(), 400));
  }
}

}  // namespace
}  // namespace vitgen

int main(int argc, char** argv) try {
  return vitgen::run(argc, argv);
} catch (const vitgen::Error& error) {
  fmt::print(stderr, "error: {}\n", error.what());
  if (!error.hint().empty()) fmt::print(stderr, "hint: {}\n", error.hint());
  return static_cast<int>(error.exit());
} catch (const std::exception& error) {
  fmt::print(stderr, "error: {}\n", vitgen::printable(error.what(), 400));
  return static_cast<int>(vitgen::ExitCode::internal);
}
