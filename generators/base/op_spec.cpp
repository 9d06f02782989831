#include "generators/base/op_spec.h"

namespace vitgen {

OpSpec OpSpec::parse(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0 || text.back() != ')') {
    throw Error(ExitCode::usage, "FIELDS_SYNTAX",
                "'" + printable(text) + "' is not an op spec such as linear(rows=1,k=8,...)");
  }
  return {std::string(text.substr(0, open)),
          Fields::parse(text.substr(open + 1, text.size() - open - 2))};
}

std::int64_t Operand::elements() const {
  std::int64_t count = 1;
  for (const int extent : extents) count *= extent;
  return count;
}

std::size_t first_output(const std::vector<Operand>& operands) {
  std::size_t first = operands.size();
  while (first > 0 && operands[first - 1].role == Role::output) --first;
  return first;
}

}  // namespace vitgen
