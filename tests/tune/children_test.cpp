// Candidates in child processes: what crashes, hangs or computes something else is found out, and
// the search goes on.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "generators/base/temp_dir.h"
#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "tests/tune/planting_backend.h"
#include "tools/tune/host_kind.h"
#include "tools/tune/sanitized.h"
#include "tools/tune/search.h"

namespace vitgen {
namespace {

using ::testing::HasSubstr;

const Machine& runnable() { return find_machine("cpu_avx2"); }

ChildBackendOptions options_in(const TempDir& folder) {
  return {.machine = &runnable(),
          .worker = VITGEN_PROGRAM,
          .cache = folder.path(),
          .patience_seconds = 4};  // a busy machine takes one to start the program
}

ChildKind on_processor() { return host_kind("haswell"); }

OpSpec linear() { return op_spec(LinearSpec{.rows = 20, .k = 32, .n = 96, .panel = 48}); }

TEST(Children, EachPlantedFaultIsToldApart) {
  const TempDir folder(temporary_directory());
  ChildBackend backend(options_in(folder), on_processor());
  const auto check = [&](const char* object) {
    return backend.check(linear(), {.object = object, .shared_scratch = 0, .task_scratch = 0});
  };
  const StepResult crash = check(PLANTED_CRASH);
  EXPECT_FALSE(crash.good);
  EXPECT_EQ(crash.status, TrialStatus::crashed);
  EXPECT_THAT(crash.reason, HasSubstr("signal 11"));
  const StepResult hang = check(PLANTED_HANG);
  EXPECT_EQ(hang.status, TrialStatus::timed_out);
  const StepResult wrong = check(PLANTED_WRONG_VALUES);
  EXPECT_EQ(wrong.status, TrialStatus::wrong_result);
  EXPECT_THAT(wrong.reason, HasSubstr("instead of"));
  EXPECT_EQ(check(PLANTED_NOTHING_WRITTEN).status, TrialStatus::wrong_result);
  EXPECT_EQ(check(PLANTED_OUT_OF_BOUNDS).status, TrialStatus::crashed);
  const StepResult failure = check(PLANTED_OWN_FAILURE);
  EXPECT_EQ(failure.status, TrialStatus::crashed);
  EXPECT_THAT(failure.reason, HasSubstr("code -7"));
  EXPECT_EQ(check("/nowhere/kernel.o").status, TrialStatus::crashed);
}

TEST(Children, AnExpectedOutputOfAnotherSizeIsNoFaultOfTheCandidate) {
  const TempDir folder(temporary_directory());
  const std::string expected = folder.path() + "/expected";
  std::ofstream(expected) << "short";
  const TrialRequest request{
      .spec = linear(), .kernels = {{PLANTED_WRONG_VALUES, 0, 0}}, .expected = expected};
  const std::string file = folder.path() + "/request";
  std::ofstream(file) << request.text();
  const ChildResult child =
      run_child({VITGEN_PROGRAM, "trial-worker", "check", file}, 60, [] { return false; });
  EXPECT_EQ(child.output, "error the expected output has another size\n");
}

TEST(Children, MemoryIsLimited) {
  if (kSanitized) GTEST_SKIP() << "address space cannot be limited";
  const TempDir folder(temporary_directory());
  ChildBackend backend(options_in(folder), on_processor());
  const StepResult result = backend.check(linear(), {PLANTED_GREEDY, 0, 0});
  EXPECT_EQ(result.status, TrialStatus::crashed);
  EXPECT_THAT(result.reason, HasSubstr("code -12"));
}

TEST(Children, KernelsOfEveryGateAreFoundRight) {
  const TempDir folder(temporary_directory());
  ChildBackend backend(options_in(folder), on_processor());
  for (const OpSpec& spec : {linear(), op_spec(LayerNormSpec{9, 48, 1e-6f}),
                             op_spec(AttentionSpec{1, 19, 2, 16, 0.25f})}) {
    const CompileResult compiled = backend.compile(spec, choose_default(spec, runnable()));
    ASSERT_TRUE(compiled.good) << compiled.reason;
    const StepResult result = backend.check(spec, compiled.file);
    EXPECT_TRUE(result.good) << spec.text() << ": " << result.reason;
    EXPECT_TRUE(backend.check_with(spec, compiled.file, 3).good);
  }
}

TEST(Children, IllegalKnobsAreACandidateThatDoesNotCompile) {
  const TempDir folder(temporary_directory());
  ChildBackend backend(options_in(folder), on_processor());
  const CompileResult result =
      backend.compile(linear(), Choice::parse("cpu/linear(m_r=5,n_r=7,unroll_k=4)"));
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.status, TrialStatus::compile_failed);
  EXPECT_THAT(result.reason, HasSubstr("knobs must obey"));
}

TEST(Children, ThreadsRunTheKernelAsALibraryDoes) {
  const TempDir folder(temporary_directory());
  for (const int threads : {1, 3}) {
    ChildBackendOptions options = options_in(folder);
    options.threads = threads;
    options.rotate_bytes = 1 << 20;
    ChildBackend backend(options, on_processor());
    const CompileResult compiled = backend.compile(linear(), choose_default(linear(), runnable()));
    ASSERT_TRUE(compiled.good) << compiled.reason;
    const std::vector<KernelFile> files = {compiled.file};
    const auto session = backend.time(linear(), files);
    for (int i = 0; i < 3; ++i) {
      const Sample sample = session->sample(0);
      ASSERT_TRUE(sample.seconds) << sample.reason;
      EXPECT_GT(*sample.seconds, 0);
    }
  }
}

TEST(Children, ASessionSurvivesACandidateThatEndsIt) {
  const TempDir folder(temporary_directory());
  ChildBackend backend(options_in(folder), on_processor());
  const CompileResult good = backend.compile(linear(), choose_default(linear(), runnable()));
  ASSERT_TRUE(good.good);
  const std::vector<KernelFile> files = {{PLANTED_CRASH, 0, 0}, good.file, {PLANTED_HANG, 0, 0}};
  const auto session = backend.time(linear(), files);
  EXPECT_TRUE(session->sample(1).seconds);
  const Sample crash = session->sample(0);
  EXPECT_FALSE(crash.seconds);
  EXPECT_FALSE(crash.timed_out);
  EXPECT_TRUE(session->sample(1).seconds);
  EXPECT_TRUE(session->sample(2).timed_out);
  EXPECT_TRUE(session->sample(1).seconds);
}

TEST(Children, ASampleIsInterruptedWhenItsTimeIsOverAndTimedOutWhenPatienceIs) {
  const TempDir folder(temporary_directory());
  ChildBackend backend(options_in(folder), on_processor());
  const std::vector<KernelFile> files = {{PLANTED_HANG, 0, 0}};
  const auto session = backend.time(linear(), files);
  const Sample cut_off = session->sample_within(0, 0.2);
  EXPECT_TRUE(cut_off.interrupted) << cut_off.reason;
  EXPECT_FALSE(cut_off.timed_out);
  const Sample late = session->sample(0);
  EXPECT_FALSE(late.interrupted);
  EXPECT_TRUE(late.timed_out) << late.reason;
}

TEST(Children, AStopEndsAHangingChildAtOnceAndSaysNothingOfTheCandidate) {
  const TempDir folder(temporary_directory());
  ChildBackendOptions options = options_in(folder);
  int looks = 0;
  options.patience_seconds = 1000;
  options.stop = [&] { return ++looks > 40; };
  ChildBackend backend(options, on_processor());
  const StepResult result = backend.check(linear(), {PLANTED_HANG, 0, 0});
  EXPECT_TRUE(result.interrupted);
}

std::string words_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The child of this program that checks a candidate, once it ignores what it is to ignore; else 0.
pid_t settled_checker() {
  constexpr std::uint64_t kIgnored =
      (std::uint64_t{1} << (SIGHUP - 1)) | (std::uint64_t{1} << (SIGTERM - 1));
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const std::string folder = process.path().string();
    const std::string status = words_of(folder + "/status");
    if (status.find(fmt::format("\nPPid:\t{}\n", ::getpid())) == std::string::npos) continue;
    if (words_of(folder + "/cmdline").find(std::string_view("\0check\0", 7)) == std::string::npos) {
      continue;
    }
    const std::size_t at = status.find("SigIgn:");
    if (at == std::string::npos) continue;
    const std::uint64_t ignored = std::stoull(status.substr(at + 7), nullptr, 16);
    if ((ignored & kIgnored) == kIgnored) return std::stoi(process.path().filename().string());
  }
  return 0;
}

