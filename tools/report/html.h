#pragma once
// Text into HTML: everything that comes from a file passes through `escaped`.

#include <string>
#include <string_view>
#include <vector>

#include "generators/base/json.h"

namespace vitgen {

/// Safe as text and as an attribute's value; control characters and what reorders text are shown as
/// \xNN, what is beyond `limit` bytes as an ellipsis.
std::string escaped(std::string_view text, std::size_t limit = 400);

/// The text of a spec or a schedule, which may break after its commas.
std::string code(std::string_view text);

/// A JSON document as the content of a script element: nothing in it can end the element.
std::string script_json(const Json& json);

/// One of the documents that the page carries: its figures are shown by their JSON pointers, so
/// that each can be compared with the document.
struct Source {
  std::string_view id;  ///< of the script element
  const Json& json;
};

/// "<span data-of="bench:/cells/0/gflops">72.1</span>": the number at `pointer`, with so many
/// decimals, or four digits where `decimals` is negative.
std::string number(const Source& source, const std::string& pointer, int decimals = -1);

struct Column {
  std::string title;    ///< HTML
  bool numeric = true;  ///< set to the right
};

/// A table that scrolls inside its own box where the page is narrow. Cells are HTML.
std::string table(const std::string& label, const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows);

}  // namespace vitgen
