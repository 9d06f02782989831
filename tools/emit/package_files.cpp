#include "tools/emit/package_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/version.h"
#include "tools/emit/embedded_files.h"
#include "tools/emit/example_program.h"
#include "tools/emit/file_names.h"
#include "tools/emit/text_template.h"

namespace vitgen {
namespace {

std::string imported_target(const std::string& name, std::string_view kind, std::string_view file,
                            std::string_view extra) {
  return fmt::format(
      "  add_library({0}::{1} {2} IMPORTED)\n"
      "  set_target_properties({0}::{1} PROPERTIES\n"
      "    IMPORTED_LOCATION \"${{CMAKE_CURRENT_LIST_DIR}}/{3}\"\n"
      "    INTERFACE_INCLUDE_DIRECTORIES \"${{CMAKE_CURRENT_LIST_DIR}}\"{4})\n",
      name, kind, kind == "shared" ? "SHARED" : "STATIC", file, extra);
}

std::string table_row(std::string_view left, std::string_view right) {
  return fmt::format("| {} | {} |\n", left, right);
}

std::string file_row(std::string_view file, std::string_view what) {
  return table_row(fmt::format("`{}`", file), what);
}

/// Without the last line's end: the template has its own.
std::string rows(std::string text) {
  text.pop_back();
  return text;
}

std::string file_rows(const std::string& name, const PackageContent& content) {
  std::string text;
  if (content.archive) text += file_row(archive_name(name), "the code, for static linking");
  if (content.shared) text += file_row(shared_library_name(name), "the code, as a shared library");
  text += file_row(header_name(name), "the API, C99 and C++");
  if (content.weights_file) {
    text += file_row(weights_name(name), "the weights, mapped read-only at run time");
  }
  text += file_row(manifest_name(name), "what is inside and where it comes from");
  text += file_row(pc_name(name), "for pkg-config");
  return rows(text + file_row(cmake_config_name(name), "for CMake's find_package"));
}

std::string command_rows(const std::string& name, const PackageContent& content) {
  std::string text;
  if (content.archive) {
    text +=
        table_row("a compiler", fmt::format("`cc main.c -I. {} -pthread -lm`", archive_name(name)));
  }
  if (content.shared) {
    text +=
        table_row("the shared library", fmt::format("`cc main.c -I. -L. -l{} -Wl,-rpath,.`", name));
  }
  // -l takes the shared library where there is one, and no loader looks for it here by itself.
  text += table_row("pkg-config",
                    fmt::format("`cc main.c $(PKG_CONFIG_PATH=. pkg-config --cflags --libs {}){}`",
                                name, content.shared ? " -Wl,-rpath,." : ""));
  return rows(text + table_row("CMake", fmt::format("`find_package({0} REQUIRED PATHS .)`, "
                                                    "`target_link_libraries(app {0}::{0})`",
                                                    name)));
}

std::string target_list(const LibraryRequest& request) {
  std::string text;
  for (const Machine* machine : request.machines) {
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", machine->target);
  }
  return text;
}

bool is_gpu(const Machine* machine) { return machine->kind == MachineKind::gpu; }

std::string gpu_section(const LibraryRequest& request) {
  if (std::ranges::none_of(request.machines, is_gpu)) return {};
  const bool only = std::ranges::all_of(request.machines, is_gpu);
  return fill_template(
      embedded_gpu_template(),
      {{"NAME", request.name},
       {"NAME_UPPER", macro_name(request.name)},
       {"WITHOUT_GPU", only ? "it cannot be opened" : "the CPU's variant serves"}});
}

}  // namespace

std::string pc_text(const LibraryRequest& request, const PackageContent& content) {
  return fill_template(
      embedded_pc_template(),
      {{"VITGEN_VERSION", std::string(kVersion)},
       {"NAME", request.name},
       {"MODEL_TEXT", plain_line(request.model.text)},
       {"PC_WEIGHTS", content.weights_file ? "${prefix}/" + weights_name(request.name) : ""},
       {"PC_ARCHIVE", content.archive ? "${libdir}/" + archive_name(request.name) : ""},
       {"PC_STATIC_LIBS", content.shared ? "" : " -pthread -lm"}});
}

std::string cmake_config_text(const LibraryRequest& request, const PackageContent& content) {
  const std::string& name = request.name;
  std::string targets;
  if (content.archive) {
    targets += imported_target(name, "static", archive_name(name),
                               "\n    IMPORTED_LINK_INTERFACE_LANGUAGES C\n"
                               "    INTERFACE_LINK_LIBRARIES \"Threads::Threads;m\"");
  }
  if (content.shared) {
    targets += imported_target(name, "shared", shared_library_name(name),
                               "\n    IMPORTED_SONAME " + shared_library_name(name));
  }
  return fill_template(
      embedded_config_template(),
      {{"VITGEN_VERSION", std::string(kVersion)},
       {"NAME", name},
       {"CMAKE_WEIGHTS",
        content.weights_file ? "${CMAKE_CURRENT_LIST_DIR}/" + weights_name(name) : ""},
       {"CMAKE_TARGETS", targets},
       {"CMAKE_DEFAULT", content.shared ? "shared" : "static"}});
}

std::string readme_text(const LibraryRequest& request, const PackageContent& content) {
  const Plan& plan = request.plans.front();
  return fill_template(
      embedded_readme_template(),
      {{"VITGEN_VERSION", std::string(kVersion)},
       {"NAME", request.name},
       {"NAME_UPPER", macro_name(request.name)},
       {"MODEL_TEXT", plain_line(request.model.text)},
       {"TARGETS", target_list(request)},
       {"NEEDS_GPU",
        std::ranges::all_of(request.machines, is_gpu) ? " and a GPU with its driver" : ""},
       {"GPU", gpu_section(request)},
       {"FILES", file_rows(request.name, content)},
       {"BUFFERS", example_buffers(request.name, plan)},
       {"CALL", example_call(request.name, plan)},
       {"RESULT", example_result(plan)},
       {"RUN_OPTIONS", example_run_options(plan)},
       {"OPEN_PATH",
        content.weights_file ? fmt::format("\"{}\"", weights_name(request.name)) : "NULL"},
       {"COMMANDS", command_rows(request.name, content)}});
}

}  // namespace vitgen
