#include "tools/report/html.h"

#include "generators/base/error.h"
#include "tools/measure/figures.h"

namespace vitgen {

std::string escaped(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : printable(text, limit)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string code(std::string_view text) {
  constexpr std::size_t kLong = 2000;
  std::string out;
  for (const char c : escaped(text, kLong)) {
    out += c;
    if (c == ',' || c == '(') out += "<wbr>";
  }
  return "<code>" + out + "</code>";
}

std::string script_json(const Json& json) {
  std::string out;
  // Outside of strings JSON has none of these, inside they may be written as escapes.
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string number(const Source& source, const std::string& pointer, int decimals) {
  const auto value = source.json.at(Json::json_pointer(pointer)).get<double>();
  return std::string("<span data-of=\"")
      .append(source.id)
      .append(":")
      .append(pointer)
      .append("\">")
      .append(decimals < 0 ? figure(value) : fixed(value, decimals))
      .append("</span>");
}

std::string table(const std::string& label, const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                    escaped(label) + "\">\n<table>\n<thead><tr>";
  const auto cell_class = [&](std::size_t c) {
    return columns.at(c).numeric ? " class=\"n\"" : "";
  };
  for (std::size_t c = 0; c < columns.size(); ++c) {
    out.append("<th scope=\"col\"").append(cell_class(c)).append(">");
    out.append(columns[c].title).append("</th>");
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      out.append("<td").append(cell_class(c)).append(">").append(row[c]).append("</td>");
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n</div>\n";
}

}  // namespace vitgen
