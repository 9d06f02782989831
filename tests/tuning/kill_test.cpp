// What was acknowledged survives a kill at any moment, and so does the database.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "schedules/tuning/database.h"
#include "tests/base/in_child.h"
#include "tests/base/support.h"
#include "tests/tuning/samples.h"

namespace vitgen {
namespace {

using testing::sample_record;
using testing::sample_trial;
using testing::Scratch;

// Stores records and trials from number `first` on and writes each number to `out` after its
// record or trial was acknowledged.
[[noreturn]] void store_for_ever(const std::string& path, int first, int out) {
  TuningDatabase database = TuningDatabase::open(path);
  for (int n = first;; ++n) {
    if (n % 2 == 0) {
      database.put(sample_record(n));
    } else {
      database.add(sample_trial(n));
    }
    if (::write(out, &n, sizeof n) != sizeof n) ::_exit(1);
  }
}

// Kills a writer after a random time and returns what it had acknowledged.
std::vector<int> acknowledged(const std::string& path, int first, std::mt19937& random) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  testing::wait_until_fork_is_safe();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    store_for_ever(path, first, ends[1]);
  }
  ::close(ends[1]);
  // From before the first statement to some commits, on any machine, and anywhere inside of one.
  std::uniform_int_distribution<std::size_t> commits(0, 12);
  std::uniform_int_distribution<int> microseconds(0, 4'000);
  std::vector<int> numbers;
  const auto receive = [&] {
    int n = 0;
    if (::read(ends[0], &n, sizeof n) != sizeof n) return false;
    numbers.push_back(n);
    return true;
  };
  for (std::size_t wanted = commits(random); numbers.size() < wanted && receive();) {
  }
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
  while (receive()) {
  }
  ::close(ends[0]);
  return numbers;
}

std::set<int> stored(const std::string& path) {
  const TuningDatabase database = TuningDatabase::open(path);
  std::set<int> numbers;
  const int first = std::stoi(*sample_record(0).spec.fields.find("rows"));
  for (const TuningRecord& record : database.records()) {
    numbers.insert(std::stoi(*record.spec.fields.find("rows")) - first);
  }
  for (const TuningTrial& trial : database.trials()) numbers.insert(trial.ordinal);
  return numbers;
}

void kill_often(int times) {
  const Scratch scratch;
  const std::string path = scratch.at("tuning.db");
  std::mt19937 random(4);
  std::set<int> promised;
  int next = 0;
  for (int kill = 0; kill < times; ++kill) {
    for (const int n : acknowledged(path, next, random)) promised.insert(n);
    const std::set<int> found = stored(path);
    for (const int n : promised) ASSERT_TRUE(found.contains(n)) << "lost " << n;
    // At most the one that was on its way is there without having been acknowledged.
    next = found.empty() ? 0 : *found.rbegin() + 1;
    for (int n = 0; n < next; ++n) promised.insert(n);
  }
  EXPECT_GT(next, times) << "the writers were killed before they wrote";
}

TEST(Kill, LosesNoAcknowledgedRecordAtTenMoments) { kill_often(10); }

TEST(KillFull, LosesNoAcknowledgedRecordAtTwoHundredMoments) { kill_often(200); }

TEST(Kill, WritersInSeveralProcessesLoseNothingOfEachOther) {
  const Scratch scratch;
  const std::string path = scratch.at("tuning.db");
  std::vector<pid_t> children;
  constexpr int kWriters = 4, kEach = 10;
  for (int writer = 0; writer < kWriters; ++writer) {
    testing::wait_until_fork_is_safe();
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        TuningDatabase database = TuningDatabase::open(path);
        for (int n = 0; n < kEach; ++n) database.put(sample_record(writer * kEach + n));
        ::_exit(0);
      } catch (const Error& error) {
        std::cerr << error.code() << " " << error.what() << "\n";
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(TuningDatabase::open(path).records().size(), std::size_t{kWriters * kEach});
}

}  // namespace
}  // namespace vitgen
