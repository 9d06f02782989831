#include "schedules/machine.h"

namespace vitgen {

std::string known_targets() {
  std::string known;
  for (const Machine* machine : all_machines()) {
    if (machine->target.empty()) continue;
    if (!known.empty()) known += ", ";
    known += machine->target;
  }
  return known;
}

const Machine& find_machine(std::string_view name) {
  for (const Machine* machine : all_machines()) {
    const bool is_target = !machine->target.empty() && machine->target == name;
    if (machine->name == name || is_target) return *machine;
  }
  throw Error(ExitCode::target, "UNKNOWN_TARGET", "unknown target '" + printable(name) + "'",
              "known targets: host, " + known_targets());
}

}  // namespace vitgen
