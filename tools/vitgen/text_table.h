#pragma once
// Columns for a terminal.

#include <string>
#include <vector>

namespace vitgen {

/// Rows of cells, the first row the headers. The first `left` columns are set to the left, all
/// others to the right; two spaces between columns, none at the end of a line.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t left);

}  // namespace vitgen
