#pragma once
// Texts with @KEY@ places.

#include <map>
#include <string>
#include <string_view>

namespace vitgen {

using TemplateValues = std::map<std::string, std::string, std::less<>>;

/// Puts each value at its @KEY@; values are not searched for keys again. Throws internal
/// TEMPLATE_KEY for a key without a value.
std::string fill_template(std::string_view text, const TemplateValues& values);

/// Text from a model as part of a C comment, a Markdown line or a .pc field: printable ASCII on one
/// line that cannot end the comment, start another, join lines, or expand as a variable.
std::string plain_line(std::string_view text);

/// "fashion" -> "FASHION"; whatever cannot stand in a macro's name becomes '_'.
std::string macro_name(std::string_view text);

}  // namespace vitgen
