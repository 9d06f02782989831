// Errors of the command line: one line, a hint, the documented exit status.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "generators/base/file.h"
#include "generators/base/version.h"
#include "tests/vitgen/program.h"

namespace vitgen {
namespace {

struct Usage {
  const char* name;
  std::vector<std::string> arguments;
  int status;
  const char* words;  // that the message must hold
};

std::vector<Usage> usages() {
  const std::string model = fixture("timm_vit");
  const std::string out = (scratch() / "usage").string();
  const std::vector<std::string> good = {"generate", "-m", model, "--name", "u", "-o", out};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), good.begin(), good.end());
    return more;
  };
  return {
      {"NoSuchCommand", {"genrate"}, 2, "did you mean \"generate\""},
      {"NoSuchOption", with({"--bacth", "2"}), 2, "did you mean \"--batch\""},
      {"MissingName", {"generate", "-m", model, "-o", out}, 2, "--name"},
      {"NeitherModelNorArch", {"generate", "--name", "u", "-o", out}, 2, "-m FILE"},
      {"ArchWithoutSeed", {"generate", "--arch", "x", "--name", "u", "-o", out}, 2, "go together"},
      {"UnknownTarget", with({"--target", "x86-64-avx9"}), 6, "known targets"},
      {"TargetWithoutLibrary", with({"--target", "opencl"}), 6,
       "hint: use one of --target host, cuda-sm90, cuda-sm80, x86-64-avx512, x86-64-avx2"},
      {"TuneForTwoTargets",
       {"tune", "-m", model, "--target", "cuda-sm90,cuda-sm80"},
       2,
       "one target at a time"},
      {"UnknownArch",
       {"generate", "--arch", "vit_tiny_patch16_225", "--random-weights", "1", "--name", "u", "-o",
        out},
       3,
       "vit_tiny_patch16_224"},
      {"BatchZero", with({"--batch", "0"}), 2, "batch"},
      {"BatchHuge", with({"--batch", "99999999999999999999"}), 2, "batch"},
      {"BadImage", with({"--image", "12y3"}), 2, "--image"},
      {"ImageBeyondInt", with({"--image", "4294967320"}), 2, "--image"},
      {"SetTwice", with({"--set", "eps=1e-5", "--set", "eps=1e-6"}), 2, "eps: given twice"},
      {"ImageBelowPatch", with({"--image", "1x1"}), 3, "image"},
      {"UnknownOutput", with({"--outputs", "logit"}), 2, "logits"},
      {"UnknownSetting", with({"--set", "epps=1"}), 2, "eps"},
      {"BadName", {"generate", "-m", model, "--name", "a b", "-o", out}, 2, "a b"},
      {"KeywordName", {"generate", "-m", model, "--name", "int", "-o", out}, 2, "int"},
      {"AbsentModel",
       {"generate", "-m", "/nonexistent", "--name", "u", "-o", out},
       4,
       "nonexistent"},
      {"DirectoryIsFile",
       {"generate", "-m", model, "--name", "u", "-o", model + "/input.npy"},
       4,
       "input.npy"},
      {"RunWithoutInput", {"run", out}, 2, "--image"},
      {"RunOnNothing", {"run", out, "--image", "x.png"}, 4, "hint: `vitgen generate"},
      {"VerifyNothing", {"verify", out}, 4, "hint: `vitgen generate"},
      {"InspectNothing", {"inspect", out}, 4, "hint: `vitgen generate"},
      {"ExplainNothing", {"explain", out}, 4, "hint: `vitgen generate"},
      {"ThreadsTooMany",
       {"run", out, "--threads", "99999999999", "--image", "x.png"},
       2,
       "threads"},
      {"BenchNothing", {"bench", out}, 4, "hint: `vitgen generate"},
      {"BenchBatchZero", {"bench", out, "--batch", "1,0"}, 2, "batch"},
      {"BenchBatchHuge", {"bench", out, "--batch", "4097"}, 2, "batch"},
      {"BenchThreads", {"bench", out, "--threads", "1,x"}, 2, "threads"},
      {"BenchSecondsZero", {"bench", out, "--seconds", "0"}, 2, "seconds"},
      {"BenchSecondsAndRuns", {"bench", out, "--seconds", "1", "--runs", "3"}, 2, "excludes"},
      {"BenchRunsHuge", {"bench", out, "--runs", "20001"}, 2, "runs"},
      {"BenchFormat", {"bench", out, "--format", "xml"}, 2, "format"},
      {"BenchSteps", {"bench", out, "--steps", "some"}, 2, "steps"},
      {"ReportNothing", {"report", out, "-o", "r.html"}, 4, "hint: `vitgen generate"},
      {"ReportWithoutOutput", {"report", out}, 2, "--output"},
      {"ReportBenchAndThreads",
       {"report", out, "-o", "r.html", "--bench", "b.json", "--threads", "1"},
       2,
       "excludes"},
      {"StageUnknown", {"explain", out, "--stage", "llvm"}, 2, "llvm"},
      {"ManifestOfOneKernel",
       {"explain", out, "--stage", "manifest", "--kernel", "qkv"},
       2,
       "--kernel: --stage manifest"},
      {"PlanOfOneTarget", {"explain", out, "--isa", "x86-64-avx2"}, 2, "--isa: --stage plan"},
  };
}

