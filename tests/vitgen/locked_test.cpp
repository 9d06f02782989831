// Libraries that repeat the schedules of an earlier one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "generators/base/file.h"
#include "schedules/tuning/host.h"
#include "tests/vitgen/choices.h"
#include "tools/vitgen/kernel_choices.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string bytes_of(const std::string& directory) {
  std::string all;
  for (const char* name : {"libfx.a", "libfx.so", "fx.h", "fx.weights"}) {
    all += read_whole((fs::path(directory) / name).string(), 1u << 26);
  }
  return all;
}

TEST(Locked, RepeatsEveryChoiceAndByteWhateverTheDatabaseHoldsNow) {
  const TuningRecord record = record_of(other_tile(), host_text(this_host()));
  const Made first = generate({"--db", database_of({record})});
  const Made plain = generate({"--no-tuning"});
  const Made again = generate({"--locked", first.directory});
  ASSERT_EQ(again.result.status, 0) << again.result.output;
  EXPECT_TRUE(bytes_of(again.directory) == bytes_of(first.directory));
  EXPECT_FALSE(bytes_of(again.directory) == bytes_of(plain.directory));
  const LibraryFacts facts = facts_of(again.directory);
  for (const KernelFacts& kernel : facts.kernels) {
    EXPECT_EQ(kernel.variants[0].provenance, "locked");
  }
  const Json records = read_manifest(again.directory).root["tuning"]["records"];
  EXPECT_EQ(records[0]["hash"], record.hash());
  // Repeating the repetition changes nothing at all.
  const Made third = generate({"--locked", again.directory + "/fx.manifest.json"});
  EXPECT_EQ(read_whole(third.directory + "/fx.manifest.json", 1u << 26),
            read_whole(again.directory + "/fx.manifest.json", 1u << 26));
}

TEST(Locked, RefusesAKernelThatTheManifestLacks) {
  const Made made = generate({"--locked", library_of("timm_vit"), "--batch", "3"});
  EXPECT_EQ(made.result.status, 3);
  EXPECT_THAT(made.result.output, HasSubstr("fx.manifest.json has no choice for "));
  EXPECT_FALSE(fs::exists(made.directory));
}

std::string changed_manifest(const std::function<void(Json&)>& change) {
  const TuningRecord record = record_of(other_tile(), host_text(this_host()));
  static const std::string library = generate({"--db", database_of({record})}).directory;
  Json manifest = read_manifest(library).root;
  change(manifest);
  const std::string path = new_path("fx.manifest.json");
  std::ofstream(path) << manifest_text(manifest);
  return path;
}

TEST(Locked, RefusesAChoiceThatCannotBeBuiltAndARecordThatWasChanged) {
  const auto with_choice = [](const std::string& text) {
    return changed_manifest([&](Json& m) { m["kernels"][0]["variants"][0]["choice"] = text; });
  };
  const Made gone = generate({"--locked", with_choice("cpu/gone(m_r=1)")});
  EXPECT_EQ(gone.result.status, 3);
  EXPECT_THAT(gone.result.output, HasSubstr("cannot be repeated: no rule 'cpu/gone'"));
  const Made edited = generate({"--locked", changed_manifest([](Json& m) {
                                  m["tuning"]["records"][0]["record"]["samples"] = 1000;
                                })});
  EXPECT_EQ(edited.result.status, 3);
  EXPECT_THAT(edited.result.output, HasSubstr("hash"));
  for (const Json& item : {Json(5), Json(), Json::object()}) {
    const Made none = generate({"--locked", changed_manifest([&](Json& m) {
                                  m["tuning"]["records"] = Json::array({item});
                                })});
    EXPECT_EQ(none.result.status, 3);
    EXPECT_THAT(none.result.output, HasSubstr("record: missing"));
  }
}

void expect_changed(const Made& made, const char* words) {
  EXPECT_EQ(made.result.status, 3) << made.result.output;
  EXPECT_TRUE(made.result.output.starts_with("error: ")) << made.result.output;
  EXPECT_THAT(made.result.output, HasSubstr(words));
  EXPECT_THAT(made.result.output, HasSubstr("hint: the manifest was edited, or "));
  EXPECT_FALSE(fs::exists(made.directory));
}

