// vitgen gpu-roofs: writes beside a library what measures its GPU. Called by tools/gpu_check.sh.

#include "generators/base/output_set.h"
#include "generators/ops/support/ops_table.h"
#include "tools/emit/manifest.h"
#include "tools/measure/roofs_file.h"
#include "tools/vitgen/command.h"
#include "tools/vitgen/library_facts.h"
#include "tools/vitgen/peak_kernels.h"

namespace vitgen {

void add_gpu_roofs(CLI::App& app, const Console&);

namespace {

void write_roofs(const std::string& directory) {
  const JsonFile manifest = read_manifest(directory);
  const LibraryFacts facts = library_facts(manifest);
  RoofsFile roofs;
  for (const JsonFile& each : json_elements(manifest, "machines")) {
    const Machine& machine = find_row(get_string(each, "name"));
    if (machine.kind != MachineKind::gpu) continue;
    roofs.variants.push_back({.target = std::string(machine.target),
                              .capability = machine.capability,
                              .only_capability = machine.only_capability,
                              .kernels = peak_kernels(machine, facts.precision)});
  }
  for (const KernelFacts& kernel : facts.kernels)
    roofs.bytes[kernel.spec.text()] = bytes(kernel.spec);
  write_aside(directory + "/" + kRoofsName, roofs_json(roofs).dump(1) + "\n");
}

}  // namespace

void add_gpu_roofs(CLI::App& app, const Console&) {
  auto directory = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("gpu-roofs", "Write what measures a library's GPU (internal)");
  command->group("");  // not in --help
  command->add_option("directory", *directory)->required();
  command->callback([directory] { write_roofs(*directory); });
}

}  // namespace vitgen
