// Where the schedules of a library come from: knobs, database, shipped records or defaults; and
// that each says so.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "schedules/tuning/host.h"
#include "schedules/tuning/shipped.h"
#include "tests/vitgen/choices.h"
#include "tools/emit/kernel.h"
#include "tools/tune/is_current.h"
#include "tools/vitgen/choice_check.h"
#include "tools/vitgen/host.h"
#include "tools/vitgen/kernel_choices.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

const VariantFacts& variant_of(const LibraryFacts& facts, const OpSpec& spec) {
  for (const KernelFacts& kernel : facts.kernels) {
    if (kernel.spec == spec) return kernel.variants.at(0);
  }
  throw std::runtime_error("no such kernel");
}

std::string write_json(const Json& json) {
  const std::string path = new_path("my.knobs.json");
  std::ofstream(path) << json.dump();
  return path;
}

TEST(Choices, WithoutRecordsAreTheRulesDefaultsAndSaySo) {
  const Made made = generate({"--no-tuning"});
  ASSERT_EQ(made.result.status, 0) << made.result.output;
  EXPECT_THAT(made.result.output, HasSubstr(" defaults; `vitgen explain"));
  const LibraryFacts facts = facts_of(made.directory);
  for (const KernelFacts& kernel : facts.kernels) {
    const VariantFacts& variant = kernel.variants[0];
    EXPECT_EQ(variant.provenance, "default");
    EXPECT_EQ(variant.choice, choose_default(kernel.spec, find_machine(variant.machine)));
  }
}

TEST(Choices, ARecordOfThisHostIsUsedAndStandsInTheManifest) {
  const KnobsEntry entry = other_tile();
  const TuningRecord record = record_of(entry, host_text(this_host()));
  const Made made = generate({"--db", database_of({record})});
  ASSERT_EQ(made.result.status, 0) << made.result.output;
  EXPECT_THAT(made.result.output, HasSubstr(", 1 of your records; "));
  const VariantFacts variant = variant_of(facts_of(made.directory), entry.spec);
  EXPECT_EQ(variant.choice, entry.choice);
  EXPECT_EQ(variant.provenance, "record " + record.hash().substr(0, 12) + " (" + record.host +
                                    ", 1 thread, 2026-11-23T10:35:47Z)");
  const JsonFile manifest = read_manifest(made.directory);
  const Json& records = manifest.root["tuning"]["records"];
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["hash"], record.hash());
  EXPECT_EQ(records[0]["record"], record_json(record));
  must_run({"verify", made.directory, "-q", "--samples", "64", "-m", fixture("timm_vit")});
  EXPECT_THAT(must_run({"explain", made.directory, "--stage", "choice"}),
              HasSubstr(variant.provenance));
}

TEST(Choices, GenerateTellsThoseThatAreNoDefaultsAndOnDemandAll) {
  const KnobsEntry entry = other_tile();
  const TuningRecord record = record_of(entry, host_text(this_host()));
  const std::string database = database_of({record});
  const std::string target(find_machine(entry.machine).target);
  const std::string line = "  " + kernel_name(entry.spec) + " for " + target + ": " +
                           entry.choice.text() + ", record " + record.short_hash() + " (" +
                           record.host + ", 1 thread, 2026-11-23T10:35:47Z)\n";
  const std::string usual = generate({"--db", database}).result.output;
  EXPECT_THAT(usual, HasSubstr(line));
  EXPECT_THAT(usual, Not(HasSubstr(", default\n")));
  const Made made = generate({"--db", database, "-v"});
  EXPECT_THAT(made.result.output, HasSubstr(line));
  for (const KernelFacts& kernel : facts_of(made.directory).kernels) {
    EXPECT_THAT(made.result.output, HasSubstr("  " + kernel_name(kernel.spec) + " for "));
  }
  EXPECT_THAT(made.result.output, HasSubstr(", default\n"));
  EXPECT_EQ(generate({"--db", database, "-q", "-v"}).result.output, "");
}

