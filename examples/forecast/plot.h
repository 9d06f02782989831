#pragma once
// A forecast as an SVG picture: a panel for each variable with the hours before it, the forecast
// and, where they are known, the hours that came.

#include <string>

#include "table.h"

/// `future` may have no rows. Throws std::runtime_error if the file cannot be written.
void write_plot(const std::string& path, const Table& past, const Table& forecast,
                const Table& future);