// The text of `choice` with 1 for its first m_r, which every shape allows.
std::string lower_tile(std::string choice) {
  const std::size_t at = choice.find("m_r=") + 4;
  return choice.replace(at, choice.find_first_of(",)", at) - at, "1");
}

TEST(Locked, RefusesAScheduleThatIsNotTheOneOfItsHash) {
  const TuningRecord record = record_of(other_tile(), host_text(this_host()));
  int edited = 0;
  for (const bool tuned : {false, true}) {
    const auto change = [&](Json& m) {
      for (Json& kernel : m["kernels"]) {
        Json& choice = kernel["variants"][0]["choice"];
        const auto text = choice.get<std::string>();
        if (!text.starts_with("cpu/linear(") || tuned != (text == record.choice.text())) continue;
        choice = lower_tile(text);
        ++edited;
        return;
      }
    };
    expect_changed(generate({"--locked", changed_manifest(change)}),
                   tuned ? "none of its kernels has the schedule of record "
                         : " is not that of its schedule cpu/linear(m_r=1,");
  }
  EXPECT_EQ(edited, 2);
  expect_changed(generate({"--locked", changed_manifest([](Json& m) {
                             m["kernels"][0]["variants"][0]["request_hash"] = std::string(64, '0');
                           })}),
                 "request_hash of ");
}

TEST(Locked, RefusesARecordWithOtherKnobsThanItsKernelHas) {
  expect_changed(generate({"--locked", changed_manifest([](Json& m) {
                             Json& item = m["tuning"]["records"][0];
                             item["record"]["knobs"]["m_r"] = 1;
                             const JsonFile file{"record", item["record"], tuning_codes()};
                             item["hash"] = parse_record(file).hash();
                           })}),
                 "none of its kernels has the schedule of record ");
}

TEST(Locked, RefusesAnotherSanitizer) {
  expect_changed(
      generate({"--locked", changed_manifest([](Json&) {}), "--sanitize-kernels", "asan"}),
      "request_hash of ");
}

TEST(Locked, RefusesOtherVersionsWithAWayOut) {
  for (const char* part : {"vitgen", "halide", "llvm"}) {
    const Made made =
        generate({"--locked", changed_manifest([&](Json& m) { m["generator"][part] = "9.9.9"; })});
    EXPECT_EQ(made.result.status, 3);
    EXPECT_THAT(made.result.output, HasSubstr("fx.manifest.json: made by vitgen "));
    EXPECT_THAT(made.result.output, HasSubstr("9.9.9"));
    EXPECT_THAT(made.result.output, HasSubstr("; this is vitgen "));
    EXPECT_THAT(made.result.output, HasSubstr("--stage choice --write FILE"));
    EXPECT_FALSE(fs::exists(made.directory));
  }
  const Made rule = generate({"--locked", changed_manifest([](Json& m) {
                                Json& item = m["tuning"]["records"][0];
                                item["record"]["versions"]["rule"] = 1000;
                                const JsonFile file{"record", item["record"], tuning_codes()};
                                item["hash"] = parse_record(file).hash();
                              })});
  EXPECT_EQ(rule.result.status, 3);
  EXPECT_THAT(rule.result.output, HasSubstr("was tuned with version 1000 of cpu/linear"));
}

TEST(Locked, KeepsOnlyTheRecordsOfItsKernels) {
  const KnobsEntry entry = other_tile();
  LockedChoices locked{.name = "fx.manifest.json", .choices = {}};
  const TuningRecord record = record_of(entry, kForeign);
  locked.choices[{entry.spec.text(), entry.machine}] = {entry.choice, record};
  KnobsEntry other = entry;
  other.spec = OpSpec::parse("linear(rows=1)");
  locked.choices[{other.spec.text(), other.machine}] = {other.choice, record_of(other, kForeign)};
  ChoiceSources sources;
  sources.locked = locked;
  const Json used =
      used_records(choose_kernels({entry.spec}, {&find_machine(entry.machine)}, sources, {}));
  ASSERT_EQ(used.size(), 1u);
  EXPECT_EQ(used[0]["hash"], record.hash());
}

}  // namespace
}  // namespace vitgen
