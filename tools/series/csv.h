#pragma once
// Time series as comma-separated text: a line a step, a column a variable. The first line may name
// the variables; a first column that is no number (a date) is left out.
//
// Errors are of class ExitCode::bad_input and name the file and the line:
//   CSV_FORMAT  a field that is no finite number, a line with another count of fields, no steps
// and IO_* of generators/base/file.h and output_set.h.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vitgen {

struct SeriesTable {
  std::vector<std::string> names;  ///< of the variables; empty without a first line of names
  std::size_t columns = 0;
  std::vector<float> values;  ///< step by step

  std::size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
};

/// Reads at most `limit_bytes` of text.
SeriesTable read_csv(const std::string& path, std::uint64_t limit_bytes = std::uint64_t{1} << 30);

/// Writes the table aside and renames it, every value so that reading gives it back.
void write_csv(const std::string& path, const SeriesTable& table);

}  // namespace vitgen