class UsageError : public ::testing::TestWithParam<Usage> {};
INSTANTIATE_TEST_SUITE_P(All, UsageError, ::testing::ValuesIn(usages()),
                         [](const auto& each) { return each.param.name; });

TEST_P(UsageError, IsOneClearLineWithItsStatus) {
  const ProcessResult result = run_vitgen(GetParam().arguments);
  EXPECT_EQ(result.status, GetParam().status) << result.output;
  EXPECT_NE(result.output.find(GetParam().words), std::string::npos) << result.output;
  EXPECT_TRUE(result.output.starts_with("error: ")) << result.output;
  EXPECT_LE(std::ranges::count(result.output, '\n'), 3) << result.output;
  EXPECT_FALSE(std::filesystem::exists(scratch() / "usage")) << "something was written";
}

TEST(Program, HelpTeachesAndVersionNamesItsParts) {
  const std::string help = must_run({"--help"});
  for (const char* verb :
       {"generate", "run", "verify", "bench", "report", "inspect", "explain", "doctor"}) {
    EXPECT_NE(help.find(verb), std::string::npos) << verb;
  }
  EXPECT_EQ(help.find("kernel-worker"), std::string::npos);
  const std::string version = must_run({"--version"});
  EXPECT_NE(version.find("vitgen " + std::string(kVersion)), std::string::npos) << version;
  EXPECT_NE(version.find("Halide 21"), std::string::npos) << version;
}

TEST(Program, EveryCommandHasHelp) {
  for (const char* verb :
       {"generate", "run", "verify", "bench", "report", "inspect", "explain", "doctor"}) {
    EXPECT_NE(must_run({verb, "--help"}).find("Usage"), std::string::npos) << verb;
  }
}

TEST(Program, ExplainShowsEveryStage) {
  const std::string library = library_of("timm_vit");
  EXPECT_NE(must_run({"explain", library}).find("blocks.0.attn.qkv"), std::string::npos);
  EXPECT_NE(must_run({"explain", library, "--stage", "choice"}).find("cpu/linear(m_r="),
            std::string::npos);
  EXPECT_NE(must_run({"explain", library, "--stage", "stmt", "--kernel", "head"}).find("for"),
            std::string::npos);
  EXPECT_NE(must_run({"explain", library, "--stage", "asm", "--kernel", "head"}).find("vfmadd"),
            std::string::npos);
  EXPECT_EQ(run_vitgen({"explain", library, "--stage", "asm", "--kernel", "nosuch"}).status, 2);
}

TEST(Program, ExplainShowsOfThePlanTheStepsOfAKernel) {
  const std::string library = library_of("timm_vit");
  const std::string text = must_run({"explain", library, "--stage", "plan", "--kernel", "qkv"});
  for (const char* word : {"batch 1, arena", "blocks.0.attn.qkv", "blocks.1.attn.qkv"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
  }
  for (const char* word : {"attn.proj", "mlp.fc1", "pool"}) {
    EXPECT_EQ(text.find(word), std::string::npos) << word << "\n" << text;
  }
  const ProcessResult none = run_vitgen({"explain", library, "--kernel", "nosuch"});
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.output.find("no kernel or step matches 'nosuch'"), std::string::npos);
}

