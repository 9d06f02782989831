// vitgen run: classifies images, or maps files of inputs to a file of outputs.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <utility>

#include "generators/base/counted.h"
#include "generators/base/names.h"
#include "generators/base/suggest.h"
#include "runtime/threads.h"
#include "tools/image/image.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/loaded_library.h"
#include "tools/vitgen/run_arrays.h"

namespace vitgen {

void add_run(CLI::App& app, const Console& console);

namespace {

struct RunArguments {
  std::string directory;
  std::vector<std::string> images;
  std::vector<std::string> inputs;
  std::string output, which;
  int top = 5;
  OpenOptions open;
};

std::size_t output_index(const LoadedLibrary& library, const std::string& name) {
  if (name.empty()) return 0;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < library.outputs().size(); ++i) {
    if (library.outputs()[i].name == name) return i;
    known.push_back(library.outputs()[i].name);
  }
  throw Error(ExitCode::usage, "OUTPUT_UNKNOWN", "no output '" + printable(name) + "'",
              suggestion_hint(name, known));
}

// Runs n inputs and gives back one output.
std::vector<float> run_one_output(LoadedLibrary& library, std::size_t n,
                                  std::span<const void* const> inputs, std::size_t which) {
  std::vector<float> values(n * library.outputs()[which].elements);
  std::vector<void*> outputs(library.outputs().size(), nullptr);
  outputs[which] = values.data();
  library.run(n, inputs, outputs);
  return values;
}

std::vector<double> softmax(std::span<const float> logits) {
  const double top = static_cast<double>(*std::ranges::max_element(logits));
  std::vector<double> p;
  for (const float x : logits) p.push_back(std::exp(static_cast<double>(x) - top));
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& x : p) x /= total;
  return p;
}

void print_top(const LoadedLibrary& library, std::span<const float> logits, int top) {
  const std::vector<double> p = softmax(logits);
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](std::size_t c) { return std::pair(-p[c], c); });
  order.resize(std::min(order.size(), static_cast<std::size_t>(top)));
  for (const std::size_t c : order) {
    std::string label = library.label(c);
    if (label.empty()) label = fmt::format("class {}", c);
    fmt::print("  {:6.2f} %  {}\n", 100 * p[c], printable(label));
  }
}

void classify(LoadedLibrary& library, const RunArguments& arguments) {
  require_one_input(library);
  const TensorPort& input = library.input();
  const std::size_t which = output_index(library, arguments.which);
  const TensorPort& output = library.outputs()[which];
  std::vector<float> pixels(input.elements);  // large enough for u8 too
  const void* const picture = pixels.data();
  for (const std::string& path : arguments.images) {
    const Image image = read_image(path);
    library.preprocess(image.pixels.data(), image.height, image.width, image.channels,
                       pixels.data());
    const auto start = std::chrono::steady_clock::now();
    const std::vector<float> values = run_one_output(library, 1, std::array{picture}, which);
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    fmt::print("{}  ({:.2f} ms, {}, {})\n", printable(path), time.count(), library.isa(),
               counted(library.threads(), "thread"));
    if (output.name == "logits") {
      print_top(library, values, arguments.top);
    } else {
      fmt::print("  {}: {} values, first {:g}\n", output.name, values.size(),
                 static_cast<double>(values.front()));
    }
  }
}

void run_arrays(LoadedLibrary& library, const RunArguments& arguments, const Console& console) {
  const InputArrays inputs = read_inputs(library, arguments.inputs);
  if (!inputs.note.empty()) console.note(inputs.note);
  const std::size_t which = output_index(library, arguments.which);
  const std::vector<float> values = run_one_output(library, inputs.n, inputs.pointers(), which);
  write_output(arguments.output, library.outputs()[which], inputs, values);
  console.note(fmt::format("wrote {} ({} x {})", printable(arguments.output), inputs.n,
                           library.outputs()[which].name));
}

[[noreturn]] void refuse_without_output(const LoadedLibrary& library) {
  const bool series =
      library.outputs().front().shape.size() == 2 && library.input().shape.size() == 2;
  throw Error(ExitCode::usage, "USAGE", "--input and --output go together",
              series ? "for example --output forecast.csv" : "for example --output result.npy");
}

void run(const RunArguments& arguments, const Console& console) {
  if (arguments.images.empty() == arguments.inputs.empty()) {
    throw Error(ExitCode::usage, "USAGE", "give either --image FILE or --input FILE",
                "vitgen run --help");
  }
  if (arguments.inputs.empty() && !arguments.output.empty()) {
    throw Error(ExitCode::usage, "USAGE", "--input and --output go together",
                "--image prints classes and writes no file");
  }
  LoadedLibrary library(arguments.directory, arguments.open);
  if (arguments.images.empty() && arguments.output.empty()) refuse_without_output(library);
  if (arguments.images.empty()) {
    run_arrays(library, arguments, console);
  } else {
    classify(library, arguments);
  }
}

}  // namespace

void add_run(CLI::App& app, const Console& console) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Run a generated library on images or arrays");
  command->add_option("directory", arguments->directory, "What `generate -o` wrote")->required();
  command->add_option("--image", arguments->images, "PNG, JPEG or PNM files to classify");
  command->add_option("-k,--top", arguments->top, "Classes to print per image (5)")
      ->check(CLI::Range(1, 100000));
  command->add_option("--input", arguments->inputs,
                      "Inputs as .npy: float32 [n, C, H, W], already normalised; or a series as "
                      ".csv, a line a step. NAME=FILE for each where the model has several");
  command->add_option("--output", arguments->output, "Where to write the outputs: .npy or .csv");
  command->add_option("--output-name", arguments->which, "Which output (the first)");
  command->add_option("--threads", arguments->open.threads, "0: what the machine gives (0)")
      ->check(CLI::Range(0, int{rt::kMaxThreads}));
  command->add_option("--isa", arguments->open.isa, "Force a variant, such as x86-64-avx2");
  command->add_flag("--no-graph", arguments->open.no_graph, kNoGraphHelp);
  command->callback([arguments, &console] { run(*arguments, console); });
}

}  // namespace vitgen
