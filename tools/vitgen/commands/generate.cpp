// vitgen generate: from a model file to a library.

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "generators/base/names.h"
#include "generators/base/output_set.h"
#include "generators/base/temp_dir.h"
#include "runtime/cpu_count.h"
#include "tools/vitgen/build_library.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/host.h"
#include "tools/vitgen/plan_arguments.h"

namespace vitgen {

void add_generate(CLI::App& app, const Console& console);

namespace {

struct GenerateArguments {
  ModelArguments model;
  std::string name, directory, image;
  std::string target = "host";
  std::vector<int> batches;
  std::vector<std::string> outputs;
  std::string input = "f32";
  std::string precision = "f32";
  std::string weights = "file";
  std::vector<std::string> emit = {"a", "so"};
  std::vector<std::string> settings, without;
  TuningOptions tuning;
  std::string kernel_features;
  int jobs = 0;
  bool no_cache = false;
  bool no_cubin = false;
};

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool is_gpu(const Machine* machine) { return machine->kind == MachineKind::gpu; }

BuildOptions build_options(const GenerateArguments& arguments) {
  BuildOptions options;
  options.name = arguments.name;
  options.directory = arguments.directory;
  options.machines = parse_targets(arguments.target);
  options.batches = arguments.batches;
  parse_image(arguments.image, options.plan);
  options.plan.input = arguments.input == "u8" ? DType::u8 : DType::f32;
  options.plan.precision = parse_enum<DType>(arguments.precision, "--precision");
  options.plan.outputs = arguments.outputs;
  options.plan.disabled_passes = arguments.without;
  options.emit_archive = contains(arguments.emit, "a");
  options.emit_shared = contains(arguments.emit, "so");
  options.embed_weights = arguments.weights == "embed";
  if (!arguments.kernel_features.empty()) options.features = "-" + arguments.kernel_features;
  options.farm.worker = std::filesystem::read_symlink("/proc/self/exe");
  options.farm.jobs = arguments.jobs > 0 ? arguments.jobs : rt::usable_cpus();
  options.farm.cache = default_cache();
  if (!arguments.no_cubin && std::ranges::any_of(options.machines, is_gpu)) {
    options.assembler = find_assembler();
    options.farm.assembler = options.assembler.path;
  }
  return options;
}

void print_summary(const BuildOptions& options, const LibraryFiles& files, const Console& console) {
  std::string names;
  for (const std::string& name : files.names) names += " " + name;
  console.note(fmt::format("wrote {}:{}", printable(options.directory), names));
}

// What the targets mean for who runs the library, where it is not what the command line says.
void tell_targets(const GenerateArguments& arguments, const BuildOptions& options,
                  const Console& console) {
  if (std::ranges::none_of(options.machines, is_gpu)) return;
  for (const Machine* machine : options.machines) {
    const bool named = arguments.target.find(machine->target) != std::string::npos ||
                       arguments.target.find(machine->name) != std::string::npos;
    if (is_gpu(machine) && !named) {
      console.note(fmt::format("note: {} comes along, for all other GPUs", machine->target));
    }
  }
  if (std::ranges::all_of(options.machines, is_gpu)) {
    console.note("note: without a CPU target the library runs only where there is such a GPU");
  }
  if (options.assembler.path.empty() && !arguments.no_cubin) {
    console.note("note: no ptxas found: the GPU's driver will compile the kernels at first use");
  }
}

void generate(const GenerateArguments& given, const Console& console) {
  GenerateArguments arguments = given;
  check_output_name(arguments.name);
  arguments.model.overrides = parse_settings(arguments.settings);
  BuildOptions options = build_options(arguments);
  // A directory that cannot be written is told now, not after the kernels.
  {
    const OutputSet writable(options.directory);
  }
  tell_targets(arguments, options, console);
  options.choices = read_choice_sources(arguments.tuning, options.machines);
  options.note = [&console](const std::string& text) { console.note(text); };
  options.detail = [&console](const std::string& text) { console.detail(text); };
  const ModelSource source = open_model(arguments.model);
  for (const std::string& notice : source.model.notices) console.note("note: " + notice);
  // Without a cache, or without a home to keep it in, objects live as long as this run.
  std::unique_ptr<TempDir> scratch;
  if (arguments.no_cache || options.farm.cache.empty()) {
    scratch = std::make_unique<TempDir>(temporary_directory());
    options.farm.cache = scratch->path();
  }
  const auto progress = console.progress();
  print_summary(options, build_library(source, options, *progress), console);
}

void add_model_options(CLI::App& command, GenerateArguments& a) {
  command.add_option(
      "-m,--model", a.model.model,
      "model.safetensors, model.safetensors.index.json, model.npz, or a directory with one");
  command.add_option("--config", a.model.config, "config.json (the one beside the model)");
  command.add_option("--arch", a.model.architecture,
                     "A timm architecture by name, with --random-weights instead of -m");
  command.add_option("--random-weights", a.model.seed, "Seed of made-up weights for --arch");
  command.add_flag("--follow-symlinks", a.model.follow_symlinks, kFollowSymlinksHelp);
  command.add_flag("--strict", a.model.strict,
                   "Refuse tensors that the model does not use, and NaN or infinite weights");
  command.add_option("--set", a.settings, "Override a setting of the model: --set eps=1e-5");
}

void add_output_options(CLI::App& command, GenerateArguments& a) {
  command.add_option("--name", a.name, "Prefix of every file and C symbol: [a-z][a-z0-9_]*")
      ->required();
  command.add_option("-o,--output", a.directory, "Directory to write, made if absent")->required();
  command.add_option("--target", a.target,
                     known_targets() +
                         "; several with commas, or host: this CPU's best (host). cuda-sm90 brings "
                         "cuda-sm80 along, which serves all other GPUs");
  command
      .add_option("--batch", a.batches,
                  "Batch sizes to make kernels for, with commas; 1 is always there (1)")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  command.add_option("--image", a.image,
                     "Input size HxW, or one number for a square; the position table is resampled "
                     "(the model's own)");
  command
      .add_option("--outputs", a.outputs,
                  "Of logits, tokens, pooled, features_N and others, with commas (logits where "
                  "there is a head)")
      ->delimiter(',');
  command
      .add_option("--input", a.input,
                  "f32: normalised planes; u8: interleaved pixels, normalisation folded into "
                  "the weights (f32)")
      ->check(CLI::IsMember({"f32", "u8"}));
  command
      .add_option("--precision", a.precision,
                  "Of activations and matrices in memory: f32, or f16 or bf16 with sums in f32 "
                  "(f32)")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  command
      .add_option("--weights", a.weights,
                  "file: <name>.weights, mapped and shared by processes; embed: inside the "
                  "library (file)")
      ->check(CLI::IsMember({"file", "embed"}));
  command.add_option("--emit", a.emit, "Of a, so, with commas (a,so)")
      ->delimiter(',')
      ->check(CLI::IsMember({"a", "so"}));
  command.add_option("--without-pass", a.without, "Plan passes to leave out, for comparison")
      ->delimiter(',');
  command.add_option("--jobs", a.jobs, "Kernels to compile at once (all CPUs)")
      ->check(CLI::Range(1, 1024));
  // For programs that are built with a sanitizer: without it, kernels are blind spots.
  command
      .add_option("--sanitize-kernels", a.kernel_features,
                  "asan or tsan: kernels for a program that is built with this sanitizer")
      ->check(CLI::IsMember({"asan", "tsan"}));
  command.add_flag("--no-cache", a.no_cache, "Compile every kernel again");
  command.add_flag("--no-cubin", a.no_cubin,
                   "GPU kernels as PTX only, which the driver compiles at first use");
}

void add_tuning_options(CLI::App& command, GenerateArguments& a) {
  TuningOptions& tuning = a.tuning;
  auto* database = command.add_option("--db", tuning.database,
                                      "Tuning database ($VITGEN_TUNING_DB, or the user's own)");
  auto* host = command
                   .add_option("--tune-for", tuning.tune_for,
                               "Use the records of this host instead of this machine's: of a "
                               "processor, of a GPU, or of one of each, with a comma")
                   ->delimiter(',');
  auto* knobs = command.add_option("--knobs", tuning.knobs,
                                   "Schedules written by hand, as `explain --write` writes them");
  auto* off = command.add_flag("--no-tuning", tuning.no_tuning, "Use no tuning records");
  command
      .add_option("--locked", tuning.locked,
                  "Repeat every schedule of this manifest, or of the library in this folder")
      ->excludes(database)
      ->excludes(host)
      ->excludes(knobs)
      ->excludes(off);
  off->excludes(database)->excludes(host);
}

}  // namespace

void add_generate(CLI::App& app, const Console& console) {
  auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* command =
      app.add_subcommand("generate", "Generate a library from a model, for one or more targets");
  command->footer(
      "Example:\n  vitgen generate -m vit/model.safetensors --target x86-64-avx2,x86-64-avx512 "
      "--batch 1,8 --name vit -o out/vit");
  add_model_options(*command, *arguments);
  add_output_options(*command, *arguments);
  add_tuning_options(*command, *arguments);
  command->callback([arguments, &console] { generate(*arguments, console); });
}

}  // namespace vitgen
