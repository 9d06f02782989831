#pragma once
// A generated library opened from its directory, as a program would that knows only its name.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "generators/base/json.h"
#include "generators/base/op_spec.h"
#include "vitgen_api.h"

namespace vitgen {

/// A model's input or output for one image; shape outermost first.
struct TensorPort {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::size_t elements = 0;
};

inline constexpr const char* kNoGraphHelp =
    "On a GPU, launch kernel by kernel instead of a graph of a whole run";

struct OpenOptions {
  int threads = 0;  ///< 0: as the library decides
  std::string isa;  ///< empty: the best
  bool time_steps = false;
  bool no_graph = false;      ///< on a GPU, launch kernel by kernel
  bool check_content = true;  ///< the weights' SHA-256: reads the whole file
};

/// Throws of class io: LIBRARY_OPEN (no shared library or not loadable); bad_input
/// LIBRARY_CHANGED (not the file that the manifest lists), LIBRARY_ABI, LIBRARY_WEIGHTS; target
/// LIBRARY_ISA, LIBRARY_DEVICE (no GPU that fits); resources LIBRARY_DEVICE_MEMORY; internal
/// LIBRARY_DEVICE_LOST; the manifest's errors.
class LoadedLibrary {
 public:
  LoadedLibrary(const std::string& directory, const OpenOptions& options);
  ~LoadedLibrary();
  LoadedLibrary(const LoadedLibrary&) = delete;
  LoadedLibrary& operator=(const LoadedLibrary&) = delete;

  const std::string& name() const { return name_; }
  const JsonFile& manifest() const { return manifest_; }
  /// The first input; most models have no other.
  const TensorPort& input() const { return inputs_.front(); }
  const std::vector<TensorPort>& inputs() const { return inputs_; }
  const std::vector<TensorPort>& outputs() const { return outputs_; }
  std::string isa() const;
  int threads() const;
  std::string label(std::size_t index) const;  ///< "" without labels
  std::size_t label_count() const;

  /// One decoded image to one input, by the model's own recipe.
  void preprocess(const std::uint8_t* pixels, int height, int width, int channels, void* out);

  /// Runs n images; inputs[i] holds n times input i, outputs[i] has room for n times output i.
  void run(std::size_t n, std::span<const void* const> inputs, std::span<void* const> outputs);
  /// The same for a model of one input.
  void run(std::size_t n, const void* input, std::span<void* const> outputs) {
    run(n, std::span(&input, 1), outputs);
  }

  /// The same on a GPU with arrays in its memory and the caller's stream; returns before it is
  /// done.
  void run_device(std::size_t n, std::span<const void* const> inputs,
                  std::span<void* const> outputs, void* stream);

  /// See <name>_observe.
  void observe(vitgen_api_observer observer, void* user);
  std::uint64_t step_time_ns(std::size_t step) const;
  std::size_t step_count() const;
  const char* step_name(std::size_t step) const;
  double step_flops(std::size_t step) const;

 private:
  struct Api;
  void open_shared(const std::string& directory);
  void open_model(const std::string& directory, const OpenOptions& options);
  void create_context(const OpenOptions& options);
  void read_ports();
  void require_inputs(std::size_t count) const;
  [[noreturn]] void fail(int status, const std::string& what, const std::string& text) const;

  std::string name_;
  JsonFile manifest_;
  std::unique_ptr<Api> api_;
  vitgen_api_model* model_ = nullptr;
  vitgen_api_context* context_ = nullptr;
  std::vector<TensorPort> inputs_, outputs_;
};

}  // namespace vitgen