TEST(Choices, AnotherHostsRecordsAreOnlyUsedForItsName) {
  const KnobsEntry entry = other_tile();
  const std::string database = database_of({record_of(entry, kForeign)});
  const Made own = generate({"--db", database});
  EXPECT_THAT(own.result.output, Not(HasSubstr("of your records")));
  const Made named = generate({"--db", database, "--tune-for", kForeign});
  EXPECT_THAT(named.result.output, HasSubstr(", 1 of your records; "));
  EXPECT_EQ(variant_of(facts_of(named.directory), entry.spec).choice, entry.choice);
  const Made unknown = generate({"--db", database, "--tune-for", "intel"});
  EXPECT_EQ(unknown.result.status, 2);
  EXPECT_THAT(unknown.result.output, HasSubstr("--tune-for: no records of host 'intel'"));
  EXPECT_THAT(unknown.result.output, HasSubstr(kForeign));
}

TEST(Choices, TheFasterOfTwoRulesRecordsIsUsed) {
  const KnobsEntry entry = other_tile();
  const TuningRecord tiled = record_of(entry, host_text(this_host()));
  TuningRecord plain = tiled;
  plain.choice = {"fallback", {}};
  plain.versions = current_versions(1);
  plain.median_ns = tiled.median_ns / 2;
  const Made made = generate({"--db", database_of({tiled, plain})});
  EXPECT_EQ(variant_of(facts_of(made.directory), entry.spec).choice, plain.choice);
}

TEST(Choices, RecordsOfTheFewestThreadsGoFirstAndSayHowMany) {
  const KnobsEntry entry = other_tile();
  TuningRecord two = record_of(entry, kForeign);
  two.threads = 2;
  TuningRecord four = two;
  four.threads = 4;
  four.choice = {"fallback", {}};
  four.versions = current_versions(1);
  four.median_ns = two.median_ns / 2;
  ChoiceSources sources;
  sources.own = {four, two};
  const auto chosen =
      choose_kernels({entry.spec}, {&find_machine(entry.machine)}, sources, {}).at(0);
  EXPECT_EQ(chosen.record, two);
  EXPECT_THAT(chosen.provenance(), HasSubstr(", 2 threads, 2026-"));
}

TEST(Choices, GoKnobsBeforeDatabaseBeforeShippedRecordsBeforeDefaults) {
  const KnobsEntry entry = other_tile();
  const Machine& machine = find_machine(entry.machine);
  const TuningRecord own = record_of(entry, kForeign);
  TuningRecord shipped = own;
  shipped.median_ns = own.median_ns / 2;  // the faster one has the later place
  ChoiceSources sources;
  sources.knobs = {entry};
  sources.own = {own};
  sources.shipped = {shipped};
  const auto chosen = [&] { return choose_kernels({entry.spec}, {&machine}, sources, {}).at(0); };
  EXPECT_EQ(chosen().origin, ChoiceOrigin::knobs);
  sources.knobs.clear();
  EXPECT_EQ(chosen().origin, ChoiceOrigin::database);
  EXPECT_EQ(chosen().record, own);
  sources.own.clear();
  EXPECT_EQ(chosen().origin, ChoiceOrigin::shipped);
  EXPECT_EQ(chosen().record, shipped);
  EXPECT_TRUE(chosen().provenance().starts_with("shipped record "));
  EXPECT_EQ(choice_summary({chosen()}), "schedules: 1 shipped record");
  sources.shipped.clear();
  EXPECT_EQ(chosen().origin, ChoiceOrigin::rule);
  EXPECT_EQ(chosen().choice, choose_default(entry.spec, machine));
}

TEST(Choices, ShippedRecordsAreOfTodaysRulesAndLegal) {
  const std::vector<TuningRecord> records = shipped_records();
  ASSERT_FALSE(records.empty());
  for (const TuningRecord& record : records) EXPECT_TRUE(is_current(record)) << record.spec.text();
  check_importable(records);
}

TEST(Choices, DoctorTellsHowManyRecordsFitThisMachine) {
  const std::string host = host_text(this_host());
  const TuningRecord fits = record_of(other_tile(), host);
  TuningRecord old = fits, elsewhere = fits;
  old.versions.halide = "20.0.0";
  elsewhere.machine = "cuda_sm80";
  const std::string database =
      database_of({fits, old, elsewhere, record_of(other_tile(), kForeign)});
  std::vector<TuningRecord> shipped = shipped_records();
  const auto here = std::ranges::count_if(shipped, [&](const TuningRecord& record) {
    const auto machines = host_machines();
    return record.host == host &&
           std::ranges::find(machines, &find_machine(record.machine)) != machines.end();
  });
  const ProcessResult result = run_process(
      {"/bin/sh", "-c", "VITGEN_TUNING_DB=$1 exec $0 doctor", VITGEN_PROGRAM, database});
  EXPECT_THAT(result.output, HasSubstr(database + ": 4 records, 1 fits this machine\n"));
  EXPECT_THAT(result.output, HasSubstr("shipped       " + std::to_string(shipped.size()) +
                                       " records, " + std::to_string(here) + " fit"));
}

