// What runs in the signal handler: async-signal-safe calls and lock-free atomics only. The handler
// needs process-wide state, the only such state of the generator.

#include "generators/base/signal_cleanup.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "generators/base/temp_dir.h"

namespace vitgen {
namespace {

constexpr std::size_t slot_count = 16;
constexpr int max_depth = 8;
constexpr std::array ending_signals = {SIGINT, SIGTERM, SIGHUP};

enum SlotState : int { slot_free, slot_filling, slot_live };

struct Slot {
  std::atomic<int> state{slot_free};
  Cleanup how = Cleanup::tree;
  pid_t owner = 0;
  std::array<char, PATH_MAX> path{};
};

std::array<Slot, slot_count> slots;
std::atomic<int> deferring{0};
std::atomic<int> waiting_signal{0};
/// Once set, slots are no longer filled, so that the handler never reads a half-written path.
std::atomic<bool> dying{false};
static_assert(std::atomic<int>::is_always_lock_free);

// Where an entry of getdents64 keeps its size (two bytes) and its name (man 2 getdents).
constexpr long entry_size_offset = 16;
constexpr long entry_name_offset = 19;

int remove_below(int parent_fd, const char* name, int depth);

/// One pass over an open directory; returns the number of entries it met, or -1.
int remove_entries(int fd, int depth) {
  char buffer[4096];
  int met = 0;
  for (;;) {
    const long got = ::syscall(SYS_getdents64, fd, buffer, sizeof buffer);
    if (got <= 0) return got < 0 ? -1 : met;
    for (long at = 0; at < got;) {
      const char* name = buffer + at + entry_name_offset;
      unsigned short size = 0;
      std::memcpy(&size, buffer + at + entry_size_offset, sizeof size);
      at += size;
      if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
      ++met;
      if (::unlinkat(fd, name, 0) != 0) remove_below(fd, name, depth + 1);
    }
  }
}

int remove_below(int parent_fd, const char* name, int depth) {
  if (depth > max_depth) return ELOOP;
  const int fd = ::openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno;
  int error_number = ENOTEMPTY;
  // Several passes: another thread or a child may still be creating files.
  for (int pass = 0; pass < 8 && error_number == ENOTEMPTY; ++pass) {
    if (::lseek(fd, 0, SEEK_SET) < 0 || remove_entries(fd, depth) < 0) break;
    error_number = ::unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 ? 0 : errno;
  }
  ::close(fd);
  return error_number;
}

/// Trees first, because they lie in the directories that must be empty; those from the inside out,
/// which takes as many rounds as there are of them.
void remove_remembered() {
  for (std::size_t round = 0; round <= slot_count; ++round) {
    const Cleanup how = round == 0 ? Cleanup::tree : Cleanup::empty_directory;
    for (const Slot& slot : slots) {
      const bool ours = slot.state.load() == slot_live && slot.owner == ::getpid();
      if (!ours || slot.how != how) continue;
      if (how == Cleanup::tree) remove_below(AT_FDCWD, slot.path.data(), 0);
      if (how == Cleanup::empty_directory) ::rmdir(slot.path.data());
    }
  }
}

void clean_and_die(int signal_number) {
  dying.store(true);
  remove_remembered();
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  ::sigaction(signal_number, &by_default, nullptr);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, signal_number);
  ::raise(signal_number);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
}

extern "C" void on_ending_signal(int signal_number) {
  const int saved_errno = errno;
  if (deferring.load() > 0) {
    waiting_signal.store(signal_number);
  } else {
    clean_and_die(signal_number);
  }
  errno = saved_errno;
}

}  // namespace

int remember_for_cleanup(const std::string& path, Cleanup how) {
  if (path.size() >= PATH_MAX || dying.load()) return -1;
  for (std::size_t i = 0; i < slot_count; ++i) {
    int expected = slot_free;
    if (!slots[i].state.compare_exchange_strong(expected, slot_filling)) continue;
    slots[i].how = how;
    slots[i].owner = ::getpid();
    std::memcpy(slots[i].path.data(), path.c_str(), path.size() + 1);
    slots[i].state.store(slot_live);
    return static_cast<int>(i);
  }
  return -1;
}

void forget_cleanup(int slot) {
  if (slot >= 0) slots[static_cast<std::size_t>(slot)].state.store(slot_free);
}

int remove_tree_at(int parent_fd, const char* name) { return remove_below(parent_fd, name, 0); }

void install_signal_cleanup() {
  struct sigaction action{};
  action.sa_handler = on_ending_signal;
  ::sigemptyset(&action.sa_mask);
  for (const int number : ending_signals) ::sigaddset(&action.sa_mask, number);
  for (const int number : ending_signals) {
    struct sigaction previous{};
    ::sigaction(number, nullptr, &previous);
    // `nohup` and background jobs of a shell have these ignored: that wish stays.
    if (previous.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
  }
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  ::sigaction(SIGXFSZ, &ignore, nullptr);
}

bool DeferSignals::waiting() { return waiting_signal.load() != 0; }

DeferSignals::DeferSignals() { deferring.fetch_add(1); }

DeferSignals::~DeferSignals() {
  if (deferring.fetch_sub(1) != 1) return;
  if (const int number = waiting_signal.exchange(0)) ::raise(number);
}

}  // namespace vitgen
