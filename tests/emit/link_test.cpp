// Programs of users: compiled, linked and run against a tiny library, with the compilers and the
// package tools that are there.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/emit/tiny_library.h"
#include "tools/emit/library.h"
#include "tools/emit/process.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;
using testing::ScratchDirectory;
using testing::tiny_reference;
using testing::tiny_request;

const std::string kFixtures = std::string(VITGEN_SOURCE_DIR) + "/tests/emit/fixtures/";

void emit(const LibraryRequest& request) {
  SilentProgress progress;
  emit_library(request, progress);
}

/// Runs a program from PATH; fails the test with its output unless it ends with 0.
std::string run_ok(std::vector<std::string> command) {
  if (command[0].find('/') == std::string::npos) command[0] = find_program(command[0]);
  const ProcessResult result = run_process(command);
  std::string line;
  for (const std::string& word : command) line += word + " ";
  EXPECT_EQ(result.status, 0) << line << "\n" << result.output;
  return result.output;
}

/// What tiny_main.c prints: three images through the library, then two labels.
std::string expected_output() {
  std::string text;
  char number[32];
  for (int image = 0; image < 3; ++image) {
    std::vector<float> pixels;
    for (int i = 0; i < testing::kTinyInputs; ++i) {
      pixels.push_back(static_cast<float>((image * testing::kTinyInputs + i) % 7 - 3));
    }
    for (const float value : tiny_reference(pixels)) {
      std::snprintf(number, sizeof number, "%g\n", static_cast<double>(value));
      text += number;
    }
  }
  return text + "cat bird\n";
}

struct Compiler {
  const char* program;
  const char* language;
  const char* standard;
};

std::vector<std::string> compile(const Compiler& compiler, const ScratchDirectory& directory) {
  return {compiler.program,
          "-x",
          compiler.language,
          compiler.standard,
          "-Wall",
          "-Wextra",
          "-Wpedantic",
          "-Werror",
          "-I" + directory.path(),
          kFixtures + "tiny_main.c",
          "-x",
          "none",
          "-o",
          directory.path("main")};
}

class LinkTest : public ::testing::TestWithParam<Compiler> {};

TEST_P(LinkTest, A_program_links_the_archive_and_computes_the_reference) {
  if (find_program(GetParam().program).empty()) GTEST_SKIP() << "no " << GetParam().program;
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  std::vector<std::string> command = compile(GetParam(), directory);
  command.insert(command.end(), {directory.path("libtiny.a"), "-pthread", "-lm"});
  run_ok(command);
  EXPECT_EQ(run_ok({directory.path("main"), directory.path("tiny.weights")}), expected_output());
}

INSTANTIATE_TEST_SUITE_P(Compilers, LinkTest,
                         ::testing::Values(Compiler{"gcc", "c", "-std=c99"},
                                           Compiler{"g++", "c++", "-std=c++17"},
                                           Compiler{"clang-19", "c", "-std=c99"},
                                           Compiler{"clang++-19", "c++", "-std=c++17"}));

constexpr Compiler kC99{"cc", "c", "-std=c99"};

TEST(Link, A_program_links_the_shared_library) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  std::vector<std::string> command = compile(kC99, directory);
  command.insert(command.end(),
                 {"-L" + directory.path(), "-l:libtiny.so", "-Wl,-rpath," + directory.path()});
  run_ok(command);
  EXPECT_EQ(run_ok({directory.path("main"), directory.path("tiny.weights")}), expected_output());
}

TEST(Link, Embedded_weights_need_no_file) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.embed_weights = true;
  emit(request);
  std::vector<std::string> command = compile(kC99, directory);
  command.insert(command.end(), {directory.path("libtiny.a"), "-pthread", "-lm"});
  run_ok(command);
  EXPECT_EQ(run_ok({directory.path("main")}), expected_output());
}

/// The README in this directory; the program in it is written beside it, as main.c.
std::string readme_with_program(const ScratchDirectory& directory) {
  std::string readme = testing::file_text(directory.path("tiny.README.md"));
  const std::string fence = "```c\n";
  const std::size_t begin = readme.find(fence) + fence.size();
  std::ofstream(directory.path("main.c"))
      << readme.substr(begin, readme.find("```", begin) - begin);
  return readme;
}

/// Emits a tiny library with these inputs; compiles and runs the program in its README, which it
/// returns.
std::string run_readme(const std::vector<Port>& inputs) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path());
  for (Plan& plan : request.plans) plan.inputs = inputs;
  emit(request);
  std::string readme = readme_with_program(directory);
  run_ok({"sh", "-c",
          "cd '" + directory.path() +
              "' && cc -std=c99 -Wall -Wextra -Wpedantic -Werror main.c -I. libtiny.a -pthread -lm "
              "-o main && ./main"});
  return readme;
}

/// The commands of the README's table that begin with a compiler.
std::vector<std::string> compiler_rows(const std::string& readme) {
  std::vector<std::string> commands;
  const std::string start = " | `cc ";
  for (std::size_t at = 0; (at = readme.find(start, at)) != std::string::npos;) {
    at += start.size() - 3;
    commands.push_back(readme.substr(at, readme.find('`', at) - at));
  }
  return commands;
}