TEST(Choices, ARecordThatTheRuleRefusesIsPassedOverWithANote) {
  const KnobsEntry entry = other_tile();
  TuningRecord illegal = record_of(entry, host_text(this_host()));
  for (auto& [key, value] : illegal.choice.knobs.values) {
    if (key == "m_r") value = "0";
  }
  TuningRecord gone = illegal;
  gone.choice.rule = "cpu/gone";
  const Made made = generate({"--db", database_of({illegal, gone})});
  ASSERT_EQ(made.result.status, 0) << made.result.output;
  EXPECT_THAT(made.result.output,
              HasSubstr("note: record " + illegal.hash().substr(0, 12) + " for linear("));
  EXPECT_THAT(made.result.output, HasSubstr("no rule 'cpu/gone' for op linear"));
  EXPECT_EQ(variant_of(facts_of(made.directory), entry.spec).provenance, "default");
}

TEST(Choices, RecordsOfOtherVersionsAreNotUsedAndToldOnce) {
  const KnobsEntry entry = other_tile();
  TuningRecord old = record_of(entry, host_text(this_host()));
  old.versions.halide = "20.0.0";
  const Made made = generate({"--db", database_of({old})});
  EXPECT_THAT(made.result.output,
              HasSubstr("note: of 1 kernel there are only tuning records of other versions"));
  EXPECT_EQ(variant_of(facts_of(made.directory), entry.spec).provenance, "default");
}

TEST(Choices, KnobsGoBeforeTheDatabase) {
  const KnobsEntry entry = other_tile();
  KnobsEntry by_hand = entry;
  by_hand.choice = {"fallback", {}};
  const Made made = generate({"--db", database_of({record_of(entry, host_text(this_host()))}),
                              "--knobs", write_json(knobs_file_json(std::vector{by_hand}))});
  const VariantFacts variant = variant_of(facts_of(made.directory), entry.spec);
  EXPECT_EQ(variant.choice, by_hand.choice);
  EXPECT_EQ(variant.provenance, "knobs file");
  EXPECT_THAT(made.result.output, HasSubstr("1 by knobs; "));
}

TEST(Choices, ExplainWritesKnobsThatGenerateTakesBack) {
  const std::string path = new_path("all.knobs.json");
  must_run({"explain", library_of("timm_vit"), "-q", "--stage", "choice", "--write", path});
  const Made made = generate({"--knobs", path});
  ASSERT_EQ(made.result.status, 0) << made.result.output;
  const LibraryFacts before = facts_of(library_of("timm_vit"));
  const LibraryFacts after = facts_of(made.directory);
  EXPECT_EQ(read_knobs_file(path).size(), before.kernels.size());
  for (std::size_t k = 0; k < before.kernels.size(); ++k) {
    EXPECT_EQ(after.kernels[k].variants[0].choice, before.kernels[k].variants[0].choice);
    EXPECT_EQ(after.kernels[k].variants[0].provenance, "knobs file");
  }
  must_run({"explain", library_of("timm_vit"), "-q", "--stage", "choice", "--kernel", "head",
            "--write", path});
  EXPECT_EQ(read_knobs_file(path).size(), 1u);
}

TEST(Choices, ExplainShowsBothNamesOfAKernelAndTakesEither) {
  const KernelFacts kernel = facts_of(library_of("timm_vit")).kernels[0];
  for (const std::string& name : {kernel.name, kernel.spec.text()}) {
    const std::string text =
        must_run({"explain", library_of("timm_vit"), "--stage", "choice", "--kernel", name});
    EXPECT_TRUE(text.starts_with(kernel.name + " = " + kernel.spec.text() + "\n")) << text;
  }
}

struct BadKnobs {
  const char* name;
  std::function<void(Json& entry)> change;
  int status;
  const char* words;
};

