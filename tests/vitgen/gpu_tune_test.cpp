// vitgen tune for a GPU as its users run it, on the emulated one.

#include <gmock/gmock.h>

#include "schedules/tuning/database.h"
#include "tests/cuda/emulated_gpu.h"
#include "tests/vitgen/choices.h"
#include "tests/vitgen/program.h"
#include "tools/vitgen/known_hosts.h"

namespace vitgen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kGpuHost = "gpu-emulated-gpu_cc90_mp2_l21m_bus64";

std::string database_in(const TempDir& folder) { return folder.path() + "/tuning.db"; }

std::vector<std::string> tune_small(const TempDir& folder, std::vector<std::string> more) {
  std::vector<std::string> arguments = {"tune", "-m", fixture("timm_vit_avg"), "--db",
                                        database_in(folder)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(GpuTune, WithoutAGpuSaysThatItNeedsOneAndListsCandidatesOfARow) {
  const TempDir folder(temporary_directory());
  for (const char* target : {"cuda", "cuda-sm90"}) {
    const ProcessResult result = run_vitgen(tune_small(folder, {"--target", target}));
    if (result.status == 0) GTEST_SKIP() << "there is a GPU here";
    EXPECT_EQ(result.status, 6) << result.output;
    EXPECT_THAT(result.output, HasSubstr(std::string("error: ") + target +
                                         ": the tuner needs a GPU to time kernels on"));
    EXPECT_THAT(result.output, HasSubstr("hint: "));
  }
  EXPECT_EQ(run_vitgen(tune_small(folder, {"--target", "cuda", "--dry-run"})).status, 6);
  const std::string list =
      must_run(tune_small(folder, {"--target", "cuda-sm90", "--precision", "f16", "--dry-run"}));
  EXPECT_THAT(list, HasSubstr("attention_"));
  EXPECT_THAT(list, HasSubstr("candidates to compile"));
}

TEST(GpuTune, WhatCannotBeTunedIsSaid) {
  const EmulatedGpu gpu;
  const TempDir folder(temporary_directory());
  const auto refused = [&](std::vector<std::string> more, const char* words) {
    const ProcessResult result = run_vitgen(tune_small(folder, std::move(more)));
    EXPECT_EQ(result.status, 2) << result.output;
    EXPECT_THAT(result.output, HasSubstr(words));
  };
  refused({"--target", "cuda", "--threads", "2"}, "--threads: no thread");
  refused({"--target", "cuda-sm90,cuda-sm80"}, "one target at a time");
}

const VariantFacts& attention_variant(const LibraryFacts& facts) {
  for (const KernelFacts& kernel : facts.kernels) {
    if (kernel.spec.op == "attention") return kernel.variants.at(0);
  }
  throw std::runtime_error("no attention");
}

Made generate_small(const TempDir& folder, const std::vector<std::string>& more) {
  Made made{new_path("library"), {}};
  std::vector<std::string> arguments = {"generate",
                                        "-m",
                                        fixture("timm_vit_avg"),
                                        "--name",
                                        "fx",
                                        "--emit",
                                        "a",
                                        "--target",
                                        "cuda-sm80",
                                        "--precision",
                                        "f16",
                                        "-o",
                                        made.directory,
                                        "--db",
                                        database_in(folder)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  made.result = run_vitgen(arguments);
  EXPECT_EQ(made.result.status, 0) << made.result.output;
  return made;
}

TEST(GpuTune, FindsRecordsOfTheGpuThatGenerateUsesThereAndElsewhereByItsName) {
  const TempDir folder(temporary_directory());
  {
    const EmulatedGpu gpu;
    const std::string table =
        must_run(tune_small(folder, {"--target", "cuda-sm80", "--precision", "f16", "--trials", "2",
                                     "--op", "attention*"}));
    EXPECT_THAT(table, HasSubstr("cuda-sm80: 1 kernel on Emulated GPU"));
    EXPECT_THAT(table, HasSubstr("2 timed"));
    EXPECT_THAT(table, HasSubstr("measured peak of products"));
    EXPECT_THAT(table, HasSubstr("% of peak"));
    EXPECT_THAT(must_run({"doctor"}), HasSubstr(std::string("tuning gpu    ") + kGpuHost));
  }
  const auto database = TuningDatabase::open_to_read(database_in(folder));
  ASSERT_TRUE(database);
  ASSERT_EQ(database->records().size(), 1u);
  const TuningRecord record = database->records()[0];
  EXPECT_EQ(record.host, kGpuHost);
  EXPECT_EQ(record.machine, "cuda_sm80");
  EXPECT_EQ(record.check, TuningCheck::bound);
  EXPECT_EQ(record.spread, 0) << "the emulated GPU's clock counts instructions";
  const Made untuned = generate_small(folder, {});
  EXPECT_EQ(attention_variant(facts_of(untuned.directory)).provenance, "default");
  EXPECT_THAT(untuned.result.output, HasSubstr(std::string("--tune-for ") + kGpuHost));
  const std::string used =
      attention_variant(facts_of(generate_small(folder, {"--tune-for", kGpuHost}).directory))
          .provenance;
  EXPECT_THAT(used, HasSubstr("record " + record.short_hash()));
  EXPECT_THAT(used, Not(HasSubstr("thread")));
  const EmulatedGpu gpu;
  EXPECT_EQ(attention_variant(facts_of(generate_small(folder, {}).directory)).provenance, used);
}

TEST(GpuTune, RecordsOfAGpusRowAreItsHostsAndThoseOfAProcessorsRowAreThatOnes) {
  const TuningHosts hosts{.processor = kForeign, .gpu = kGpuHost};
  TuningRecord record;
  const auto are_of = [&](const char* machine, const char* host) {
    record.machine = machine;
    record.host = host;
    return hosts.are_of(record);
  };
  EXPECT_TRUE(are_of("cuda_sm80", kGpuHost));
  EXPECT_TRUE(are_of("cpu_avx2", kForeign));
  EXPECT_FALSE(are_of("cuda_sm80", kForeign));
  EXPECT_FALSE(are_of("cpu_avx2", kGpuHost));
}

TEST(GpuTune, ALibraryIsTunedForOneHostOfAKind) {
  const TempDir folder(temporary_directory());
  TuningRecord record = record_of(other_tile(), kForeign);
  TuningRecord other = record;
  other.host = "amd-25-1-1_l1d32k_l2512k_l332m_c2";
  TuningDatabase::open(database_in(folder)).merge(std::vector{record, other});
  const ProcessResult result =
      run_vitgen({"generate", "-m", fixture("timm_vit"), "--name", "fx", "-o", folder.path(),
                  "--db", database_in(folder), "--tune-for", record.host + "," + other.host});
  EXPECT_EQ(result.status, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("--tune-for: two hosts of one kind"));
}

}  // namespace
}  // namespace vitgen
