#include "tools/tune/loaded_kernels.h"

#include <fmt/format.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>

#include <chrono>

#include "generators/base/file.h"
#include "runtime/objects.h"
#include "runtime/parallel.h"
#include "tools/emit/elf_object.h"
#include "tools/emit/embedded_files.h"
#include "tools/emit/kernel.h"

namespace vitgen {

namespace orc = llvm::orc;

namespace {

using KernelFunction = void (*)();  // cast to what it takes, by the number of its operands
constexpr std::uint64_t kMaxObjectBytes = std::uint64_t{64} << 20;

[[noreturn]] void load_error(llvm::Error error) {
  throw Error(ExitCode::internal, "KERNEL_LOAD",
              "a kernel cannot be linked: " + printable(llvm::toString(std::move(error)), 400));
}

void require(llvm::Error error) {
  if (error) load_error(std::move(error));
}

template <class T>
T value_of(llvm::Expected<T> value) {
  if (!value) load_error(value.takeError());
  return std::forward<T>(*value);
}

std::unique_ptr<llvm::MemoryBuffer> copy_of(std::string_view bytes, std::string_view name) {
  return llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(bytes.data(), bytes.size()),
                                              llvm::StringRef(name.data(), name.size()));
}

std::unique_ptr<orc::LLJIT> make_linker() {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  return value_of(orc::LLJITBuilder().create());
}

template <std::size_t... I>
int call_with(KernelFunction kernel, void* worker, halide_buffer_t* buffers,
              std::index_sequence<I...>) {
  using Typed = int (*)(void*, decltype((void)I, static_cast<halide_buffer_t*>(nullptr))...);
  return reinterpret_cast<Typed>(kernel)(worker, (buffers + I)...);
}

// A kernel takes one pointer per operand, so their number chooses the function's type.
template <std::size_t Most = VITGEN_MAX_OPERANDS>
int call_kernel(KernelFunction kernel, void* worker, std::vector<halide_buffer_t>& buffers) {
  if (buffers.size() == Most) {
    return call_with(kernel, worker, buffers.data(), std::make_index_sequence<Most>());
  }
  if constexpr (Most > 1) return call_kernel<Most - 1>(kernel, worker, buffers);
  throw Error(ExitCode::internal, "KERNEL_LOAD", "a kernel with too many operands");
}

// One call's arguments.
class Arguments {
 public:
  Arguments(rt::Worker* worker, const std::vector<Operand>& operands,
            const std::vector<void*>& memory)
      : worker_(worker), buffers_(operands.size()), dims_(operands.size()) {
    for (std::size_t i = 0; i < operands.size(); ++i) fill(operands[i], memory[i], i);
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  int call(KernelFunction kernel) { return call_kernel<>(kernel, worker_, buffers_); }

 private:
  void fill(const Operand& operand, void* memory, std::size_t i) {
    int stride = 1;
    for (const int extent : operand.extents) {
      dims_[i].push_back({0, extent, stride, 0});
      stride *= extent;
    }
    buffers_[i] = {};
    buffers_[i].host = static_cast<std::uint8_t*>(memory);
    buffers_[i].type = halide_type(operand.dtype);
    buffers_[i].dimensions = static_cast<int>(operand.extents.size());
    buffers_[i].dim = dims_[i].data();
  }

  void* worker_;
  std::vector<halide_buffer_t> buffers_;
  std::vector<std::vector<halide_dimension_t>> dims_;
};

}  // namespace

struct LoadedKernels::Parts {
  std::unique_ptr<orc::LLJIT> linker;
  orc::JITDylib* runtime = nullptr;
  vitgen_api_context context{};
  std::unique_ptr<rt::Worker[]> workers;
  std::vector<std::unique_ptr<std::uint8_t[]>> scratch;
  std::uint64_t scratch_bytes = 0;  // of each worker
  vitgen_pool* pool = nullptr;
  std::vector<KernelFunction> kernels;

  void link_runtime();
  void start(int threads);
  void grow_scratch(std::uint64_t bytes);
  void prepare();
  void check(int code);
};

void LoadedKernels::Parts::link_runtime() {
  linker = make_linker();
  runtime = &value_of(linker->createJITDylib("runtime"));
  runtime->addGenerator(value_of(orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      linker->getDataLayout().getGlobalPrefix())));
  // The runtime names its table, of which nothing is read: there is no model here.
  const std::vector<std::byte> zeros(sizeof(vitgen_table));
  const std::string object =
      elf_object({.name = ".data",
                  .alignment = alignof(vitgen_table),
                  .bytes = zeros.size(),
                  .symbols = {{.name = "vitgen_rt_table", .bytes = zeros.size(), .visible = true}},
                  .fixups = {}},
                 zeros);
  require(linker->addObjectFile(*runtime, copy_of(object, "table.o")));
  require(linker->addObjectFile(*runtime, copy_of(embedded_runtime_object(), "runtime.o")));
}

