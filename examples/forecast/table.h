#pragma once
// A series as comma-separated text: a line of names, then a line an hour; the first column is the
// time, each other a variable.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

struct Table {
  std::vector<std::string> names;  ///< of the variables
  std::vector<float> values;       ///< hour by hour

  std::size_t rows() const { return values.size() / names.size(); }
  float at(std::size_t row, std::size_t variable) const {
    return values[row * names.size() + variable];
  }
};

/// Throws std::runtime_error, which names the file and the line.
Table read_table(const std::string& path);

/// Without times; every number has the digits that give it back when it is read. Throws as above.
void write_table(const std::string& path, const Table& table);
