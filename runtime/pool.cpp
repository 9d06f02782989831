#include "runtime/pool.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "runtime/clock.h"
#include "runtime/fork_guard.h"
#include "runtime/threads.h"

namespace vitgen::rt {
namespace {

enum : int { kCacheLine = 64 };
/// Kernels keep small tiles on the stack and nothing large; the address space is only reserved.
enum : size_t { kStackBytes = 1u << 20 };

/// The state of the current loop in one word: shares up to `limit` may be taken, `next` is the
/// first that is not, `active` workers are inside one.
enum : uint64_t { kActiveOne = 1, kNextOne = 1ull << 16, kFieldMask = 0xffff };
static_assert(uint64_t{kMaxThreads} < uint64_t{kFieldMask},
              "workers and shares fit in their fields");
uint64_t active_of(uint64_t gate) { return gate & kFieldMask; }
uint64_t next_of(uint64_t gate) { return gate >> 16 & kFieldMask; }
uint64_t limit_of(uint64_t gate) { return gate >> 32; }
bool is_open(uint64_t gate) { return next_of(gate) < limit_of(gate); }

struct Pool {
  vitgen_pool face;  // first: a vitgen_pool* of ours is a Pool*
  ForkGuard guard;
  uint64_t spin_ns;
  vitgen_share share;  // of the current loop; written while the gate is closed and nobody is active
  void* data;
  std::atomic<int> attached;
  std::atomic<uint32_t> stop;
  std::atomic<uint32_t> runs;  // runs between begin and end
  alignas(kCacheLine) std::atomic<uint32_t> owned;
  alignas(kCacheLine) std::atomic<uint64_t> gate;
  alignas(kCacheLine) std::atomic<uint32_t> wake;  // futex of sleeping workers
  std::atomic<uint32_t> sleepers;
  alignas(kCacheLine) std::atomic<uint32_t> done;  // futex of the loop's owner
  std::atomic<uint32_t> owner_sleeps;
  int threads;
  pthread_t thread[1];  // face.workers - 1 of them
};

Pool& of(vitgen_pool* face) { return *reinterpret_cast<Pool*>(face); }

void futex_wait(std::atomic<uint32_t>& word, uint32_t seen) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

void futex_wake(std::atomic<uint32_t>& word, int count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

/// Looks at `ready` for at most spin_ns; true if it held.
template <class Ready>
bool spin(uint64_t spin_ns, Ready ready) {
  if (ready()) return true;
  if (spin_ns == 0) return false;
  for (const uint64_t end = now_ns() + spin_ns; now_ns() < end;) {
    for (int i = 0; i < 32; ++i) {  // a PAUSE takes 10 to 50 ns: about a microsecond per clock read
      if (ready()) return true;
      __builtin_ia32_pause();
    }
  }
  return ready();
}

void wake_sleepers(Pool& pool, int count) {
  if (count <= 0 || pool.sleepers.load() == 0) return;
  pool.wake.fetch_add(1);
  futex_wake(pool.wake, count);
}

/// Takes one share of the current loop and runs it; false if none is left.
bool take_share(Pool& pool) {
  uint64_t gate = pool.gate.load();
  while (is_open(gate)) {
    if (!pool.gate.compare_exchange_weak(gate, gate + kNextOne + kActiveOne)) continue;
    pool.share(pool.data, static_cast<int>(next_of(gate)));
    const uint64_t before = pool.gate.fetch_sub(kActiveOne);
    if (active_of(before) == 1 && pool.owner_sleeps.load() != 0) {
      pool.done.fetch_add(1);
      futex_wake(pool.done, 1);
    }
    return true;
  }
  return false;
}

void sleep_until_woken(Pool& pool) {
  const uint32_t seen = pool.wake.load();
  pool.sleepers.fetch_add(1);
  // After the count is visible a publisher either is seen here or sees the count and wakes us.
  if (!is_open(pool.gate.load()) && pool.stop.load() == 0) futex_wait(pool.wake, seen);
  pool.sleepers.fetch_sub(1);
}

void* worker_main(void* argument) {
  Pool& pool = *static_cast<Pool*>(argument);
  while (pool.stop.load() == 0) {
    if (take_share(pool)) continue;
    const bool found = spin(pool.spin_ns, [&pool] {
      return is_open(pool.gate.load()) || pool.runs.load() == 0 || pool.stop.load() != 0;
    });
    if (!found || !is_open(pool.gate.load())) sleep_until_woken(pool);
  }
  return nullptr;
}

/// Closes the gate to workers that come late and waits for those inside.
void finish_loop(Pool& pool) {
  uint64_t gate = pool.gate.load();
  while (!pool.gate.compare_exchange_weak(gate, active_of(gate))) {
  }
  const auto idle = [&pool] { return active_of(pool.gate.load()) == 0; };
  if (spin(pool.spin_ns, idle)) return;
  pool.owner_sleeps.store(1);
  for (;;) {
    const uint32_t seen = pool.done.load();
    if (idle()) break;
    futex_wait(pool.done, seen);
  }
  pool.owner_sleeps.store(0);
}

void pool_run(vitgen_pool* face, int count, vitgen_share share, void* data) {
  Pool& pool = of(face);
  if (count > face->workers) count = face->workers;
  if (count <= 1 || pool.owned.exchange(1) != 0) {
    share(data, 0);
    return;
  }
  pool.share = share;
  pool.data = data;
  pool.gate.store(static_cast<uint64_t>(count) << 32 | kNextOne);
  wake_sleepers(pool, count - 1);
  share(data, 0);
  finish_loop(pool);
  pool.owned.store(0);
}

void pool_begin(vitgen_pool* face) {
  Pool& pool = of(face);
  pool.runs.fetch_add(1);
  if (pool.spin_ns != 0) wake_sleepers(pool, face->workers);
}

void pool_end(vitgen_pool* face) { of(face).runs.fetch_sub(1); }

int pool_attach(vitgen_pool* face) {
  Pool& pool = of(face);
  if (!made_here(pool.guard)) return 1;
  pool.attached.fetch_add(1);
  return 0;
}

void pool_detach(vitgen_pool* face) { of(face).attached.fetch_sub(1); }

void join_threads(Pool& pool) {
  pool.stop.store(1);
  pool.wake.fetch_add(1);
  futex_wake(pool.wake, kMaxThreads);
  for (int i = 0; i < pool.threads; ++i) pthread_join(pool.thread[i], nullptr);
}

void pool_free(Pool& pool) {
  fork_guard_free(pool.guard);
  free(&pool);
}

int pool_destroy(vitgen_pool* face) {
  Pool& pool = of(face);
  const bool here = made_here(pool.guard);  // a child has no threads to end
  if (here && pool.attached.load() != 0) return 1;
  if (here) join_threads(pool);
  pool.face.version = 0;
  pool_free(pool);
  return 0;
}

void name_thread(pthread_t thread, int number) {
  char name[16];
  Text text = text_in(name, sizeof name);
  text << "vitgen-" << number;
  pthread_setname_np(thread, name);
}

/// Signals that the kernel sends to the thread that caused them stay open for crash reporters; all
/// others are for the program's own threads.
void block_signals(sigset_t& before) {
  sigset_t blocked;
  sigfillset(&blocked);
  constexpr int kSynchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
  for (const int signal : kSynchronous) sigdelset(&blocked, signal);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
}

/// 0, or why a thread could not start.
int start_threads(Pool& pool) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  error = pthread_attr_setstacksize(&attributes, kStackBytes);
  sigset_t before;
  block_signals(before);
  while (error == 0 && pool.threads < pool.face.workers - 1) {
    error = pthread_create(&pool.thread[pool.threads], &attributes, worker_main, &pool);
    if (error != 0) break;
    name_thread(pool.thread[pool.threads], pool.threads + 1);
    ++pool.threads;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

void fill_face(vitgen_pool& face, int workers) {
  face = {sizeof face, 1,          workers,  0,        pool_attach,
          pool_detach, pool_begin, pool_end, pool_run, pool_destroy};
}

}  // namespace

vitgen_pool* pool_make(int workers, uint64_t spin_ns, PoolFailure& failure) {
  failure = {ENOMEM, 0};
  if (workers < 1 || workers > kMaxThreads) {
    failure.error = EINVAL;
    return nullptr;
  }
  const size_t extra = static_cast<size_t>(workers) * sizeof(pthread_t);
  const size_t bytes = (sizeof(Pool) + extra + kCacheLine - 1) / kCacheLine * kCacheLine;
  void* memory = aligned_alloc(kCacheLine, bytes);
  if (memory == nullptr) return nullptr;
  memset(memory, 0, bytes);
  Pool& pool = *static_cast<Pool*>(memory);
  fill_face(pool.face, workers);
  pool.spin_ns = spin_ns;
  if (!fork_guard_make(pool.guard)) {
    pool_free(pool);
    return nullptr;
  }
  const int error = start_threads(pool);
  if (error == 0) return &pool.face;
  failure = {error, pool.threads};
  join_threads(pool);
  pool_free(pool);
  return nullptr;
}

bool pool_is_valid(const vitgen_pool* pool) {
  return pool->version == 1 && pool->struct_size >= sizeof(vitgen_pool) && pool->workers >= 1 &&
         pool->workers <= kMaxThreads;
}

}  // namespace vitgen::rt