std::vector<BadKnobs> bad_knobs() {
  return {
      {"UnknownKey", [](Json& e) { e["knob"] = 1; }, 3, "did you mean \"knobs\"?"},
      {"UnknownRule", [](Json& e) { e["rule"] = "cpu/liner"; }, 2, "did you mean \"cpu/linear\"?"},
      {"AnotherOpsRule", [](Json& e) { e["rule"] = "cpu/pool"; }, 2, "no rule 'cpu/pool' for op"},
      {"UnknownKnob", [](Json& e) { e["knobs"]["m_rr"] = 1; }, 2, "did you mean \"m_r\"?"},
      {"MissingKnob", [](Json& e) { e["knobs"].erase("m_r"); }, 2, "knob 'm_r' of cpu/linear is"},
      {"IllegalKnob", [](Json& e) { e["knobs"]["m_r"] = 0; }, 2, "knobs must obey: "},
      {"HugeKnob", [](Json& e) { e["knobs"]["m_r"] = 99999999999; }, 2, "m_r: expected"},
      {"UnknownMachine", [](Json& e) { e["machine"] = "toaster"; }, 6,
       "my.knobs.json: unknown machine 'toaster'\nhint: known machines: cuda_sm90, cuda_sm80, "
       "cpu_amx, "},
      {"MisspeltMachine", [](Json& e) { e["machine"] = "cpu_avx3"; }, 6, "did you mean \"cpu_avx"},
      {"UnknownOp", [](Json& e) { e["spec"] = "linaer(rows=1)"; }, 2, "has no kernel linaer"},
      {"NoSuchKernel", [](Json& e) { e["spec"] = "linear(rows=1)"; }, 2, "has no kernel linear"},
      {"WordAsKnob", [](Json& e) { e["knobs"]["m_r"] = "six"; }, 2, "m_r: expected an integer"},
  };
}

class WrongKnobs : public ::testing::TestWithParam<BadKnobs> {};
INSTANTIATE_TEST_SUITE_P(All, WrongKnobs, ::testing::ValuesIn(bad_knobs()),
                         [](const auto& each) { return each.param.name; });

TEST_P(WrongKnobs, AreRefusedNamingFileKernelAndRule) {
  Json json = knobs_file_json(std::vector{other_tile()});
  GetParam().change(json["kernels"][0]);
  const std::string path = write_json(json);
  const Made made = generate({"--knobs", path});
  EXPECT_EQ(made.result.status, GetParam().status) << made.result.output;
  EXPECT_THAT(made.result.output, HasSubstr(GetParam().words));
  EXPECT_TRUE(made.result.output.starts_with("error: ")) << made.result.output;
  EXPECT_FALSE(fs::exists(made.directory));
}

TEST(Choices, KnobsOfAnotherTargetAreIdleWithANote) {
  KnobsEntry entry = other_tile();
  entry.machine = "cuda_sm80";
  const Made made = generate({"--knobs", write_json(knobs_file_json(std::vector{entry}))});
  EXPECT_EQ(made.result.status, 0) << made.result.output;
  EXPECT_THAT(made.result.output, HasSubstr("has knobs for cuda_sm80, which is not among"));
}

TEST(Choices, OptionsThatContradictAndFilesThatAreNotThereAreTold) {
  const std::string library = library_of("timm_vit");
  EXPECT_EQ(generate({"--locked", library, "--no-tuning"}).result.status, 2);
  EXPECT_EQ(generate({"--locked", library, "--knobs", "x"}).result.status, 2);
  EXPECT_EQ(generate({"--no-tuning", "--db", "x"}).result.status, 2);
  EXPECT_EQ(generate({"--knobs", "/nonexistent"}).result.status, 4);
  EXPECT_EQ(generate({"--locked", "/nonexistent"}).result.status, 4);
  const Made absent = generate({"--db", "/nonexistent/tuning.db"});
  EXPECT_EQ(absent.result.status, 4);
  EXPECT_THAT(absent.result.output, HasSubstr("no such database"));
  const Made text = generate({"--db", fixture("timm_vit") + "/config.json"});
  EXPECT_EQ(text.result.status, 3);
  EXPECT_THAT(text.result.output, HasSubstr("--no-tuning generates without it"));
  EXPECT_EQ(run_vitgen({"explain", library, "--write", new_path("k.json")}).status, 2);
}

}  // namespace
}  // namespace vitgen
