#include "tools/emit/kernel_farm.h"

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "generators/base/file.h"
#include "generators/base/output_set.h"
#include "generators/base/temp_dir.h"
#include "tools/emit/assembler.h"
#include "tools/emit/device_file.h"
#include "tools/emit/kernel_object_code.h"
#include "tools/emit/kernel_record.h"
#include "tools/emit/process.h"

namespace vitgen {

namespace fs = std::filesystem;

namespace {

struct Job {
  const KernelRequest* request = nullptr;
  fs::path object;
};

KernelObject describe(const Job& job, const KernelRecord& record) {
  return {
      .name = kernel_name(job.request->spec),
      .machine = job.request->machine,
      .symbol = is_device_row(find_machine(job.request->machine)) ? "" : std::string(kKernelSymbol),
      .object = job.object,
      .shared_scratch = record.shared_scratch,
      .task_scratch = record.task_scratch,
      .choice = job.request->choice.text(),
      .hash = job.request->hash()};
}

// The last line that the worker wrote is its error; those before it are Halide's.
std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// `scratch` is this farm's own: another run may compile the same kernel now, even with a worker of
// the same process number in another container.
void run_job(const Job& job, const FarmOptions& options, const TempDir& scratch) {
  const fs::path aside = fs::path(scratch.path()) / job.object.filename();
  const std::string request_file = fs::path(aside).replace_extension("request").string();
  write_aside(request_file, job.request->text());
  std::vector<std::string> command = {options.worker.string(), "kernel-worker", request_file,
                                      aside.string()};
  if (!job.request->assembler.empty()) command.push_back(options.assembler.string());
  const ProcessResult result = run_process(command);
  if (result.status == 0) return publish_kernel(aside, job.object);
  const std::string name = job.request->spec.text() + " for " + job.request->machine;
  if (result.status > 128) {
    throw Error(ExitCode::internal, "KERNEL_CRASH",
                "compiling " + name + " ended by signal " + std::to_string(result.status - 128));
  }
  // The compiler's own words, which have no code.
  if (result.output.find(std::strerror(ENOSPC)) != std::string::npos) {
    throw Error(
        ExitCode::io, "IO_NO_SPACE",
        printable(job.object.parent_path().string()) + ": cannot write: " + std::strerror(ENOSPC),
        "make room, or name another cache with VITGEN_CACHE");
  }
  throw Error(ExitCode::internal, "KERNEL_COMPILE", name + ": " + last_line(result.output));
}

// Runs jobs on `options.jobs` threads; progress is told from the calling thread only.
class Farm {
 public:
  Farm(std::vector<Job> jobs, const FarmOptions& options)
      : jobs_(std::move(jobs)), options_(options), scratch_(options.cache.string()) {}

  void run(Progress& progress) {
    progress.begin("compile kernels", jobs_.size());
    std::vector<std::jthread> threads;
    const auto count = std::min<std::size_t>(jobs_.size(), static_cast<std::size_t>(options_.jobs));
    for (std::size_t t = 0; t < count; ++t) threads.emplace_back([this] { work(); });
    std::unique_lock lock(mutex_);
    for (std::size_t seen = 0; seen < jobs_.size() && !error_;) {
      changed_.wait(lock, [&] { return done_ > seen || error_; });
      seen = done_;
      progress.update(seen, latest_);
    }
    lock.unlock();
    threads.clear();
    progress.end();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work() {
    for (;;) {
      const Job* job = nullptr;
      {
        const std::lock_guard lock(mutex_);
        if (error_ || next_ == jobs_.size()) return;
        job = &jobs_[next_++];
      }
      std::exception_ptr error;
      try {
        run_job(*job, options_, scratch_);
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      if (error && !error_) error_ = error;
      ++done_;
      latest_ = kernel_name(job->request->spec) + " " + job->request->machine;
      changed_.notify_one();
    }
  }

  std::vector<Job> jobs_;
  const FarmOptions& options_;
  const TempDir scratch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  std::string latest_;
  std::exception_ptr error_;
};

}  // namespace

fs::path default_cache() {
  // An empty variable counts as unset, as the XDG rules say.
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (const std::string own = variable("VITGEN_CACHE"); !own.empty()) return own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty())
    return fs::path(xdg) / "vitgen";
  if (const std::string home = variable("HOME"); !home.empty()) {
    return fs::path(home) / ".cache" / "vitgen";
  }
  return {};
}

void open_cache(const fs::path& cache) {
  std::error_code failed;
  fs::create_directories(cache, failed);
  if (failed) {
    throw Error(
        ExitCode::io, "CACHE",
        "cannot make the kernel cache " + printable(cache.string()) + ": " + failed.message(),
        "set VITGEN_CACHE to a directory that can be written; generate has --no-cache");
  }
  remove_abandoned(cache.string());
}

std::vector<KernelObject> compile_kernels(std::span<const KernelRequest> requests,
                                          const FarmOptions& options, Progress& progress) {
  open_cache(options.cache);
  std::map<std::string, Job> distinct;
  for (const KernelRequest& request : requests) {
    const std::string key = request.cache_key();
    distinct.emplace(key, Job{&request, options.cache / (key + ".o")});
  }
  std::map<std::string, KernelRecord> records;
  std::vector<Job> missing;
  for (const auto& [key, job] : distinct) {
    if (const auto record = read_record(job.object)) {
      records.emplace(key, *record);
    } else {
      missing.push_back(job);
    }
  }
  if (!missing.empty()) Farm(missing, options).run(progress);

  std::vector<KernelObject> objects;
  for (const KernelRequest& request : requests) {
    const std::string key = request.cache_key();
    const Job& job = distinct.at(key);
    auto found = records.find(key);
    if (found == records.end()) {
      const auto record = read_record(job.object);
      if (!record) {
        throw Error(ExitCode::internal, "KERNEL_COMPILE",
                    request.spec.text() + ": the worker left no object in the cache");
      }
      found = records.emplace(key, *record).first;
    }
    objects.push_back(describe(job, found->second));
  }
  return objects;
}

namespace {

void add_cubin(const fs::path& object, const Machine& machine, const fs::path& assembler) {
  CompiledDeviceKernel compiled = parse_device_file(read_whole(object.string(), kMaxObjectBytes));
  AssembledCode assembled = assemble(assembler.string(), compiled.kernel.ptx, machine);
  compiled.cubin = std::move(assembled.cubin);
  compiled.reports = std::move(assembled.reports);
  write_aside(object.string(), device_file_text(compiled));
}

}  // namespace

void run_kernel_worker(const fs::path& request_file, const fs::path& object,
                       const fs::path& assembler) {
  constexpr std::uint64_t kRequestLimit = 1 << 16;
  const KernelRequest request =
      KernelRequest::parse(read_whole(request_file.string(), kRequestLimit));
  const KernelObject kernel =
      compile_kernel(request, {.object = object, .assembly = {}, .stmt = {}});
  if (!request.assembler.empty()) add_cubin(object, find_machine(request.machine), assembler);
  write_record(kernel);
}

}  // namespace vitgen