TEST(Children, ACheckThatEndsWithThisProgramSaysNothingOfTheCandidate) {
  const TempDir folder(temporary_directory());
  ChildBackendOptions options = options_in(folder);
  bool ended = false;
  options.stop = [&] {
    if (ended) return true;
    const pid_t child = settled_checker();
    ended = child > 0 && ::kill(child, SIGKILL) == 0;
    return false;  // asked again when the child is seen to be gone
  };
  ChildBackend backend(options, on_processor());
  const StepResult result = backend.check(linear(), {PLANTED_HANG, 0, 0});
  EXPECT_TRUE(ended);
  EXPECT_TRUE(result.interrupted) << result.reason;
}

TEST(Children, AHangupEndsNoCheckOfItself) {
  const TempDir folder(temporary_directory());
  ChildBackendOptions options = options_in(folder);
  bool told = false;
  options.stop = [&] {
    const pid_t child = told ? 0 : settled_checker();
    if (child > 0) {
      for (const int number : {SIGHUP, SIGTERM, SIGINT}) ::kill(child, number);
      told = true;
    }
    return false;
  };
  ChildBackend backend(options, on_processor());
  const StepResult result = backend.check(linear(), {PLANTED_HANG, 0, 0});
  EXPECT_TRUE(told);
  EXPECT_EQ(result.status, TrialStatus::timed_out) << result.reason;
}