// A manifest may be somebody else's: nothing of it may reach the terminal raw or crash.
TEST(Program, AHostileManifestIsShownEscapedOrRefused) {
  namespace fs = std::filesystem;
  const fs::path source = fs::path(library_of("timm_vit")) / "fx.manifest.json";
  const std::string good = read_whole(source.string(), 1u << 26);
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    const fs::path folder = scratch() / "hostile";
    fs::create_directories(folder);
    std::ofstream(folder / "fx.manifest.json") << text;
    return folder.string();
  };
  for (const char* verb : {"inspect", "explain"}) {
    const std::string shown = must_run({verb, with("\"text\": \"", "\"text\": \"\\u001b[2J")});
    EXPECT_EQ(shown.find('\x1b'), shown.npos) << verb;
    EXPECT_NE(shown.find("[2J"), shown.npos) << verb;
  }
  for (const auto& [from, to] : {std::pair{"panel=48", "panel=0"},
                                 {"panel=48", "panel=99999999999"},
                                 {"heads=2", "heads=2000000000"},
                                 {"linear(", "nosuch("},
                                 {"linear(", "linear"}}) {
    const std::string folder = with(from, to);
    const ProcessResult result = run_vitgen({"explain", folder, "--stage", "stmt"});
    EXPECT_EQ(result.status, 3) << to << result.output;
    EXPECT_TRUE(result.output.find("error: ") != result.output.npos) << result.output;
  }
  EXPECT_EQ(run_vitgen({"inspect", with("\"files\"", "\"pile\"")}).status, 3);
}

// What a shell does with the program's streams; $0 is the program.
int status_of(const std::string& script, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"/bin/sh", "-c", script, VITGEN_PROGRAM};
  words.insert(words.end(), more.begin(), more.end());
  return run_process(words).status;
}

TEST(Program, WhoseMessagesCannotBeWrittenEndsAsItWould) {
  EXPECT_EQ(status_of("$0 bogus 2>&-"), 2);
  EXPECT_EQ(status_of("$0 bogus 2>/dev/full"), 2);
  const std::string out = (scratch() / "mute").string();
  EXPECT_EQ(
      status_of("$0 generate -m $1 --name mute -o $2 2>/dev/full", {fixture("timm_vit"), out}), 0);
  EXPECT_TRUE(std::filesystem::exists(out + "/mute.manifest.json"));
}

TEST(Program, WhoseResultsCannotBeWrittenFails) {
  const std::string library = library_of("timm_vit");
  for (const char* words : {"inspect", "verify --json", "verify", "explain"}) {
    EXPECT_EQ(status_of(std::string("$0 ") + words + " $1 >/dev/full", {library}), 4) << words;
  }
  EXPECT_EQ(status_of("$0 --version >/dev/full"), 4);
}

TEST(Program, MakesTheFoldersOfWhatItWritesAndSaysWhatItWrote) {
  namespace fs = std::filesystem;
  const std::string library = library_of("timm_vit");
  const std::string database = (scratch() / "folders.db").string();
  const auto written = [&](const std::string& folder, std::vector<std::string> arguments) {
    const fs::path file = scratch() / "folders" / folder / "new" / "file";
    arguments.push_back(file.string());
    const std::string said = must_run(arguments);
    EXPECT_TRUE(fs::is_regular_file(file)) << folder;
    EXPECT_NE(said.find("wrote " + file.string()), said.npos) << said;
    for (const auto& entry : fs::recursive_directory_iterator(scratch() / "folders" / folder)) {
      EXPECT_FALSE(entry.path().filename().string().starts_with(".vitgen-")) << entry.path();
    }
  };
  written("run", {"run", library, "--input", fixture("timm_vit") + "/input.npy", "--output"});
  written("bench", {"bench", library, "--runs", "1", "--threads", "1", "-o"});
  written("report", {"report", library, "--threads", "1", "-o"});
  written("explain", {"explain", library, "--stage", "choice", "--write"});
  const std::string empty = (scratch() / "empty.json").string();
  std::ofstream(empty) << "{\"schema\": 2, \"records\": []}";
  must_run({"db", "import", "--db", database, empty});
  written("db", {"db", "export", "--db", database, "-o"});
}

