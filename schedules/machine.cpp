#include "schedules/machine.h"

#include <string>

namespace vitgen {

const Machine& find_machine(std::string_view name) {
  std::string known;
  for (const Machine* machine : all_machines()) {
    if (machine->name == name) return *machine;
    if (machine->target.empty()) continue;
    if (machine->target == name) return *machine;
    known += (known.empty() ? "" : ", ") + std::string(machine->target);
  }
  throw Error(ExitCode::target, "UNKNOWN_TARGET", "unknown target '" + printable(name) + "'",
              "known targets: host, " + known);
}

}  // namespace vitgen
