#pragma once
// A CUDA driver for tests, as the shared library libcuda.so.1: a program that links it, or has it
// on its library path, sees GPUs that are not there.
//
// It is as strict as a driver may be. Addresses of its memory are no addresses of the host. Work of
// a stream is done only when somebody waits for it, and then no more of another stream than events
// ask for, so that a missing wait shows as a wrong result. Kernels are done by a function of the
// test. Calls can be made to fail, and what is alive is counted.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen::fake_cuda {

/// One launch, when its turn comes. Arguments have the sizes that the entry declares.
struct Launch {
  std::string_view image;  ///< the module's PTX
  std::string_view entry;
  std::array<unsigned, 3> grid;
  std::array<unsigned, 3> block;
  unsigned shared_bytes;
  std::span<const std::vector<std::byte>> arguments;
};

/// A CUresult; not 0: the context is lost with it.
using LaunchFunction = std::function<int(const Launch&)>;
void set_launch(LaunchFunction function);

/// The device's clock, which events look at when their turn comes, in milliseconds; without one it
/// is the computer's.
using ClockFunction = std::function<double()>;
void set_clock(ClockFunction function);

/// Host memory behind `bytes` bytes of device memory; null if they are not inside one allocation.
std::byte* translate(std::uint64_t address, std::size_t bytes);

/// All of device memory that is allocated.
struct Range {
  std::uint64_t address;
  std::span<std::byte> bytes;
};
std::vector<Range> allocations();

/// Back to one idle device of capability 9.0, 1 GiB, CUDA 12.4, no launch function, no clock, no
/// failures.
void reset();
/// The context is as new where it was lost; the rest stays.
void mend();
void set_devices(std::vector<int> capabilities);  ///< 10 major + minor each
void set_version(int version);                    ///< of cuDriverGetVersion
void set_memory(std::size_t bytes);               ///< of all allocations together

/// The call number `nth` (0: the next) of `function`, or of any function if it is "", returns
/// `result`. A lost context answers all later calls with it, too.
void fail(std::string_view function, int nth, int result, bool lost = false);
/// Whether that call has come.
bool has_failed();
/// It need not come any more.
void fail_no_more();
/// Calls of a function since reset().
int calls(std::string_view function);

struct Alive {
  long contexts, modules, allocations, streams, events, graphs, executables;
  bool operator==(const Alive&) const = default;
};
Alive alive();

/// Contexts that are pushed on this thread.
std::size_t pushed();

}  // namespace vitgen::fake_cuda
