// Candidates for a GPU in child processes, on the emulated one: what they do wrong is found out,
// and the search goes on.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "generators/base/temp_dir.h"
#include "generators/ops/add.h"
#include "generators/ops/attention.h"
#include "generators/ops/layer_norm.h"
#include "generators/ops/linear.h"
#include "tests/cuda/emulated_gpu.h"
#include "tests/tune/planting_backend.h"
#include "tools/emit/device_file.h"
#include "tools/tune/device_kind.h"
#include "tools/tune/search.h"
#include "tools/tune/trial_runner.h"
#include "tools/verify/reference/reference.h"

namespace vitgen {
namespace {

using ::testing::HasSubstr;

constexpr int kElements = 24;

OpSpec sum() { return op_spec(AddSpec{.batch = 1, .rows = 2, .width = 12, .prefix = 0}); }

// y[i] = a[i] + r[i] of n elements, by one thread each; of element `odd` twice as much.
constexpr const char* kAddPtx = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .entry add(.param .u64 a, .param .u64 r, .param .u64 y, .param .u32 n,
    .param .u32 odd) {
  .reg .pred %p<3>;
  .reg .b32 %r<5>;
  .reg .f32 %f<3>;
  .reg .b64 %rd<8>;
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %tid.x;
  mad.lo.s32 %r1, %r3, 32, %r4;
  ld.param.u32 %r2, [n];
  setp.ge.u32 %p1, %r1, %r2;
  @%p1 bra $done;
  ld.param.u64 %rd1, [a];
  ld.param.u64 %rd2, [r];
  ld.param.u64 %rd3, [y];
  mul.wide.u32 %rd4, %r1, 4;
  add.s64 %rd5, %rd1, %rd4;
  add.s64 %rd6, %rd2, %rd4;
  add.s64 %rd7, %rd3, %rd4;
  ld.global.f32 %f1, [%rd5];
  ld.global.f32 %f2, [%rd6];
  add.rn.f32 %f1, %f1, %f2;
  ld.param.u32 %r2, [odd];
  setp.ne.u32 %p2, %r1, %r2;
  @%p2 bra $store;
  add.rn.f32 %f1, %f1, %f1;
$store:
  st.global.f32 [%rd7], %f1;
$done:
  ret;
}
)";

enum : std::size_t { kA, kR, kY, kN, kOdd };  // the launch's arguments

LaunchArgument count(std::uint64_t n) {
  return {.kind = LaunchArgumentKind::value, .bytes = 4, .value = n};
}

DeviceKernel sound_add(unsigned elements = kElements) {
  constexpr unsigned kThreads = 32;
  DeviceLaunch launch{.entry = "add",
                      .grid = {(elements + kThreads - 1) / kThreads, 1, 1},
                      .block = {kThreads, 1, 1},
                      .arguments = {}};
  for (const int operand : {0, 1, 2}) launch.arguments.push_back({.index = operand});
  launch.arguments.push_back(count(elements));
  launch.arguments.push_back(count(elements));  // none is odd
  return {.ptx = kAddPtx, .launches = {launch}, .scratch_bytes = 0};
}

KernelFile written(const TempDir& folder, const std::string& name, const DeviceKernel& kernel) {
  const std::string path = folder.path() + "/" + name;
  std::ofstream(path) << device_file_text({.kernel = kernel, .cubin = {}});
  return {.object = path, .shared_scratch = 0, .task_scratch = 0};
}

/// The kernel with one of its arguments changed, as a compiled candidate.
KernelFile planted(const TempDir& folder, const std::string& name, std::size_t argument,
                   const LaunchArgument& changed) {
  DeviceKernel kernel = sound_add();
  kernel.launches[0].arguments[argument] = changed;
  return written(folder, name, kernel);
}

KernelFile sound(const TempDir& folder) { return planted(folder, "sound", kN, count(kElements)); }

KernelFile trap(const TempDir& folder) {
  return planted(folder, "trap", kY, {.index = 2, .value = std::uint64_t{1} << 40});
}

class DeviceChildren : public ::testing::Test {
 protected:
  ChildBackendOptions options() const {
    return {.machine = &find_machine("cuda_sm90"),
            .worker = VITGEN_PROGRAM,
            .cache = folder_.path(),
            .patience_seconds = 20};
  }
  ChildBackend backend() const { return ChildBackend(options(), device_kind({})); }

