#include "generators/ops/support/ops_table.h"

namespace vitgen {

const OpEntry& find_op(std::string_view name) {
  for (const OpEntry& entry : all_ops()) {
    if (entry.name == name) return entry;
  }
  throw Error(ExitCode::internal, "UNKNOWN_OP", "no op is called '" + printable(name) + "'");
}

}  // namespace vitgen