TEST(Program, WritesNoFileOverADeviceOrPipeAndThroughALinkedDirectory) {
  namespace fs = std::filesystem;
  const std::string library = library_of("timm_vit");
  const std::string input = fixture("timm_vit") + "/input.npy";
  const fs::path pipe = scratch() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const ProcessResult refused = run_vitgen({"run", library, "--input", input, "--output", pipe});
  EXPECT_EQ(refused.status, 4) << refused.output;
  EXPECT_TRUE(fs::is_fifo(pipe));
  fs::create_directory(scratch() / "real");
  fs::create_directory_symlink("real", scratch() / "linked_out");
  must_run(
      {"run", library, "--input", input, "--output", (scratch() / "linked_out/y.npy").string()});
  EXPECT_TRUE(fs::exists(scratch() / "real/y.npy"));
}

TEST(Program, WithoutATemporaryDirectoryNamesIt) {
  const std::string out = (scratch() / "homeless").string();
  EXPECT_EQ(status_of("TMPDIR=/nonexistent $0 generate -m $1 --name x -o $2 --no-cache",
                      {fixture("timm_vit"), out}),
            4);
}

TEST(Program, AnAbsentModelIsNotTakenForALibrary) {
  const ProcessResult result = run_vitgen({"inspect", (scratch() / "a.safetensors").string()});
  EXPECT_EQ(result.status, 4) << result.output;
  EXPECT_EQ(result.output.find("vitgen generate"), std::string::npos) << result.output;
}

TEST(Program, AFolderWithAPyTorchCheckpointSaysHowToConvertIt) {
  for (const char* name : {"pytorch_model.bin", "vit.pth"}) {
    const std::filesystem::path folder = scratch() / "checkpoint" / name;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.json") << "{}";
    std::ofstream(folder / name) << "PK";
    const std::string out = (scratch() / "of_checkpoint").string();
    for (const ProcessResult& result :
         {run_vitgen({"inspect", folder}),
          run_vitgen({"generate", "-m", folder, "--name", "u", "-o", out})}) {
      EXPECT_EQ(result.status, 4) << result.output;
      EXPECT_NE(result.output.find(name), std::string::npos) << result.output;
      EXPECT_NE(result.output.find("tools/pth_to_safetensors.py"), std::string::npos);
    }
  }
}

TEST(Program, InspectTellsWhyAModelCannotBeGenerated) {
  const std::string config = (scratch() / "not_vit.json").string();
  std::ofstream(config) << R"({"model_type": "bert"})";
  const std::string model = fixture("timm_vit") + "/model.safetensors";
  const ProcessResult named = run_vitgen({"inspect", model, "--config", config});
  EXPECT_EQ(named.status, 3) << named.output;
  EXPECT_NE(named.output.find("bert"), std::string::npos) << named.output;
  const std::filesystem::path folder = scratch() / "not_vit";
  std::filesystem::create_directory(folder);
  std::filesystem::copy(model, folder);
  std::filesystem::copy(config, folder / "config.json");
  const std::string told = must_run({"inspect", folder});
  EXPECT_NE(told.find("blocks.0.attn.qkv.weight"), std::string::npos);
  EXPECT_NE(told.find("not a model for `vitgen generate`: "), std::string::npos) << told;
}

TEST(Program, InspectListsTensorsAndLibraries) {
  const std::string tensors = must_run({"inspect", fixture("timm_vit") + "/model.safetensors"});
  EXPECT_NE(tensors.find("blocks.0.attn.qkv.weight"), std::string::npos);
  EXPECT_NE(tensors.find("  --set depth="), std::string::npos) << tensors;
  EXPECT_NE(must_run({"inspect", library_of("timm_vit")}).find("libfx.so"), std::string::npos);
}

}  // namespace
}  // namespace vitgen
