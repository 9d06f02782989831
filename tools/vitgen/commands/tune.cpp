// vitgen tune: searches for faster schedules of a model's kernels on this machine.

#include <fmt/core.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "generators/base/counted.h"
#include "generators/base/sha256.h"
#include "generators/base/temp_dir.h"
#include "runtime/cpu_count.h"
#include "runtime/threads.h"
#include "schedules/tuning/shipped.h"
#include "tools/measure/figures.h"
#include "tools/measure/fma_peak.h"
#include "tools/measure/gpu_peaks.h"
#include "tools/measure/machine_notes.h"
#include "tools/tune/budget.h"
#include "tools/tune/device_kind.h"
#include "tools/tune/host_kind.h"
#include "tools/tune/target_code.h"
#include "tools/vitgen/build_library.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/host.h"
#include "tools/vitgen/kernel_choices.h"
#include "tools/vitgen/open_database.h"
#include "tools/vitgen/peak_kernels.h"
#include "tools/vitgen/plan_arguments.h"
#include "tools/vitgen/tune_report.h"
#include "tools/vitgen/tune_target.h"
#include "tools/vitgen/tune_watch.h"

namespace vitgen {

void add_tune(CLI::App& app, const Console& console);

namespace {

struct TuneArguments {
  ModelArguments model;
  std::string target = "host";
  std::string image, input = "f32", precision = "f32";
  std::vector<int> batches;
  std::vector<std::string> outputs, settings, without;
  std::string budget, op, database;
  int trials = 0;
  int threads = 1;
  int jobs = 0;
  std::uint32_t seed = 1;
  bool resume = false, dry_run = false;
};

BuildOptions plan_options(const TuneArguments& arguments) {
  BuildOptions options;
  options.batches = arguments.batches;
  parse_image(arguments.image, options.plan);
  options.plan.input = arguments.input == "u8" ? DType::u8 : DType::f32;
  options.plan.precision = parse_enum<DType>(arguments.precision, "--precision");
  options.plan.outputs = arguments.outputs;
  options.plan.disabled_passes = arguments.without;
  return options;
}

std::uint64_t weight_bytes(const Plan& plan) {
  std::uint64_t bytes = 0;
  for (const Weight& weight : plan.weights) {
    bytes += static_cast<std::uint64_t>(weight.bytes());
  }
  return bytes;
}

std::vector<TuneKernel> kernels_of(const std::vector<Plan>& plans) {
  std::vector<TuneKernel> kernels;
  for (const OpSpec& spec : distinct_specs(plans)) {
    TuneKernel kernel{.spec = spec, .calls = 0};
    for (const Plan& plan : plans) {
      const auto calls = std::ranges::count(plan.steps, spec, &Step::spec);
      kernel.calls = std::max(kernel.calls, static_cast<int>(calls));
    }
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

void keep_matching(std::vector<TuneKernel>& kernels, const std::string& pattern) {
  if (pattern.empty()) return;
  std::string ops;
  for (const TuneKernel& each : kernels) {
    if (ops.find(each.spec.op) == std::string::npos)
      ops += (ops.empty() ? "" : ", ") + each.spec.op;
  }
  // A pattern of names, such as '*64*', is not meant for the fields of a spec.
  const bool is_spec = pattern.find('(') != std::string::npos;
  std::erase_if(kernels, [&](const TuneKernel& each) {
    const auto matches = [&](const std::string& name) {
      return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
    };
    return !matches(each.spec.op) && !matches(tune_name(each.spec)) &&
           !(is_spec && matches(each.spec.text()));
  });
  if (!kernels.empty()) return;
  throw Error(ExitCode::usage, "TUNE_OP",
              "--op: the model has no kernel called '" + printable(pattern) + "'",
              "its ops are " + ops + "; * stands for anything, --dry-run lists the kernels");
}

double budget_of(const TuneArguments& arguments) {
  if (!arguments.budget.empty()) return parse_budget(arguments.budget, "--budget");
  constexpr double kUsual = 600;
  return arguments.trials > 0 ? std::numeric_limits<double>::infinity() : kUsual;
}

// The same search has the same name on another day only by chance: the date is a part of it.
std::string run_name(std::uint32_t seed) {
  return fmt::format("{}.s{}.{:.6}", utc_now(), seed, sha256_hex(std::to_string(::getpid())));
}

TuneSettings settings_of(const TuneArguments& arguments, const TuneTarget& target) {
  TuneSettings settings;
  settings.machine = target.machine;
  settings.host = target.host;
  settings.caches = target.caches;
  settings.budget_seconds = budget_of(arguments);
  settings.selection = selection_for(arguments.trials, arguments.seed);
  settings.threads = arguments.threads;
  settings.jobs = arguments.jobs > 0 ? arguments.jobs : rt::usable_cpus();
  settings.resume = arguments.resume;
  settings.run = run_name(arguments.seed);
  settings.stop = [] { return DeferSignals::waiting(); };
  return settings;
}

// As `generate` with this database chooses on this computer.
std::function<Choice(const OpSpec&)> choices_in_use(const TuneSettings& settings,
                                                    const TuningDatabase* database) {
  ChoiceSources sources;
  if (database != nullptr) sources.own = database->records();
  sources.shipped = shipped_records();
  keep_records(sources, [&](const TuningRecord& each) { return each.host == settings.host; });
  // The record of as many threads is the one that a winner replaces, whatever others say.
  ChoiceSources same = sources;
  keep_records(same, [&](const TuningRecord& each) { return each.threads == settings.threads; });
  return [same = std::move(same), all = std::move(sources),
          machine = settings.machine](const OpSpec& spec) {
    const KernelChoice replaced = choose_kernels({spec}, {machine}, same, {}).front();
    return replaced.record ? replaced.choice
                           : choose_kernels({spec}, {machine}, all, {}).front().choice;
  };
}

// In GF/s, of multiply-adds or of a GPU's products; 0 where a GPU has none that can be measured:
// then shares of it are left out.
double measured_peak(const TuneTarget& target, int threads, DType precision) {
  constexpr double kSeconds = 0.2;
  if (!target.is_gpu()) return fma_peak_gflops(fma_isa(*target.machine), threads, kSeconds);
  try {
    return gpu_product_gflops(Gpu{}, peak_kernels(*target.machine, precision));
  } catch (const Error&) {
    return 0;
  }
}

std::string search_note(const TuneTarget& target, std::size_t kernels, double peak, int threads) {
  const std::string what =
      fmt::format("{}: {}", target.machine->target, counted(kernels, "kernel"));
  if (target.is_gpu()) {
    return fmt::format("{} on {}{}", what, target.gpu,
                       peak > 0 ? ", " + rate_text(peak) + " measured peak of products" : "");
  }
  return fmt::format("{}, {:.0f} GF/s measured peak with {}", what, peak,
                     counted(threads, "thread"));
}

// Kernels for a GPU are timed by its own clock: who else uses the processor does not matter.
std::string busy_processor(const TuneTarget& target) {
  if (target.is_gpu()) return {};
  constexpr double kShareSeconds = 0.2;  // many slices of a scheduler
  const int cpus = rt::usable_cpus();
  return busy_at_start(cpus, processor_share(cpus, kShareSeconds));
}

// A default that is wrong is no matter of tuning.
void require_sound_defaults(const std::vector<KernelResult>& results) {
  for (const KernelResult& kernel : results) {
    for (const Candidate& each : kernel.candidates) {
      const bool bad =
          each.status == TrialStatus::wrong_result || each.status == TrialStatus::crashed;
      if (!each.is_default || !each.decided || !bad) continue;
      throw Error(ExitCode::check_failed, "TUNE_DEFAULT",
                  fmt::format("the default schedule of {} failed its check: {}",
                              tune_name(kernel.kernel.spec), each.reason),
                  "this is a bug in vitgen; please report it with the command");
    }
  }
}

std::ptrdiff_t not_reached(const std::vector<KernelResult>& results) {
  std::ptrdiff_t count = 0;
  for (const KernelResult& kernel : results) {
    count += std::ranges::count(kernel.candidates, false, &Candidate::decided);
  }
  return count;
}

ChildBackendOptions backend_options(const TuneArguments& arguments, const TuneSettings& settings,
                                    std::uint64_t rotate_bytes) {
  return {.machine = settings.machine,
          .worker = std::filesystem::read_symlink("/proc/self/exe"),
          .cache = default_cache(),
          .threads = arguments.threads,
          .rotate_bytes = rotate_bytes,
          .seed = arguments.seed,
          .stop = settings.stop};
}

// What there is to do after a search that was not interrupted.
void tell_next_steps(const std::vector<KernelResult>& results, const std::string& path,
                     const Console& console) {
  if (const auto open = not_reached(results); open > 0) {
    console.note(fmt::format("{} not reached in time: the same command with --resume goes on",
                             counted(open, "candidate")));
  }
  const bool usual = path == default_tuning_database();
  console.note("records are in " + printable(path) +
               "; vitgen generate on this computer uses them " +
               (usual ? "by itself" : "with --db " + printable(path)));
}

void tell(const std::string& note, const Console& console) {
  if (!note.empty()) console.note("note: " + note);
}

std::vector<KernelResult> watched_search(const std::vector<TuneKernel>& kernels,
                                         const TuneSettings& settings, TuneBackend& backend,
                                         TuningDatabase& database, double peak,
                                         const Console& console) {
  const auto progress = console.progress();
  TuneWatch watch(*progress, settings.budget_seconds, peak, [&backend] { return backend.now(); });
  return tune(kernels, settings, backend, database,
              [&watch](const TuneProgress& now) { watch(now); });
}

void search(const TuneArguments& arguments, const TuneTarget& target,
            const std::vector<TuneKernel>& kernels, std::uint64_t rotate_bytes,
            const Console& console) {
  // Ctrl-C acts when all that was learnt is written and shown.
  const DeferSignals defer;
  TuneSettings settings = settings_of(arguments, target);
  const std::string path = tuning_database_path(arguments.database);
  TuningDatabase database = TuningDatabase::open(path);
  settings.in_use = choices_in_use(settings, &database);
  ChildBackendOptions options = backend_options(arguments, settings, rotate_bytes);
  std::unique_ptr<TempDir> cache;
  if (options.cache.empty()) {
    cache = std::make_unique<TempDir>(temporary_directory());
    options.cache = cache->path();
  }
  const double peak = measured_peak(target, arguments.threads,
                                    parse_enum<DType>(arguments.precision, "--precision"));
  console.note(search_note(target, kernels.size(), peak, arguments.threads));
  tell(busy_processor(target), console);
  ChildBackend backend(options,
                       target.is_gpu() ? device_kind(find_assembler()) : host_kind(host_cpu()));
  const std::vector<KernelResult> results =
      watched_search(kernels, settings, backend, database, peak, console);
  fmt::print("{}", tune_table(results, peak));
  finish_output();
  tell(busy_at_end(results), console);
  if (settings.stop()) {
    return console.note("interrupted; what was learnt is in " + printable(path) +
                        ": the same command with --resume goes on");
  }
  require_sound_defaults(results);
  tell_next_steps(results, path, console);
}

void dry_run(const TuneArguments& arguments, const TuneTarget& target,
             const std::vector<TuneKernel>& kernels) {
  const auto database = open_future_database(arguments.database);
  const TuningDatabase* known = database ? &*database : nullptr;
  TuneSettings settings = settings_of(arguments, target);
  settings.in_use = choices_in_use(settings, known);
  fmt::print("{}", dry_run_table(plan_search(kernels, settings, known)));
}

void tune_command(const TuneArguments& given, const Console& console) {
  TuneArguments arguments = given;
  budget_of(arguments);  // before the model is read
  const TuneTarget target = find_tune_target(arguments.target, arguments.dry_run);
  if (target.is_gpu() && arguments.threads != 1) {
    throw Error(ExitCode::usage, "USAGE", "--threads: no thread of the processor runs on a GPU");
  }
  const BuildOptions options = plan_options(arguments);
  arguments.model.overrides = parse_settings(arguments.settings);
  // Values make no difference to time; made-up ones serve.
  if (!arguments.model.architecture.empty() && !arguments.model.seed) arguments.model.seed = 1;
  const ModelSource source = open_model(arguments.model);
  const std::vector<Plan> plans = plans_of(source.model.network, options);
  std::vector<TuneKernel> kernels = kernels_of(plans);
  keep_matching(kernels, arguments.op);
  if (arguments.dry_run) return dry_run(arguments, target, kernels);
  search(arguments, target, kernels, weight_bytes(plans.front()), console);
}

void add_model_options(CLI::App& command, TuneArguments& a) {
  command.add_option(
      "-m,--model", a.model.model,
      "model.safetensors, model.safetensors.index.json, model.npz, or a directory with one");
  command.add_option("--config", a.model.config, "config.json (the one beside the model)");
  command.add_option("--arch", a.model.architecture, "A timm architecture by name, instead of -m");
  command.add_flag("--follow-symlinks", a.model.follow_symlinks, kFollowSymlinksHelp);
  command.add_option("--set", a.settings, "Override a setting of the model: --set eps=1e-5");
  command.add_option("--batch", a.batches, "Batch sizes whose kernels are tuned, with commas (1)")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  command.add_option("--image", a.image,
                     "Input size HxW, or one number for a square (the model's own)");
  command.add_option("--input", a.input, "f32 or u8, as for generate (f32)")
      ->check(CLI::IsMember({"f32", "u8"}));
  command.add_option("--precision", a.precision, "f32, f16 or bf16, as for generate (f32)")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  command
      .add_option("--outputs", a.outputs,
                  "Of logits, tokens, pooled, features_N and others, with commas (logits where "
                  "there is a head)")
      ->delimiter(',');
  command.add_option("--without-pass", a.without, "Plan passes to leave out")->delimiter(',');
}

void add_search_options(CLI::App& command, TuneArguments& a) {
  command.add_option(
      "--target", a.target,
      "A target that runs here; host: this CPU's best; cuda: this GPU's best (host)");
  command.add_option("--budget", a.budget,
                     "Time for all of it: 90s, 10m, 1h (10m; with --trials: no limit)");
  command
      .add_option("--trials", a.trials, "Candidates to try per kernel (24 by the model, 8 random)")
      ->check(CLI::Range(1, 10000));
  command.add_option("--op", a.op,
                     "Only ops or kernels whose name or spec matches, such as 'linear*'");
  command.add_flag("--resume", a.resume, "Do not try again what was tried with these versions");
  command.add_option("--db", a.database,
                     "Tuning database (VITGEN_TUNING_DB, or tuning.db in the user's data folder)");
  command.add_option("--threads", a.threads, "Threads of timed calls, on a CPU (1)")
      ->check(CLI::Range(1, int{rt::kMaxThreads}));
  command.add_option("--seed", a.seed, "Of the random candidates, orders and operands (1)");
  command.add_option("--jobs", a.jobs, "Candidates to compile at once (all CPUs)")
      ->check(CLI::Range(1, 1024));
  command.add_flag("--dry-run", a.dry_run, "Only list how many candidates there are");
}

}  // namespace

void add_tune(CLI::App& app, const Console& console) {
  auto arguments = std::make_shared<TuneArguments>();
  CLI::App* command =
      app.add_subcommand("tune", "Search for faster schedules of a model on this machine");
  command->footer(
      "Examples:\n  vitgen tune -m vit/model.safetensors --target host --budget 10m\n"
      "  vitgen tune -m vit/model.safetensors --target cuda --precision f16 --batch 1,32");
  add_model_options(*command, *arguments);
  add_search_options(*command, *arguments);
  command->callback([arguments, &console] { tune_command(*arguments, console); });
}

}  // namespace vitgen