/// Runs each of these commands as it stands, where the library is, and the program that it makes.
void run_compiler_rows(bool archive, bool shared, std::size_t rows) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.emit_archive = archive;
  request.emit_shared = shared;
  emit(request);
  const std::vector<std::string> commands = compiler_rows(readme_with_program(directory));
  EXPECT_EQ(commands.size(), rows);
  for (const std::string& command : commands) {
    if (command.find("pkg-config") != std::string::npos && find_program("pkg-config").empty()) {
      continue;
    }
    run_ok(
        {"sh", "-c", "cd '" + directory.path() + "' && rm -f a.out && " + command + " && ./a.out"});
  }
}

TEST(Link, The_commands_in_the_readme_make_programs_that_start) {
  run_compiler_rows(true, true, 3);
  run_compiler_rows(true, false, 2);
  run_compiler_rows(false, true, 2);
}

TEST(Link, The_program_in_the_readme_compiles_and_runs) {
  const std::string readme = run_readme({{"image", DType::f32, {4, 2, 1}}});
  EXPECT_NE(readme.find("tiny_preprocess_u8"), std::string::npos);
  EXPECT_NE(readme.find("`vitgen run . --image FILE`"), std::string::npos);
}

TEST(Link, The_readme_of_a_model_without_images_speaks_of_none) {
  const std::string readme = run_readme({{"series", DType::f32, {4, 2}}});
  EXPECT_EQ(readme.find("image"), std::string::npos);
  EXPECT_NE(readme.find("`vitgen run . --input FILE --output FILE`"), std::string::npos);
}

TEST(Link, The_program_in_the_readme_gives_every_input_a_buffer) {
  const std::string readme =
      run_readme({{"image", DType::f32, {4, 2, 1}}, {"noise", DType::f32, {5}}});
  EXPECT_NE(readme.find("tiny_run_ports(context, 1, inputs, outputs)"), std::string::npos);
  EXPECT_NE(readme.find("`vitgen run . --input image=FILE --input noise=FILE --output FILE`"),
            std::string::npos);
}

TEST(Link, Two_models_link_into_one_program) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path()));
  emit(tiny_request("tiny2", directory.path()));
  std::ofstream(directory.path("both.c"))
      << "#include \"tiny.h\"\n#include \"tiny2.h\"\n"
         "int main(void) { return tiny_label_count() + tiny2_label_count() == 6 ? 0 : 1; }\n";
  run_ok({"cc", "-std=c99", "-Wall", "-Werror", "-I" + directory.path(), directory.path("both.c"),
          directory.path("libtiny.a"), directory.path("libtiny2.a"), "-pthread", "-lm", "-o",
          directory.path("both")});
  run_ok({directory.path("both")});
}

TEST(Link, A_header_of_another_generation_does_not_link) {
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path("one")));
  LibraryRequest request = tiny_request("tiny", directory.path("two"));
  request.plans[0].arena_bytes += 128;
  emit(request);
  std::vector<std::string> command = compile(kC99, directory);
  command[8] = "-I" + directory.path("two");
  command.insert(command.end(), {directory.path("one/libtiny.a"), "-pthread", "-lm"});
  command[0] = find_program(command[0]);
  const ProcessResult result = run_process(command);
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("tiny_abi_"), std::string::npos) << result.output;
}

TEST(Link, Hostile_labels_and_model_text_compile) {
  const ScratchDirectory directory;
  LibraryRequest request = tiny_request("tiny", directory.path());
  request.model.labels = {"\"; int x; */", "?\?/\n", "\xff\x01"};
  request.model.text = "*/\n#error hostile ?\?/\\\n\"";
  emit(request);
  for (const Compiler& compiler : {kC99, Compiler{"g++", "c++", "-std=c++17"}}) {
    std::vector<std::string> command = compile(compiler, directory);
    command.insert(command.end(), {directory.path("libtiny.a"), "-pthread", "-lm"});
    run_ok(command);
  }
}

TEST(Link, Pkg_config_works_from_wherever_the_directory_lies) {
  if (find_program("pkg-config").empty()) GTEST_SKIP() << "no pkg-config";
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path("made here")));
  fs::rename(directory.path("made here"), directory.path("moved there"));
  run_ok({"sh", "-c",
          "cd '" + directory.path() + "' && export PKG_CONFIG_PATH='" +
              directory.path("moved there") + "' && eval cc -std=c99 '" + kFixtures +
              "tiny_main.c' -o main $(pkg-config --cflags --libs tiny) && export "
              "LD_LIBRARY_PATH='moved "
              "there' && eval ./main $(pkg-config --variable=weights tiny)"});
}

TEST(Link, CMake_finds_the_package) {
  if (find_program("cmake").empty()) GTEST_SKIP() << "no cmake";
  const ScratchDirectory directory;
  emit(tiny_request("tiny", directory.path("library")));
  std::ofstream(directory.path("CMakeLists.txt"))
      << "cmake_minimum_required(VERSION 3.25)\nproject(user C)\n"
         "find_package(tiny REQUIRED)\n"
         "foreach(kind shared static tiny)\n"
         "  add_executable(main_${kind} "
      << kFixtures
      << "tiny_main.c)\n"
         "  target_link_libraries(main_${kind} tiny::${kind})\n"
         "  add_custom_command(TARGET main_${kind} POST_BUILD\n"
         "    COMMAND main_${kind} \"${tiny_WEIGHTS}\" VERBATIM)\n"
         "endforeach()\n";
  run_ok({"cmake", "-S", directory.path(), "-B", directory.path("build"),
          "-DCMAKE_PREFIX_PATH=" + directory.path("library")});
  run_ok({"cmake", "--build", directory.path("build")});
}

}  // namespace
}  // namespace vitgen
