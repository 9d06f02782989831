#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "runtime/pool.h"
#include "tests/runtime/fake_model.h"
#include "tests/runtime/interpose.h"

namespace vitgen::test {
namespace {

vitgen_pool* make_pool(int threads, int spin_us = 0) {
  vitgen_api_pool_options options = {};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = threads;
  options.spin_us = spin_us;
  vitgen_pool* pool = nullptr;
  EXPECT_EQ(vitgen_api_pool_create(&options, &pool), VITGEN_API_OK);
  return pool;
}

struct Count {
  std::atomic<int> shares[64];
};

void count_share(void* data, int worker) { ++static_cast<Count*>(data)->shares[worker]; }

TEST(Pool, share_0_runs_on_the_caller_and_no_share_twice) {
  for (const int spin_us : {-1, 0, 100}) {
    vitgen_pool* pool = make_pool(5, spin_us);
    EXPECT_EQ(pool->workers, 5);
    pool->begin(pool);
    for (int i = 0; i < 500; ++i) {
      Count count = {};
      pool->run(pool, 1 + i % 7, count_share, &count);
      EXPECT_EQ(count.shares[0], 1);
      for (int w = 1; w < 64; ++w) EXPECT_LE(count.shares[w], w < 1 + i % 7 && w < 5 ? 1 : 0);
    }
    pool->end(pool);
    EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_OK);
  }
}

struct Meeting {
  std::atomic<int> present{0};
};

/// Returns only when all three are there: needs real threads.
void meet(void* data, int) {
  auto& meeting = *static_cast<Meeting*>(data);
  ++meeting.present;
  for (int i = 0; i < 10000 && meeting.present < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(Pool, shares_run_at_the_same_time) {
  for (const int spin_us : {-1, 50}) {
    vitgen_pool* pool = make_pool(3, spin_us);
    for (int i = 0; i < 20; ++i) {
      Meeting meeting;
      pool->run(pool, 3, meet, &meeting);
      EXPECT_EQ(meeting.present, 3);
    }
    EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_OK);
  }
}

uint64_t process_cpu_ns() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

TEST(Pool, workers_sleep_between_runs_and_in_long_serial_parts) {
  vitgen_pool* pool = make_pool(4, 50);
  Count count = {};
  pool->begin(pool);
  pool->run(pool, 4, count_share, &count);
  const uint64_t in_run = process_cpu_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(process_cpu_ns() - in_run, 50u * 1000 * 1000);  // of 300 ms if they went on spinning
  pool->end(pool);
  const uint64_t after_run = process_cpu_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(process_cpu_ns() - after_run, 50u * 1000 * 1000);
  EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_OK);
}

TEST(Pool, serves_several_contexts_at_once_with_the_same_bits) {
  FakeModel fake;
  vitgen_pool* pool = make_pool(3);
  {
    vitgen_api_context_options options = context_options();
    options.pool = pool;
    Session one(fake, options), two(fake, options), three(fake, options);
    EXPECT_EQ(vitgen_api_context_threads(one.context), 3);
    std::vector<std::thread> threads;
    for (Session* session : {&one, &two, &three}) {
      threads.emplace_back([&fake, session] {
        const std::vector<float> input = images(17);
        const std::vector<float> expected = fake.logits(input);
        for (int i = 0; i < 100; ++i) {
          std::vector<float> out(17 * kClasses);
          ASSERT_EQ(vitgen_api_run(session->context, 17, input.data(), out.data()), VITGEN_API_OK);
          ASSERT_EQ(out, expected);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_E_BUSY);
  }
  EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_OK);
}

TEST(Pool, wrong_options_are_refused) {
  vitgen_pool* pool = nullptr;
  char text[128] = "";
  vitgen_api_pool_options options = {};
  options.struct_size = sizeof options;
  options.error_text = text;
  options.error_text_bytes = sizeof text;
  options.threads = -1;
  EXPECT_EQ(vitgen_api_pool_create(&options, &pool), VITGEN_API_E_ARG);
  EXPECT_STREQ(text, "options: threads is not in 0..1024");
  options.threads = 1;
  options.flags = 8;
  EXPECT_EQ(vitgen_api_pool_create(&options, &pool), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_pool_create(&options, nullptr), VITGEN_API_E_ARG);
  options.struct_size = 1;
  EXPECT_EQ(vitgen_api_pool_create(&options, &pool), VITGEN_API_E_ARG);
  vitgen_pool other = {};
  EXPECT_EQ(vitgen_api_pool_destroy(&other), VITGEN_API_E_ARG);
  EXPECT_EQ(vitgen_api_pool_destroy(nullptr), VITGEN_API_OK);
}

TEST(Pool, no_failed_allocation_or_thread_leaks) {
  const Held before = held();
  vitgen_api_pool_options options = {};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = 4;
  for (int n = 0; n < 5; ++n) {
    const Failing failing(Libc::kAny, n, Failing::kFromHere);
    vitgen_pool* pool = nullptr;
    EXPECT_EQ(vitgen_api_pool_create(&options, &pool), VITGEN_API_E_RESOURCES);
    EXPECT_EQ(pool, nullptr);
    EXPECT_EQ(held(), before);
  }
}

/// Calls it wrongly or not at all; `user` tells how.
enum class Caller { kInOrder, kBackwards, kNone, kTwice, kOutOfRange };
void callers_loop(void* user, int count, vitgen_share share, void* data) {
  switch (*static_cast<Caller*>(user)) {
    case Caller::kInOrder:
      for (int w = 0; w < count; ++w) share(data, w);
      break;
    case Caller::kBackwards:
      for (int w = count; w-- > 0;) share(data, w);
      break;
    case Caller::kNone:
      break;
    case Caller::kTwice: {
      std::thread other([&] { share(data, 0); });
      share(data, 0);
      other.join();
      break;
    }
    case Caller::kOutOfRange:
      share(data, -1);
      share(data, 1 << 20);
      break;
  }
}

TEST(ParallelFor, of_the_caller_gives_the_same_bits_even_if_it_is_wrong) {
  FakeModel fake;
  for (Caller caller :
       {Caller::kInOrder, Caller::kBackwards, Caller::kNone, Caller::kTwice, Caller::kOutOfRange}) {
    const vitgen_parallel_for parallel = {sizeof parallel, 4, &caller, callers_loop};
    vitgen_api_context_options options = context_options();
    options.parallel_for = &parallel;
    Session session(fake, options);
    EXPECT_EQ(vitgen_api_context_threads(session.context), 4);
    const std::vector<float> input = images(17);
    std::vector<float> out(17 * kClasses);
    ASSERT_EQ(vitgen_api_run(session.context, 17, input.data(), out.data()), VITGEN_API_OK);
    EXPECT_EQ(out, fake.logits(input));
  }
}

void threads_loop(void*, int count, vitgen_share share, void* data) {
  std::vector<std::thread> threads;
  for (int w = 0; w < count; ++w) threads.emplace_back([=] { share(data, w); });
  for (std::thread& thread : threads) thread.join();
}

TEST(ParallelFor, of_the_caller_may_run_all_shares_on_threads_of_its_own) {
  FakeModel fake;
  const vitgen_parallel_for parallel = {sizeof parallel, 3, nullptr, threads_loop};
  vitgen_api_context_options options = context_options();
  options.parallel_for = &parallel;
  Session session(fake, options);
  const std::vector<float> input = images(5);
  for (int i = 0; i < 20; ++i) {
    std::vector<float> out(5 * kClasses);
    ASSERT_EQ(vitgen_api_run(session.context, 5, input.data(), out.data()), VITGEN_API_OK);
    ASSERT_EQ(out, fake.logits(input));
  }
}

struct ThreadFacts {
  std::string name;
  uint64_t blocked;
};

std::vector<ThreadFacts> our_threads() {
  std::vector<ThreadFacts> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(entry.path() / "status");
    ThreadFacts facts = {};
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("Name:")) facts.name = line.substr(6);
      if (line.starts_with("SigBlk:")) facts.blocked = std::stoull(line.substr(8), nullptr, 16);
    }
    if (facts.name.starts_with("vitgen-")) found.push_back(facts);
  }
  return found;
}

