#include "tools/vitgen/loaded_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <filesystem>

#include "tools/emit/file_names.h"
#include "tools/emit/manifest.h"
#include "tools/emit/shared_library.h"

namespace vitgen {

namespace fs = std::filesystem;

// The API of one library: the functions of vitgen_api.h under the library's own prefix.
struct LoadedLibrary::Api {
  Api(void* library, const std::string& prefix) : handle(library) {
    const auto bind = [&]<class F>(F*& function, const char* suffix) {
      const std::string symbol = prefix + suffix;
      function = reinterpret_cast<F*>(dlsym(library, symbol.c_str()));
      if (!function) {
        throw Error(ExitCode::bad_input, "LIBRARY_ABI",
                    "the library has no function " + printable(symbol),
                    "generate it again with this version of vitgen");
      }
    };
    bind(open, "_open_checked");
    bind(close, "_close");
    bind(context_create, "_context_create");
    bind(context_destroy, "_context_destroy");
    bind(run_ports, "_run_ports");
    bind(run_device, "_run_device");
    bind(error, "_error");
    bind(status_text, "_status_text");
    bind(input_at, "_input_at");
    bind(input_count, "_input_count");
    bind(output, "_output");
    bind(output_count, "_output_count");
    bind(label, "_label");
    bind(label_count, "_label_count");
    bind(isa, "_isa");
    bind(context_threads, "_context_threads");
    bind(preprocess, "_preprocess_u8");
    bind(observe, "_observe");
    bind(step_count, "_step_count");
    bind(step_name, "_step_name");
    bind(step_info, "_step_info");
    bind(step_time_ns, "_step_time_ns");
  }
  ~Api() { dlclose(handle); }
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  void* handle;
  decltype(vitgen_api_open_checked)* open = nullptr;
  decltype(vitgen_api_close)* close = nullptr;
  decltype(vitgen_api_context_create)* context_create = nullptr;
  decltype(vitgen_api_context_destroy)* context_destroy = nullptr;
  decltype(vitgen_api_run_ports)* run_ports = nullptr;
  decltype(vitgen_api_run_device)* run_device = nullptr;
  decltype(vitgen_api_error)* error = nullptr;
  decltype(vitgen_api_status_text)* status_text = nullptr;
  decltype(vitgen_api_input_at)* input_at = nullptr;
  decltype(vitgen_api_input_count)* input_count = nullptr;
  decltype(vitgen_api_output)* output = nullptr;
  decltype(vitgen_api_output_count)* output_count = nullptr;
  decltype(vitgen_api_label)* label = nullptr;
  decltype(vitgen_api_label_count)* label_count = nullptr;
  decltype(vitgen_api_isa)* isa = nullptr;
  decltype(vitgen_api_context_threads)* context_threads = nullptr;
  decltype(vitgen_api_preprocess_u8)* preprocess = nullptr;
  decltype(vitgen_api_observe)* observe = nullptr;
  decltype(vitgen_api_step_count)* step_count = nullptr;
  decltype(vitgen_api_step_name)* step_name = nullptr;
  decltype(vitgen_api_step_info)* step_info = nullptr;
  decltype(vitgen_api_step_time_ns)* step_time_ns = nullptr;
};

namespace {

TensorPort port_of(const vitgen_api_tensor& tensor) {
  TensorPort port{.name = tensor.name,
                  .dtype = tensor.type == VITGEN_API_U8 ? DType::u8 : DType::f32,
                  .shape = {},
                  .elements = 1};
  for (std::uint32_t d = 0; d < tensor.dims; ++d) {
    port.shape.push_back(static_cast<std::int64_t>(tensor.shape[d]));
    port.elements *= tensor.shape[d];
  }
  return port;
}

// The loader ends the process on a library that was cut off.
void require_listed(const JsonFile& manifest, const std::string& path) {
  const EmittedFile found = describe_file(path);
  for (const JsonFile& file : json_elements(manifest, "files")) {
    if (get_string(file, "name") != found.name) continue;
    if (get_string(file, "sha256") == found.sha256) return;
    break;
  }
  throw Error(ExitCode::bad_input, "LIBRARY_CHANGED",
              printable(path) + " is not the file that " + manifest.name + " lists",
              "it was cut off or changed, or is of another generation: generate again");
}

}  // namespace

LoadedLibrary::LoadedLibrary(const std::string& directory, const OpenOptions& options)
    : manifest_(read_manifest(directory)) {
  const fs::path where(directory);
  const std::string folder = fs::is_directory(where) ? directory : where.parent_path().string();
  open_shared(folder);
  open_model(folder, options);
  create_context(options);
  read_ports();
}

LoadedLibrary::~LoadedLibrary() {
  if (context_) api_->context_destroy(context_);
  if (model_) api_->close(model_);
}

void LoadedLibrary::fail(int status, const std::string& what, const std::string& text) const {
  const std::string message =
      fmt::format("{}: {}", what, text.empty() ? api_->status_text(status) : text);
  switch (status) {
    case VITGEN_API_E_ISA:
      throw Error(ExitCode::target, "LIBRARY_ISA", message);
    case VITGEN_API_E_RESOURCES:
      throw Error(ExitCode::resources, "LIBRARY_RESOURCES", message);
    case VITGEN_API_E_IO:
      throw Error(ExitCode::io, "LIBRARY_IO", message);
    case VITGEN_API_E_KERNEL:
      throw Error(ExitCode::internal, "LIBRARY_KERNEL", message);
    case VITGEN_API_E_DEVICE:
      throw Error(ExitCode::target, "LIBRARY_DEVICE", message);
    case VITGEN_API_E_DEVICE_MEMORY:
      throw Error(ExitCode::resources, "LIBRARY_DEVICE_MEMORY", message);
    case VITGEN_API_E_DEVICE_LOST:
      throw Error(ExitCode::internal, "LIBRARY_DEVICE_LOST", message);
    case VITGEN_API_E_WEIGHTS:
    case VITGEN_API_E_ABI:
      throw Error(ExitCode::bad_input, "LIBRARY_WEIGHTS", message);
    default:
      throw Error(ExitCode::bad_input, "LIBRARY", message);
  }
}

void LoadedLibrary::open_shared(const std::string& directory) {
  name_ = get_string(manifest_, "name");
  const std::string path = fs::absolute(fs::path(directory) / shared_library_name(name_)).string();
  if (!fs::exists(path)) {
    throw Error(ExitCode::io, "LIBRARY_OPEN", "no shared library " + printable(path),
                fmt::format("generate with --emit a,so on a machine that has a linker ({})",
                            fmt::join(kLinkerNames, ", ")));
  }
  require_listed(manifest_, path);
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) throw Error(ExitCode::io, "LIBRARY_OPEN", printable(dlerror(), 300));
  try {
    api_ = std::make_unique<Api>(handle, name_);
  } catch (...) {
    dlclose(handle);
    throw;
  }
}

