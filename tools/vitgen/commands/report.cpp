// vitgen report: one page about a library: how fast, where the time goes, against what, how tuned.

#include <fmt/core.h>

#include "generators/base/output_set.h"
#include "runtime/threads.h"
#include "tools/emit/manifest.h"
#include "tools/report/report.h"
#include "tools/vitgen/bench.h"
#include "tools/vitgen/bench_work.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/tuning_history.h"

namespace vitgen {

void add_report(CLI::App& app, const Console& console);

namespace {

struct ReportArguments {
  std::string directory, output, bench, peers, database;
  BenchSettings settings{.threads = {0}, .batches = {}, .seconds = 0.5, .isa = {}};
};

// "image f32 3 x 224 x 224", outermost first.
std::string port_text(const JsonFile& port) {
  const auto extents = get_int_array(port, "extents", 1, std::int64_t{1} << 40, 8);
  std::string text = get_string(port, "name") + " " + get_string(port, "dtype");
  for (std::size_t d = extents.size(); d-- > 0;) {
    text += (d + 1 == extents.size() ? " " : " x ") + std::to_string(extents[d]);
  }
  return text;
}

// "vit_small_patch16_224, 3x224x224"; empty for a library of before these facts.
std::string model_text(const JsonFile& manifest) {
  std::vector<std::string> parts;
  for (const char* key : {"architecture", "spec.channels", "spec.image_h", "spec.image_w"}) {
    const std::string path = std::string("model.facts.").append(key);
    if (!find_json(manifest, path)) return {};
    parts.push_back(get_string(manifest, path));
  }
  return fmt::format("{}, {}x{}x{}", parts[0], parts[1], parts[2], parts[3]);
}

std::string ports_text(const JsonFile& manifest, std::string_view list) {
  std::string text;
  for (const JsonFile& port : json_elements(manifest, list)) {
    text += (text.empty() ? "" : ", ") + port_text(port);
  }
  return text;
}

// A benchmark of another library, or of another generation of this one, says nothing about it.
BenchRecord bench_of(const ReportArguments& arguments, const JsonFile& manifest,
                     Progress& progress) {
  if (arguments.bench.empty()) {
    return run_bench(arguments.directory, arguments.settings, progress);
  }
  BenchRecord record = read_bench(arguments.bench);
  if (record.abi_hash != get_string(manifest, "abi_hash")) {
    throw Error(ExitCode::bad_input, "BENCH_OTHER",
                printable(arguments.bench) +
                    " was measured with another library: " + printable(record.library),
                "measure this one: vitgen bench DIR --format json -o FILE");
  }
  count_work(record, library_facts(manifest), arguments.bench);
  return record;
}

void report(const ReportArguments& arguments, const Console& console) {
  const JsonFile manifest = read_manifest(arguments.directory);
  ReportFacts facts{.bench = {},
                    .model = model_text(manifest),
                    .input = ports_text(manifest, "model.inputs"),
                    .outputs = ports_text(manifest, "model.outputs"),
                    .peers = {},
                    .tuning = {}};
  if (!arguments.peers.empty()) facts.peers = read_peers(arguments.peers);
  const auto progress = console.progress();
  facts.bench = bench_of(arguments, manifest, *progress);
  facts.tuning = tuning_history(arguments.database, facts.bench);
  write_aside(arguments.output, report_page(facts));
  console.note("wrote " + printable(arguments.output));
}

}  // namespace

void add_report(CLI::App& app, const Console& console) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = app.add_subcommand(
      "report", "Write a page about a library: times, roofline, comparison, tuning");
  command->add_option("directory", arguments->directory, "What `generate -o` wrote")->required();
  command->add_option("-o,--output", arguments->output, "The page, such as report.html")
      ->required();
  CLI::Option* bench = command->add_option("--bench", arguments->bench,
                                           "What `bench --format json` wrote (measured now)");
  command
      ->add_option("--threads", arguments->settings.threads,
                   "Numbers of threads to measure now, such as 1,2 (0: what the machine gives)")
      ->delimiter(',')
      ->check(CLI::Range(0, int{rt::kMaxThreads}))
      ->excludes(bench);
  command->add_option("--peers", arguments->peers, "What tools/bench_peers.py -o wrote");
  command->add_option("--db", arguments->database,
                      "Tuning database ($VITGEN_TUNING_DB, or the user's own)");
  command->callback([arguments, &console] { report(*arguments, console); });
}

}  // namespace vitgen
