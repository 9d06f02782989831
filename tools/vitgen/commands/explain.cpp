// vitgen explain: prints one stage between the model and the machine code.

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "generators/base/counted.h"
#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "generators/base/suggest.h"
#include "generators/base/temp_dir.h"
#include "schedules/tuning/document.h"
#include "tools/emit/kernel.h"
#include "tools/emit/manifest.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/library_facts.h"

namespace vitgen {

void add_explain(CLI::App& app, const Console& console);

namespace {

struct ExplainArguments {
  std::string directory;
  std::string stage = "plan";
  std::string kernel;  // part of a kernel's or a step's name
  std::string isa;
  std::string write;  // file of knobs
};

constexpr std::size_t kTextBytes = 4096;  // of a spec or choice: longer ones end in an ellipsis

Error unknown_kernel(const ExplainArguments& arguments) {
  const std::string isa = arguments.isa.empty() ? "" : " for " + printable(arguments.isa);
  return {ExitCode::usage, "KERNEL_UNKNOWN",
          fmt::format("no kernel or step{} matches '{}'", isa, printable(arguments.kernel)),
          "vitgen explain " + printable(arguments.directory) + " --stage plan lists them"};
}

// Both names of a kernel: that of its file and symbols, and what it computes.
std::string names_text(const KernelFacts& kernel) {
  return fmt::format("{} = {}", printable(kernel.name), printable(kernel.spec.text(), kTextBytes));
}

// A filter matches a kernel by its name, by the beginning of its spec, or by the name of a step
// that calls it. Not by any part of a spec: "head" is a step, and a field of every attention.
bool selected(const LibraryFacts& facts, std::size_t kernel, const std::string& filter) {
  const auto in = [&](const std::string& name) { return name.find(filter) != std::string::npos; };
  const auto& [name, spec, variants] = facts.kernels[kernel];
  if (in(name) || spec.text().starts_with(filter)) return true;
  for (const BucketFacts& bucket : facts.buckets) {
    for (const StepFacts& step : bucket.steps) {
      if (step.kernel == kernel && in(step.name)) return true;
    }
  }
  return false;
}

void print_plan(const LibraryFacts& facts, const ExplainArguments& arguments) {
  const auto is_shown = [&](const StepFacts& step) {
    return selected(facts, step.kernel, arguments.kernel);
  };
  const auto has_shown = [&](const BucketFacts& bucket) {
    return std::ranges::any_of(bucket.steps, is_shown);
  };
  const bool all = arguments.kernel.empty();
  if (!all && !std::ranges::any_of(facts.buckets, has_shown)) throw unknown_kernel(arguments);
  fmt::print("{}\n", printable(facts.model_text));
  for (const BucketFacts& bucket : facts.buckets) {
    if (!all && !has_shown(bucket)) continue;
    fmt::print("\nbatch {}, arena {} bytes\n", bucket.batch, bucket.arena_bytes);
    for (const StepFacts& step : bucket.steps) {
      if (!is_shown(step)) continue;
      std::string slots;
      for (const std::string& slot : step.slots) slots += " " + printable(slot);
      fmt::print("  {:<24} {}\n  {:<24}  {}\n", printable(step.name),
                 printable(facts.kernels[step.kernel].spec.text(), kTextBytes), "", slots);
    }
  }
}

struct SelectedVariant {
  const KernelFacts& kernel;
  const VariantFacts& variant;
};

// Of the kernels and targets that the options name, a kernel's variants beside each other.
std::vector<SelectedVariant> selected_variants(const LibraryFacts& facts,
                                               const ExplainArguments& arguments) {
  const Machine* machine = arguments.isa.empty() ? nullptr : &find_machine(arguments.isa);
  std::vector<SelectedVariant> variants;
  for (std::size_t k = 0; k < facts.kernels.size(); ++k) {
    if (!selected(facts, k, arguments.kernel)) continue;
    for (const VariantFacts& variant : facts.kernels[k].variants) {
      if (machine == nullptr || variant.machine == machine->name) {
        variants.push_back({facts.kernels[k], variant});
      }
    }
  }
  return variants;
}

void print_choices(const std::vector<SelectedVariant>& variants) {
  const KernelFacts* heading = nullptr;
  for (const auto& [kernel, variant] : variants) {
    if (&kernel != heading) fmt::print("{}\n", names_text(kernel));
    heading = &kernel;
    fmt::print("  {:<12} {:<60} {}, {} bytes of code, {} of scratch\n", printable(variant.machine),
               printable(variant.choice.text(), kTextBytes), printable(variant.provenance),
               variant.object_bytes, variant.scratch);
  }
}

// Compiles the kernels again and prints what Halide writes on the way.
void print_code(const std::vector<SelectedVariant>& variants, const std::string& stage,
                Progress& progress) {
  const TempDir directory(temporary_directory());
  const std::filesystem::path base = std::filesystem::path(directory.path()) / "kernel";
  constexpr std::uint64_t kTextLimit = 256ull << 20;
  std::uint64_t printed = 0;
  progress.begin("compile kernels again", variants.size());
  for (const auto& [kernel, variant] : variants) {
    progress.update(printed++, kernel.spec.op);
    KernelFiles files{.object = base.string() + ".o", .assembly = {}, .stmt = {}};
    (stage == "asm" ? files.assembly : files.stmt) = base.string() + ".txt";
    compile_kernel({.spec = kernel.spec,
                    .machine = variant.machine,
                    .choice = variant.choice,
                    .features = {},
                    .instructions = {}},
                   files);
    progress.end();  // clears its line
    fmt::print("# {} for {} by {}\n", names_text(kernel), printable(variant.machine),
               printable(variant.choice.text(), kTextBytes));
    std::cout << read_whole(base.string() + ".txt", kTextLimit) << "\n";
  }
}

// The choices as a file to edit, for `generate --knobs`.
void write_knobs(const std::vector<SelectedVariant>& variants, const std::string& file,
                 const Console& console) {
  std::vector<KnobsEntry> entries;
  for (const auto& [kernel, variant] : variants) {
    entries.push_back({variant.machine, kernel.spec, variant.choice});
  }
  write_aside(file, document_text(knobs_file_json(entries)));
  console.note(fmt::format("wrote {}: {} to edit and pass to `vitgen generate --knobs`",
                           printable(file), counted(entries.size(), "schedule")));
}

// What a stage has no use for is refused, not passed over.
void check_options(const ExplainArguments& arguments) {
  const bool whole = arguments.stage == "manifest";
  if (!arguments.write.empty() && arguments.stage != "choice") {
    throw Error(ExitCode::usage, "USAGE", "--write: only with --stage choice");
  }
  if (whole && !arguments.kernel.empty()) {
    throw Error(ExitCode::usage, "USAGE", "--kernel: --stage manifest prints the whole file");
  }
  if ((whole || arguments.stage == "plan") && !arguments.isa.empty()) {
    throw Error(ExitCode::usage, "USAGE",
                fmt::format("--isa: --stage {} is of all targets", arguments.stage),
                "with --stage choice, stmt or asm it names one");
  }
}

void explain(const ExplainArguments& arguments, const Console& console) {
  check_options(arguments);
  const JsonFile manifest = read_manifest(arguments.directory);
  if (arguments.stage == "manifest") {
    std::cout << manifest_text(manifest.root);
    return;
  }
  const LibraryFacts facts = library_facts(manifest);
  if (arguments.stage == "plan") {
    print_plan(facts, arguments);
    return;
  }
  const std::vector<SelectedVariant> variants = selected_variants(facts, arguments);
  if (variants.empty()) throw unknown_kernel(arguments);
  if (arguments.stage != "choice") {
    print_code(variants, arguments.stage, *console.progress());
  } else if (arguments.write.empty()) {
    print_choices(variants);
  } else {
    write_knobs(variants, arguments.write, console);
  }
}

}  // namespace

void add_explain(CLI::App& app, const Console& console) {
  auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* command =
      app.add_subcommand("explain", "Show how a library came about, one stage at a time");
  command->add_option("directory", arguments->directory, "What `generate -o` wrote")->required();
  command
      ->add_option("--stage", arguments->stage,
                   "plan: the steps; choice: the schedule of each kernel; stmt: Halide's loop "
                   "nests; asm: machine code; manifest: the JSON (plan)")
      ->check(CLI::IsMember({"plan", "choice", "stmt", "asm", "manifest"}));
  command->add_option("--kernel", arguments->kernel,
                      "Only kernels with this text in their name or in the name of a step, or a "
                      "spec that begins so");
  command->add_option("--isa", arguments->isa,
                      "With choice, stmt and asm: only this target, such as x86-64-avx2");
  command->add_option("--write", arguments->write,
                      "With --stage choice: the schedules as JSON to edit, for `generate --knobs`");
  command->footer(
      "Example, to try another tile:\n"
      "  vitgen explain out/vit --stage choice --kernel qkv --write my.knobs.json\n"
      "  vitgen generate -m vit/model.safetensors --knobs my.knobs.json --name vit -o out/mine");
  command->callback([arguments, &console] { explain(*arguments, console); });
}

}  // namespace vitgen
