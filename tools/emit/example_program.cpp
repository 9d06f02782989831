#include "tools/emit/example_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/emit/text_template.h"

namespace vitgen {
namespace {

std::string_view element_type(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return "unsigned char";
    case DType::i32:
      return "int";
    case DType::bf16:
    case DType::f16:
      return "unsigned short";
    case DType::f32:
      break;
  }
  return "float";
}

std::string variable(std::string_view prefix, const Port& port) {
  return fmt::format("{}_{}", prefix, port.name);
}

std::string buffer(const Port& port, const std::string& variable, const std::string& macro) {
  return fmt::format("  static {} {}[{}_ELEMENTS];", element_type(port.dtype), variable, macro);
}

std::vector<std::string> variables(std::string_view prefix, const std::vector<Port>& ports) {
  std::vector<std::string> names;
  for (const Port& port : ports) names.push_back(variable(prefix, port));
  return names;
}

std::string fill_hint(const std::string& name, const Port& input) {
  return image_extents(input) ? fmt::format("  /* fill it: {}_preprocess_u8 helps */\n", name)
                              : "  /* fill it */\n";
}

std::string port_buffers(const std::string& name, const Plan& plan) {
  std::string text;
  for (const Port& port : plan.inputs) {
    const std::string macro = fmt::format("{}_INPUT_{}", macro_name(name), macro_name(port.name));
    text += buffer(port, variable("in", port), macro) + fill_hint(name, port);
  }
  for (const Port& port : plan.outputs) {
    const std::string macro = fmt::format("{}_OUTPUT_{}", macro_name(name), macro_name(port.name));
    text += buffer(port, variable("out", port), macro) + "\n";
  }
  return text +
         fmt::format("  const void* const inputs[] = {{{}}};\n  void* const outputs[] = {{{}}};",
                     fmt::join(variables("in", plan.inputs), ", "),
                     fmt::join(variables("out", plan.outputs), ", "));
}

}  // namespace

std::string example_buffers(const std::string& name, const Plan& plan) {
  if (plan.inputs.size() > 1) return port_buffers(name, plan);
  const std::string upper = macro_name(name);
  const Port& input = plan.inputs.front();
  const Port& output = plan.outputs.front();
  return buffer(input, input.name, upper + "_INPUT") + fill_hint(name, input) +
         buffer(output, "result", fmt::format("{}_OUTPUT_{}", upper, macro_name(output.name)));
}

std::string example_call(const std::string& name, const Plan& plan) {
  if (plan.inputs.size() > 1) return name + "_run_ports(context, 1, inputs, outputs)";
  return fmt::format("{}_run(context, 1, {}, result)", name, plan.inputs.front().name);
}

std::string example_result(const Plan& plan) {
  return plan.inputs.size() > 1 ? variable("out", plan.outputs.front()) : "result";
}

std::string example_run_options(const Plan& plan) {
  if (plan.inputs.size() == 1) {
    return image_extents(plan.inputs.front()) ? "--image FILE" : "--input FILE --output FILE";
  }
  std::string text;
  for (const Port& port : plan.inputs) {
    text += fmt::format("--input {}=FILE ", port.name);
  }
  return text + "--output FILE";
}

}  // namespace vitgen
