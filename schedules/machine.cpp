#include "schedules/machine.h"

#include "generators/base/suggest.h"

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

const Machine& find_row(std::string_view name) {
  std::vector<std::string_view> known;
  std::string all;
  for (const Machine* machine : all_machines()) {
    if (machine->name == name) return *machine;
    known.push_back(machine->name);
    all.append(all.empty() ? "" : ", ").append(machine->name);
  }
  std::string hint = suggestion_hint(name, known);
  if (hint.empty()) hint = "known machines: " + all;
  throw Error(ExitCode::target, "UNKNOWN_MACHINE", "unknown machine '" + printable(name) + "'",
              hint);
}

}  // namespace vitgen
