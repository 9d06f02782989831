#include "tools/vitgen/plan_arguments.h"

#include "generators/base/image_limit.h"

namespace vitgen {

void parse_image(const std::string& text, PlanOptions& plan) {
  if (text.empty()) return;
  const std::size_t cross = text.find('x');
  const std::string height = text.substr(0, cross);
  const std::string width = cross == std::string::npos ? height : text.substr(cross + 1);
  const std::int64_t h = parse_int(height, "--image");
  const std::int64_t w = parse_int(width, "--image");
  if (h < 1 || w < 1 || h > kMaxImageEdge || w > kMaxImageEdge) {
    throw Error(ExitCode::usage, "USAGE",
                "--image: expected HxW such as 224x224, got '" + printable(text) + "'");
  }
  plan.image_h = static_cast<int>(h);
  plan.image_w = static_cast<int>(w);
}

Fields parse_settings(const std::vector<std::string>& settings) {
  Fields fields;
  for (const std::string& setting : settings) {
    for (auto& value : Fields::parse(setting).values) {
      if (fields.find(value.first)) {
        throw Error(ExitCode::usage, "USAGE", "--set " + printable(value.first) + ": given twice");
      }
      fields.values.push_back(std::move(value));
    }
  }
  return fields;
}

}  // namespace vitgen