/// A joined thread may show for a moment longer.
std::vector<ThreadFacts> our_threads_settled(size_t expected) {
  std::vector<ThreadFacts> found = our_threads();
  for (int i = 0; i < 1000 && found.size() != expected; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    found = our_threads();
  }
  return found;
}

TEST(Pool, threads_are_named_and_leave_signals_to_the_program) {
  our_threads_settled(0);
  vitgen_pool* pool = make_pool(3);
  // libc blocks everything until a new thread has begun; after a share it has.
  Meeting meeting;
  pool->run(pool, 3, meet, &meeting);
  std::vector<ThreadFacts> threads = our_threads_settled(2);
  EXPECT_EQ(threads.size(), 2u);
  const auto bit = [](int signal) { return uint64_t{1} << (signal - 1); };
  for (const ThreadFacts& thread : threads) {
    for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGPROF, SIGUSR1, SIGPIPE}) {
      EXPECT_NE(thread.blocked & bit(signal), 0u) << signal;
    }
    EXPECT_EQ(thread.blocked & bit(SIGSEGV), 0u);
  }
  EXPECT_EQ(vitgen_api_pool_destroy(pool), VITGEN_API_OK);
  EXPECT_TRUE(our_threads_settled(0).empty());
}

}  // namespace
}  // namespace vitgen::test