void LoadedLibrary::open_model(const std::string& directory, const OpenOptions& options) {
  std::array<char, 512> text{};
  vitgen_api_options open{};
  open.struct_size = sizeof open;
  open.flags = options.check_content ? VITGEN_API_CHECK_CONTENT : 0;
  open.isa = options.isa.empty() ? nullptr : options.isa.c_str();
  open.error_text = text.data();
  open.error_text_bytes = text.size();
  const fs::path weights = fs::path(directory) / weights_name(name_);
  const std::string path = weights.string();
  const bool embedded = get_bool(manifest_, "weights.embedded");
  const int status =
      api_->open(nullptr, nullptr, embedded ? nullptr : path.c_str(), &open, &model_);
  if (status != VITGEN_API_OK) fail(status, "cannot open " + name_, text.data());
}

void LoadedLibrary::create_context(const OpenOptions& options) {
  std::array<char, 512> text{};
  vitgen_api_context_options context{};
  context.struct_size = sizeof context;
  context.threads = options.threads;
  if (options.time_steps) context.flags |= VITGEN_API_TIME_STEPS;
  if (options.no_graph) context.flags |= VITGEN_API_NO_GRAPH;
  context.error_text = text.data();
  context.error_text_bytes = text.size();
  const int status = api_->context_create(model_, &context, &context_);
  if (status != VITGEN_API_OK) fail(status, "cannot make a context of " + name_, text.data());
}

void LoadedLibrary::read_ports() {
  vitgen_api_tensor tensor{};
  tensor.struct_size = sizeof tensor;
  for (std::size_t i = 0; i < api_->input_count(); ++i) {
    api_->input_at(i, &tensor);
    inputs_.push_back(port_of(tensor));
  }
  for (std::size_t i = 0; i < api_->output_count(); ++i) {
    api_->output(i, &tensor);
    outputs_.push_back(port_of(tensor));
  }
}

std::string LoadedLibrary::isa() const { return api_->isa(model_); }
int LoadedLibrary::threads() const { return api_->context_threads(context_); }
std::size_t LoadedLibrary::label_count() const { return api_->label_count(); }
std::size_t LoadedLibrary::step_count() const { return api_->step_count(); }
const char* LoadedLibrary::step_name(std::size_t step) const { return api_->step_name(step); }

double LoadedLibrary::step_flops(std::size_t step) const {
  vitgen_api_step info{};
  info.struct_size = sizeof info;
  const int status = api_->step_info(step, &info);
  if (status != VITGEN_API_OK) fail(status, "step_info", {});
  return static_cast<double>(info.flops);
}

std::string LoadedLibrary::label(std::size_t index) const {
  const char* text = api_->label(index);
  return text ? text : "";
}

void LoadedLibrary::preprocess(const std::uint8_t* pixels, int height, int width, int channels,
                               void* out) {
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(width) * channels;
  const int status = api_->preprocess(pixels, height, width, stride, channels, nullptr, 0, out);
  if (status != VITGEN_API_OK) fail(status, "cannot preprocess the image", {});
}

void LoadedLibrary::require_inputs(std::size_t count) const {
  if (count == inputs_.size()) return;
  throw Error(ExitCode::bad_input, "INPUT_MISSING",
              fmt::format("{} takes {} inputs, got {}", name_, inputs_.size(), count));
}

void LoadedLibrary::run(std::size_t n, std::span<const void* const> inputs,
                        std::span<void* const> outputs) {
  require_inputs(inputs.size());
  const int status = api_->run_ports(context_, n, inputs.data(), outputs.data());
  if (status != VITGEN_API_OK) fail(status, "run", api_->error(context_));
}

void LoadedLibrary::run_device(std::size_t n, std::span<const void* const> inputs,
                               std::span<void* const> outputs, void* stream) {
  require_inputs(inputs.size());
  const int status = api_->run_device(context_, n, inputs.data(), outputs.data(), stream);
  if (status != VITGEN_API_OK) fail(status, "run_device", api_->error(context_));
}

void LoadedLibrary::observe(vitgen_api_observer observer, void* user) {
  const int status = api_->observe(context_, observer, user);
  if (status != VITGEN_API_OK) fail(status, "observe", api_->error(context_));
}

std::uint64_t LoadedLibrary::step_time_ns(std::size_t step) const {
  return api_->step_time_ns(context_, step);
}

}  // namespace vitgen