void LoadedKernels::Parts::start(int threads) {
  workers = std::make_unique<rt::Worker[]>(static_cast<std::size_t>(threads));
  context.worker_count = static_cast<std::uint32_t>(threads);
  context.workers = workers.get();
  for (int i = 0; i < threads; ++i) workers[static_cast<std::size_t>(i)].context = &context;
  if (threads == 1) return;
  const auto create = value_of(linker->lookup(*runtime, "vitgen_api_pool_create"))
                          .toPtr<int (*)(const vitgen_api_pool_options*, vitgen_pool**)>();
  vitgen_api_pool_options options{};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = threads;
  if (create(&options, &pool) != VITGEN_API_OK) {
    throw Error(ExitCode::resources, "NOMEM", "the threads cannot be started");
  }
  context.pool = pool;
}

void LoadedKernels::Parts::grow_scratch(std::uint64_t bytes) {
  if (bytes <= scratch_bytes) return;
  scratch_bytes = bytes;
  scratch.clear();
  for (std::uint32_t i = 0; i < context.worker_count; ++i) {
    scratch.push_back(std::make_unique<std::uint8_t[]>(bytes + 2 * VITGEN_ALIGNMENT));
    const auto start = reinterpret_cast<std::uintptr_t>(scratch.back().get());
    const std::uintptr_t past = start % VITGEN_ALIGNMENT;
    workers[i].scratch.base = scratch.back().get() + (VITGEN_ALIGNMENT - past) % VITGEN_ALIGNMENT;
    workers[i].scratch.capacity = bytes;
  }
}

void LoadedKernels::Parts::prepare() {
  for (std::uint32_t i = 0; i < context.worker_count; ++i) rt::worker_reset(workers[i]);
}

void LoadedKernels::Parts::check(int code) {
  if (code == 0) return;
  const std::string_view text = workers[0].text;
  throw Error(ExitCode::internal, "KERNEL_RUN",
              fmt::format("the kernel failed with code {}: {}", code, printable(text)));
}

LoadedKernels::LoadedKernels(int threads) : parts_(std::make_unique<Parts>()) {
  parts_->link_runtime();
  parts_->start(threads);
}

LoadedKernels::~LoadedKernels() {
  if (parts_->pool != nullptr) parts_->pool->destroy(parts_->pool);
}

std::size_t LoadedKernels::load(const KernelFile& file) {
  orc::LLJIT& linker = *parts_->linker;
  const std::string name = fmt::format("kernel{}", parts_->kernels.size());
  orc::JITDylib& own = value_of(linker.createJITDylib(name));
  own.addToLinkOrder(*parts_->runtime);
  require(linker.addObjectFile(own, copy_of(read_whole(file.object, kMaxObjectBytes), name)));
  parts_->kernels.push_back(
      value_of(linker.lookup(own, llvm::StringRef(kKernelSymbol.data()))).toPtr<KernelFunction>());
  const auto aligned = [](std::uint64_t bytes) {
    return (bytes + VITGEN_ALIGNMENT - 1) / VITGEN_ALIGNMENT * VITGEN_ALIGNMENT;
  };
  parts_->grow_scratch(aligned(file.shared_scratch) + aligned(file.task_scratch));
  return parts_->kernels.size() - 1;
}

void LoadedKernels::call(std::size_t number, const std::vector<Operand>& operands,
                         const std::vector<void*>& memory) {
  time(number, operands, {memory}, 1);
}

double LoadedKernels::time(std::size_t number, const std::vector<Operand>& operands,
                           const std::vector<std::vector<void*>>& memory, int calls) {
  std::vector<std::unique_ptr<Arguments>> arguments;
  for (const std::vector<void*>& each : memory) {
    arguments.push_back(std::make_unique<Arguments>(parts_->workers.get(), operands, each));
  }
  parts_->prepare();
  const KernelFunction kernel = parts_->kernels.at(number);
  if (parts_->pool != nullptr) parts_->pool->begin(parts_->pool);
  int code = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int c = 0; c < calls && code == 0; ++c) {
    code = arguments[static_cast<std::size_t>(c) % arguments.size()]->call(kernel);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (parts_->pool != nullptr) parts_->pool->end(parts_->pool);
  parts_->check(code);
  return took.count() / calls;
}

}  // namespace vitgen
