// vitgen run: classifies images, or maps an .npy of inputs to an .npy of outputs.

#include <fmt/core.h>

#include <algorithm>
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
#include "tools/image/npy.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/loaded_library.h"

namespace vitgen {

void add_run(CLI::App& app, const Console& console);

namespace {

struct RunArguments {
  std::string directory;
  std::vector<std::string> images;
  std::string input, output, which;
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
std::vector<float> run_one_output(LoadedLibrary& library, std::size_t n, const void* input,
                                  std::size_t which) {
  std::vector<float> values(n * library.outputs()[which].elements);
  std::vector<void*> outputs(library.outputs().size(), nullptr);
  outputs[which] = values.data();
  library.run(n, input, outputs);
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
  const TensorPort& input = library.input();
  const std::size_t which = output_index(library, arguments.which);
  const TensorPort& output = library.outputs()[which];
  std::vector<float> pixels(input.elements);  // large enough for u8 too
  for (const std::string& path : arguments.images) {
    const Image image = read_image(path);
    library.preprocess(image.pixels.data(), image.height, image.width, image.channels,
                       pixels.data());
    const auto start = std::chrono::steady_clock::now();
    const std::vector<float> values = run_one_output(library, 1, pixels.data(), which);
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

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "n";
  for (const std::int64_t extent : shape) text += fmt::format("x{}", extent);
  return text;
}

// n of an input array [n, ...]; throws INPUT_SHAPE.
std::size_t batch_of(const NpyArray& array, const TensorPort& input, const std::string& path) {
  const NpyType wanted = input.dtype == DType::u8 ? NpyType::u8 : NpyType::f32;
  bool fits = array.type == wanted && array.shape.size() == input.shape.size() + 1 &&
              array.shape.front() >= 1;
  for (std::size_t d = 0; fits && d < input.shape.size(); ++d) {
    fits = array.shape[d + 1] == static_cast<std::uint64_t>(input.shape[d]);
  }
  if (fits) return array.shape.front();
  std::string got;
  for (const std::uint64_t extent : array.shape)
    got += (got.empty() ? "" : "x") + std::to_string(extent);
  throw Error(ExitCode::bad_input, "INPUT_SHAPE",
              fmt::format("{}: expected {} {}, got {} {}", printable(path),
                          wanted == NpyType::u8 ? "u8" : "f32", shape_text(input.shape),
                          array.type == NpyType::u8 ? "u8" : "f32", got),
              "the array is already normalised: one row per image, planes first");
}

void run_arrays(LoadedLibrary& library, const RunArguments& arguments, const Console& console) {
  const NpyArray array = read_npy(arguments.input);
  const std::size_t n = batch_of(array, library.input(), arguments.input);
  const std::size_t which = output_index(library, arguments.which);
  const std::vector<float> values = run_one_output(library, n, array.bytes.data(), which);
  std::vector<std::uint64_t> shape = {n};
  for (const std::int64_t extent : library.outputs()[which].shape) {
    shape.push_back(static_cast<std::uint64_t>(extent));
  }
  write_npy(arguments.output, NpyType::f32, shape, std::as_bytes(std::span(values)));
  console.note(fmt::format("wrote {} ({} x {})", printable(arguments.output), n,
                           library.outputs()[which].name));
}

void run(const RunArguments& arguments, const Console& console) {
  if (arguments.images.empty() == arguments.input.empty()) {
    throw Error(ExitCode::usage, "USAGE", "give either --image FILE or --input FILE.npy",
                "vitgen run --help");
  }
  if (arguments.input.empty() != arguments.output.empty()) {
    throw Error(ExitCode::usage, "USAGE", "--input and --output go together");
  }
  LoadedLibrary library(arguments.directory, arguments.open);
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
  command->add_option("--input", arguments->input,
                      "Inputs as .npy: float32 [n, C, H, W], already normalised");
  command->add_option("--output", arguments->output, "Where to write the outputs as .npy");
  command->add_option("--output-name", arguments->which, "Which output (the first)");
  command->add_option("--threads", arguments->open.threads, "0: what the machine gives (0)")
      ->check(CLI::Range(0, int{rt::kMaxThreads}));
  command->add_option("--isa", arguments->open.isa, "Force a variant, such as x86-64-avx2");
  command->callback([arguments, &console] { run(*arguments, console); });
}

}  // namespace vitgen
