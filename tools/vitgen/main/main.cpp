#include <fmt/core.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "generators/base/suggest.h"
#include "generators/base/temp_dir.h"
#include "generators/base/version.h"
#include "tools/vitgen/command.h"

extern char** environ;

namespace {

using vitgen::Error;
using vitgen::ExitCode;

// Halide listens to HL_* variables; what a library contains must not depend on them.
void scrub_environment() {
  std::vector<std::string> names;
  for (char** entry = environ; entry && *entry; ++entry) {
    if (std::strncmp(*entry, "HL_", 3) == 0) {
      names.emplace_back(*entry, std::strcspn(*entry, "="));
    }
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

std::string version_text() {
  return fmt::format("vitgen {} (Halide {}, LLVM {})", vitgen::kVersion, vitgen::kHalideVersion,
                     vitgen::kLlvmVersion);
}

std::vector<std::string> known_words(const CLI::App& app, bool flags) {
  std::vector<std::string> words;
  if (!flags) {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      if (!sub->get_group().empty()) words.push_back(sub->get_name());
    }
    return words;
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// The subcommand that was being parsed when an error came up.
const CLI::App& current_command(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : current_command(*parsed.front());
}

// "vitgen db list ", as it is typed.
std::string words_before(const CLI::App& command) {
  return command.get_parent() ? words_before(*command.get_parent()) + command.get_name() + " "
                              : "vitgen ";
}

// The first word that no command or flag is called, with the nearest that is.
Error unknown_word(const CLI::App& app) {
  const CLI::App& command = current_command(app);
  std::string word = app.remaining(true).empty() ? "" : app.remaining(true).front();
  const bool flag = word.starts_with("-");
  const bool takes_command = !known_words(command, false).empty();
  const std::string plain = word.substr(0, word.find('='));
  std::string hint = vitgen::suggestion_hint(plain, known_words(command, flag));
  if (hint.empty()) {
    hint = words_before(command) + "--help lists the " + (takes_command ? "commands" : "options");
  }
  const std::string_view kind = flag ? "option" : takes_command ? "command" : "argument";
  return Error(ExitCode::usage, "USAGE",
               fmt::format("unknown {} '{}'", kind, vitgen::printable(word)), hint);
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) || !app.remaining(true).empty()) {
    return unknown_word(app);
  }
  const CLI::App& command = current_command(app);
  return Error(ExitCode::usage, "USAGE", vitgen::printable(error.what(), 400),
               words_before(command) + "--help");
}

int run(int argc, char** argv) {
  vitgen::Console console;
  CLI::App app(
      "vitgen: generates tuned kernels for vision transformers.\n"
      "Reads a model (safetensors + config.json, or .npz) and writes a static and a shared "
      "library\n"
      "with a C header that runs it: no framework, no runtime to install.\n\n"
      "  vitgen generate -m model.safetensors --target host --name vit -o vit/\n"
      "  vitgen run vit/ --image cat.png\n");
  app.set_version_flag("--version", version_text());
  app.add_flag("-q,--quiet", console.quiet, "No progress and no notes on stderr");
  app.add_flag("-v,--verbose", console.verbose, "Tell more on stderr");
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(CLI::FailureMessage::simple);
  vitgen::add_all_commands(app, console);
  try {
    app.parse(argc, argv);
    vitgen::finish_output();
    return 0;
  } catch (const CLI::Success& success) {  // --help and --version
    const int status = app.exit(success);
    vitgen::finish_output();
    return status;
  } catch (const CLI::ParseError& error) {
    return vitgen::report(usage_error(app, error));
  }
}

}  // namespace

int main(int argc, char** argv) try {
  scrub_environment();
  vitgen::install_signal_cleanup();
  if (argc == 1) {
    char help[] = "--help";
    char* arguments[] = {argv[0], help, nullptr};
    run(2, arguments);
    return static_cast<int>(ExitCode::usage);
  }
  return run(argc, argv);
} catch (const Error& error) {
  return vitgen::report(error);
} catch (const std::bad_alloc&) {
  return vitgen::report(Error(ExitCode::resources, "NOMEM", "out of memory"));
} catch (const std::system_error& error) {  // fmt, where stdout cannot be written
  return vitgen::report(Error(ExitCode::io, "IO_WRITE", vitgen::printable(error.what(), 400)));
} catch (const std::exception& error) {
  return vitgen::report(Error(ExitCode::internal, "INTERNAL", vitgen::printable(error.what(), 400),
                              "this is a bug in vitgen; please report it with the command"));
}
