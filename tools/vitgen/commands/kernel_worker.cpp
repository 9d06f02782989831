// vitgen kernel-worker: compiles one kernel in a process of its own. Called by `generate`.

#include "tools/emit/kernel_farm.h"
#include "tools/vitgen/command.h"

namespace vitgen {

void add_kernel_worker(CLI::App& app, const Console&);

void add_kernel_worker(CLI::App& app, const Console&) {
  struct Paths {
    std::string request, object, assembler;
  };
  auto paths = std::make_shared<Paths>();
  CLI::App* command = app.add_subcommand("kernel-worker", "Compile one kernel (internal)");
  command->group("");  // not in --help
  command->add_option("request", paths->request)->required();
  command->add_option("object", paths->object)->required();
  command->add_option("assembler", paths->assembler);
  command->callback(
      [paths] { run_kernel_worker(paths->request, paths->object, paths->assembler); });
}

}  // namespace vitgen
