#pragma once
// What the fake driver keeps. All of it is guarded by one lock, which a Call holds.

#include <sys/types.h>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "runtime/cuda_abi.h"
#include "tests/cuda/fake/fake_cuda.h"

namespace vitgen::fake_cuda {

using rt::CudaResult;

/// A piece of work; its result, which is the context's end if it is not success.
using Operation = std::function<CudaResult()>;

struct Stream {
  std::deque<Operation> queue;
  std::size_t queued = 0;  ///< ever
  std::size_t done = 0;    ///< of them
  bool captures = false;
  std::vector<Operation> captured;
};

/// An event stands for what its stream had queued when it was recorded.
struct Event {
  Stream* stream = nullptr;  ///< null: never recorded
  std::size_t position = 0;
  double milliseconds = -1;  ///< when its turn came; negative: not yet
};

/// Shared with launches that are queued when the module is unloaded.
using Image = std::shared_ptr<const std::string>;

struct Function {
  Image image;
  std::string entry;
  std::vector<std::size_t> argument_bytes;
  int shared_limit = 48 * 1024;  // of every device, unless raised (CUDA programming guide)
};

struct Module {
  Image image;
  std::vector<std::unique_ptr<Function>> functions;
};

/// A recorded sequence, or one that can be launched.
struct Graph {
  std::vector<Operation> operations;
};

struct Failure {
  std::string function;
  int countdown = -1;  ///< negative: none is planned
  CudaResult result = rt::kCudaSuccess;
  bool lost = false;
  bool has_come = false;
};

/// Objects by address, so that a wrong or dead handle is seen.
template <class T>
struct Objects {
  std::map<const void*, std::unique_ptr<T>> alive;

  T* make() {
    auto object = std::make_unique<T>();
    T* pointer = object.get();
    alive[pointer] = std::move(object);
    return pointer;
  }
  T* find(const void* handle) const {
    const auto found = alive.find(handle);
    return found == alive.end() ? nullptr : found->second.get();
  }
  bool end(const void* handle) { return alive.erase(handle) == 1; }
  long count() const { return static_cast<long>(alive.size()); }
};

struct State {
  std::recursive_mutex mutex;
  std::vector<int> devices = {90};
  int version = 12040;
  std::size_t memory_limit = std::size_t{1} << 30;
  LaunchFunction launch;
  ClockFunction clock;
  pid_t process = 0;           ///< that called cuInit; 0: none
  std::vector<long> retained;  ///< per device
  CudaResult lost = rt::kCudaSuccess;
  std::map<std::uint64_t, std::vector<std::byte>> memory;
  std::uint64_t next_address = 0;
  Objects<Stream> streams;
  Stream legacy;  ///< the default stream, handle null
  Objects<Event> events;
  Objects<Module> modules;
  Objects<Graph> graphs;
  Objects<Graph> executables;
  Failure failure;
  std::map<std::string, int, std::less<>> calls;
};

State& state();

/// What a function needs before it does anything.
enum class Needs { nothing, driver, context };

/// One call of the API: holds the lock, counts, and says whether the call must fail.
class Call {
 public:
  Call(const char* function, Needs needs);
  /// Not success: to be returned at once.
  CudaResult refused() const { return refused_; }

 private:
  std::lock_guard<std::recursive_mutex> lock_;
  CudaResult refused_;
};

/// Contexts that are current on this thread, the last one is in use.
std::vector<rt::CudaHandle>& pushed_contexts();

/// Null for an unknown handle.
Stream* stream_of(rt::CudaStream handle);

/// Queues it, or records it where the stream is being captured.
CudaResult enqueue(rt::CudaStream stream, Operation operation);

/// Does the stream's work up to `position`; the first failure loses the context.
CudaResult finish(Stream& stream, std::size_t position);

}  // namespace vitgen::fake_cuda