TEST(Children, AChildHasTheLimitsItIsGiven) {
  const auto most = [](const ChildLimits& limits) {
    const std::vector<std::string> wait = {"/bin/sh", "-c", "sleep 0.2; ulimit -v; ulimit -t"};
    return run_child(wait, 10, {}, limits).output;
  };
  EXPECT_EQ(most({.memory_bytes = 1 << 30, .cpu_seconds = 7}), "1048576\n7\n");
}

TEST(Children, ASearchWithFaultyCandidatesFindsAGoodOneAndRecordsTheFaults) {
  const TempDir folder(temporary_directory());
  TuneSettings settings;
  settings.machine = &runnable();
  settings.host = "amd-25-1-1_l1d32k_l2512k_l332m_c2";
  settings.selection = {.keep = 8, .random = 0, .seed = 1};
  settings.jobs = 2;
  settings.run = "run-1";
  const std::vector<TuneKernel> kernels = {{linear(), 1}};
  std::map<std::string, std::string> objects;
  const std::vector<std::string> faults = {PLANTED_CRASH, PLANTED_HANG, PLANTED_WRONG_VALUES};
  const std::vector<TrialStatus> expected = {TrialStatus::crashed, TrialStatus::timed_out,
                                             TrialStatus::wrong_result};
  const KernelResult plan = plan_search(kernels, settings, nullptr)[0];
  for (std::size_t i = 0; i < faults.size(); ++i) {
    objects[plan.candidates.at(i + 1).choice.text()] = faults[i];
  }
  PlantingBackend backend(options_in(folder), on_processor(), objects);
  TuningDatabase database = TuningDatabase::open(folder.path() + "/tuning.db");
  const auto results = tune(kernels, settings, backend, database, [](const TuneProgress&) {});
  EXPECT_TRUE(results[0].complete);
  EXPECT_GT(results[0].now_seconds, 0);
  EXPECT_FALSE(objects.contains(results[0].now.text()));
  std::size_t found = 0;
  for (const TuningTrial& trial : database.trials()) {
    for (std::size_t i = 0; i < faults.size(); ++i) {
      if (trial.choice != plan.candidates[i + 1].choice) continue;
      EXPECT_EQ(trial.status, expected[i]) << trial.reason;
      ++found;
    }
  }
  EXPECT_EQ(found, faults.size());
  EXPECT_EQ(database.records().size(), 1u);
}

}  // namespace
}  // namespace vitgen