  const EmulatedGpu gpu_;
  const TempDir folder_{temporary_directory()};
};

TEST_F(DeviceChildren, EachPlantedFaultIsToldApart) {
  ChildBackend world = backend();
  const auto expect_wrong = [&](const KernelFile& file, const char* words) {
    const StepResult result = world.check(sum(), file);
    EXPECT_EQ(result.status, TrialStatus::wrong_result) << file.object;
    EXPECT_THAT(result.reason, HasSubstr(words));
  };
  EXPECT_TRUE(world.check(sum(), sound(folder_)).good);
  expect_wrong(planted(folder_, "values", kR, {.index = 0}), "instead of");
  expect_wrong(planted(folder_, "unwritten", kN, count(kElements - 1)), "nan instead of");
  expect_wrong(planted(folder_, "beyond", kN, count(kElements + 1)),
               "bytes beyond its operand 'output'");
  expect_wrong(planted(folder_, "before", kY, {.index = 2, .value = ~std::uint64_t{0} - 3}),
               "bytes beyond its operand 'residual'");
  expect_wrong(planted(folder_, "input", kY, {.index = 0}), "bytes of its operand 'input'");
  const StepResult crash = world.check(sum(), trap(folder_));
  EXPECT_EQ(crash.status, TrialStatus::crashed);
  EXPECT_THAT(crash.reason, HasSubstr("cuStreamSynchronize: "));
  EXPECT_EQ(world.check(sum(), {"/nowhere/kernel.o", 0, 0}).status, TrialStatus::crashed);
}

class DeviceChildrenFull : public DeviceChildren {};

// The emulated GPU itself would end it after a minute.
TEST_F(DeviceChildrenFull, AKernelThatHangsIsEndedAndTheNextOneRuns) {
  ChildBackendOptions impatient = options();
  impatient.patience_seconds = 4;  // a busy machine takes one to start the program
  ChildBackend world(impatient, device_kind({}));
  DeviceKernel kernel = sound_add();
  const std::size_t at = kernel.ptx.find("$done:");
  kernel.ptx.insert(at, "$again:\n  bra $again;\n");
  const KernelFile hang = written(folder_, "hang", kernel);
  EXPECT_EQ(world.check(sum(), hang).status, TrialStatus::timed_out);
  const std::vector<KernelFile> files = {hang, sound(folder_)};
  const auto session = world.time(sum(), files);
  EXPECT_TRUE(session->sample(0).timed_out);
  EXPECT_TRUE(session->sample(1).seconds);
}

// An element of the sum that no sample of the reference's looks at.
unsigned unseen_element(const OpSpec& spec) {
  const OperandMemory memory = fill_operands(operands(spec), 1, Placement::aligned);
  const auto values = [&](std::size_t i) { return static_cast<float*>(memory.pages[i].data()); };
  const auto elements = static_cast<unsigned>(memory.operands.back().elements());
  for (unsigned i = 0; i < elements; ++i) values(2)[i] = values(0)[i] + values(1)[i];
  const OperandData data(memory.operands, {values(0), values(1), values(2)});
  for (unsigned i = 0; i < elements; ++i) {
    values(2)[i] *= 2;
    if (compare(spec, data, kReferenceSamples).failed == 0) return i;
    values(2)[i] /= 2;
  }
  return elements;
}

TEST_F(DeviceChildren, ASingleWrongElementIsFoundWhereverItIs) {
  const OpSpec spec = op_spec(AddSpec{.batch = 1, .rows = 128, .width = 64, .prefix = 0});
  constexpr unsigned kMany = 128 * 64;
  const unsigned odd = unseen_element(spec);
  ASSERT_LT(odd, kMany);
  DeviceKernel kernel = sound_add(kMany);
  ChildBackend world = backend();
  EXPECT_TRUE(world.check(spec, written(folder_, "even", kernel)).good);
  kernel.launches[0].arguments[kOdd] = count(odd);
  const StepResult result = world.check(spec, written(folder_, "odd", kernel));
  EXPECT_EQ(result.status, TrialStatus::wrong_result);
  EXPECT_THAT(result.reason, HasSubstr("1 of 1 elements outside of their bound"));
}

TEST_F(DeviceChildren, KernelsOfRulesAreFoundRightHoweverOftenTheyRun) {
  ChildBackend world = backend();
  for (const OpSpec& spec :
       {op_spec(LinearSpec{.rows = 3, .k = 40, .n = 24, .panel = 24}),  // a tail of its terms
        op_spec(LayerNormSpec{2, 20, 1e-6f}),
        op_spec(AttentionSpec{.batch = 1,
                              .tokens = 5,
                              .heads = 1,
                              .head_size = 8,
                              .scale = 0.25f,
                              .storage = DType::bf16})}) {
    const CompileResult compiled = world.compile(spec, choose_default(spec, *options().machine));
    ASSERT_TRUE(compiled.good) << compiled.reason;
    const StepResult result = world.check_with(spec, compiled.file, 2);
    EXPECT_TRUE(result.good) << spec.text() << ": " << result.reason;
  }
}

TEST_F(DeviceChildren, ASessionSurvivesACandidateThatLosesTheGpu) {
  ChildBackend world = backend();
  const std::vector<KernelFile> files = {trap(folder_), sound(folder_)};
  const auto session = world.time(sum(), files);
  const Sample first = session->sample(1);
  ASSERT_TRUE(first.seconds) << first.reason;
  const Sample lost = session->sample(0);
  EXPECT_FALSE(lost.seconds);
  EXPECT_FALSE(lost.timed_out);
  EXPECT_THAT(lost.reason, HasSubstr("error "));
  // By the GPU's clock, so it takes the same again.
  EXPECT_EQ(session->sample(1).seconds, first.seconds);
}

TEST_F(DeviceChildren, AFullGpuSaysNothingOfACandidate) {
  ChildBackendOptions full = options();
  full.worker = folder_.path() + "/worker";
  std::ofstream(full.worker) << "#!/bin/sh\n"
                                "[ $2 = time ] && echo ready && read number\n"
                                "echo 'full cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY'\n";
  std::filesystem::permissions(full.worker, std::filesystem::perms::owner_all);
  ChildBackend world(full, device_kind({}));
  EXPECT_TRUE(world.check(sum(), sound(folder_)).interrupted);
  const std::vector<KernelFile> files = {sound(folder_)};
  EXPECT_TRUE(world.time(sum(), files)->sample(0).interrupted);
}

TuneSettings settings() {
  TuneSettings settings;
  settings.machine = &find_machine("cuda_sm90");
  settings.host = "gpu-emulated-gpu_cc90_mp2_l21m_bus64";
  settings.selection = {.keep = 4, .random = 0, .seed = 1};
  settings.pairs = 3;
  settings.run = "run-1";
  return settings;
}

std::map<std::string, TrialStatus> ends_of(const TuningDatabase& database) {
  std::map<std::string, TrialStatus> ends;
  for (const TuningTrial& trial : database.trials()) {
    if (trial.status == TrialStatus::rejected_model) continue;
    ends[trial.choice.text()] = trial.status;
  }
  return ends;
}

TEST_F(DeviceChildren, ASearchWithFaultyCandidatesRecordsTheFaultsAndASoundOne) {
  const std::vector<TuneKernel> kernels = {{sum(), 1}};
  const KernelResult plan = plan_search(kernels, settings(), nullptr)[0];
  ASSERT_GE(plan.candidates.size(), 4u);
  const auto text = [&](std::size_t i) { return plan.candidates[i].choice.text(); };
  PlantingBackend world(options(), device_kind({}),
                        {{text(1), trap(folder_).object},
                         {text(2), planted(folder_, "beyond", kN, count(kElements + 1)).object}});
  TuningDatabase database = TuningDatabase::open(folder_.path() + "/tuning.db");
  const auto results = tune(kernels, settings(), world, database, [](const TuneProgress&) {});
  EXPECT_TRUE(results[0].complete);
  const auto ends = ends_of(database);
  EXPECT_EQ(ends.at(text(0)), TrialStatus::measured);
  EXPECT_EQ(ends.at(text(1)), TrialStatus::crashed);
  EXPECT_EQ(ends.at(text(2)), TrialStatus::wrong_result);
  EXPECT_EQ(ends.at(text(3)), TrialStatus::measured);
  ASSERT_EQ(database.records().size(), 1u);
  EXPECT_EQ(database.records()[0].check, TuningCheck::bound);
}

// An assembler that tells of spills whatever it is given, and makes code that no driver takes.
Assembler spilling(const TempDir& folder) {
  const std::string path = folder.path() + "/ptxas";
  std::ofstream(path) << "#!/bin/sh\n"
                         "[ \"$1\" = --version ] && echo 'release 1.2, V1.2.34' && exit\n"
                         "printf '\\177ELF' > \"$4\"\n"
                         "echo \"Compiling entry function 'x'\"\n"
                         "echo '0 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads'\n"
                         "echo 'Used 255 registers'\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return assembler_at(path);
}

TEST_F(DeviceChildren, SpillsRejectACandidateBeforeItRunsButNotTheDefault) {
  const std::vector<TuneKernel> kernels = {{sum(), 1}};
  ChildBackend world(options(), device_kind(spilling(folder_)));
  TuningDatabase database = TuningDatabase::open(folder_.path() + "/tuning.db");
  const auto results = tune(kernels, settings(), world, database, [](const TuneProgress&) {});
  EXPECT_EQ(results[0].verdict, Verdict::kept);
  for (const Candidate& each : results[0].candidates) {
    if (each.status == TrialStatus::rejected_model) continue;
    EXPECT_EQ(each.status, each.is_default ? TrialStatus::measured : TrialStatus::rejected_code);
    EXPECT_EQ(each.facts.spilled_bytes, 12);
  }
}

}  // namespace
}  // namespace vitgen
