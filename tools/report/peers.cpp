#include "tools/report/peers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "generators/base/error.h"

namespace vitgen {

namespace {

constexpr double kMost = 1e12;

// JsonFile's readers take paths joined by dots, so a key with dots becomes a document of its own.
JsonFile member(const JsonFile& file, const std::string& key, const Json& value) {
  return {.name = file.name + ": " + printable(key), .root = value, .codes = file.codes};
}

const Json& object_at(const JsonFile& file, std::string_view path) {
  const Json* value = find_json(file, path);
  if (!value || !value->is_object()) {
    json_error(file, path, file.codes.field, "expected an object");
  }
  return *value;
}

Interval parse_interval(const JsonFile& file) {
  const std::vector<double> values = get_number_array(file, "ratio", 0, kMost, 3);
  if (values.size() != 3) json_error(file, "ratio", file.codes.range, "expected 3 numbers");
  return {values[0], values[1], values[2]};
}

int number_after(std::string_view text, std::size_t colon, const JsonFile& file) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, value);
  if (error != std::errc() || stop != end || value < 1 || value > 1 << 20) {
    json_error(file, "cells", file.codes.range,
               "expected MODEL:THREADS:BATCH, got " + printable(text));
  }
  return value;
}

// "vit_tiny_patch16_224:2:8"
PeerCell cell_named(const std::string& key, const JsonFile& file) {
  const std::size_t last = key.rfind(':');
  const std::size_t first = last == 0 || last == key.npos ? key.npos : key.rfind(':', last - 1);
  if (first == key.npos) {
    json_error(file, "cells", file.codes.range,
               "expected MODEL:THREADS:BATCH, got " + printable(key));
  }
  PeerCell cell;
  cell.model = key.substr(0, first);
  cell.threads = number_after(std::string_view(key).substr(0, last), first, file);
  cell.batch = number_after(key, last, file);
  return cell;
}

PeerCell parse_cell(const JsonFile& file, const std::string& key, const JsonFile& whole) {
  PeerCell cell = cell_named(key, whole);
  bool own = false;
  for (const auto& [name, value] : object_at(file, "figures").items()) {
    const JsonFile each = member(file, name, value);
    const double least = get_number(each, "least_ms", 0, kMost);
    const double middle = get_number(each, "median_ms", 0, kMost);
    if (name == "vitgen") {
      own = true;
      cell.own_least_ms = least;
      cell.own_median_ms = middle;
    } else {
      cell.programs.push_back({name, least, middle, parse_interval(each)});
    }
  }
  if (!own) json_error(file, "figures", file.codes.field, "has no vitgen");
  if (cell.programs.empty()) json_error(file, "figures", file.codes.range, "has no other program");
  // Another vitgen ("vitgen_before") is shown, but it is no other program while there are some.
  const auto best = std::ranges::max_element(cell.programs, {}, [](const PeerFigures& p) {
    return std::pair(!p.name.starts_with("vitgen"), p.ratio.value);
  });
  cell.best = static_cast<std::size_t>(best - cell.programs.begin());
  return cell;
}

}  // namespace

double PeerRecord::geometric_mean() const {
  std::vector<double> ratios;
  for (const PeerCell& cell : cells) ratios.push_back(cell.programs[cell.best].ratio.value);
  return vitgen::geometric_mean(ratios);
}

JsonCodes peers_codes() {
  return {.syntax = "PEERS_JSON",
          .duplicate = "PEERS_JSON",
          .field = "PEERS_FIELD",
          .range = "PEERS_RANGE"};
}

PeerRecord parse_peers(const JsonFile& file) {
  PeerRecord record{.cpu = get_string(file, "cpu"),
                    .date = get_string(file, "date"),
                    .versions = {},
                    .cells = {}};
  for (const auto& [name, version] : object_at(file, "versions").items()) {
    if (!version.is_string()) json_error(file, "versions", file.codes.field, "expected strings");
    record.versions.emplace_back(name, version.get<std::string>());
  }
  for (const auto& [key, value] : object_at(file, "cells").items()) {
    record.cells.push_back(parse_cell(member(file, key, value), key, file));
  }
  if (record.cells.empty()) json_error(file, "cells", file.codes.range, "no cell was measured");
  return record;
}

PeerRecord read_peers(const std::string& path) {
  return parse_peers(read_json(path, {.bytes = std::size_t{64} << 20, .depth = 32}, peers_codes()));
}

Json peers_json(const PeerRecord& record) {
  Json cells = Json::array();
  for (const PeerCell& cell : record.cells) {
    Json programs = Json::array();
    for (const PeerFigures& each : cell.programs) {
      programs.push_back({{"name", each.name},
                          {"least_ms", each.least_ms},
                          {"median_ms", each.median_ms},
                          {"ratio", each.ratio.value},
                          {"ratio_low", each.ratio.low},
                          {"ratio_high", each.ratio.high}});
    }
    cells.push_back({{"model", cell.model},
                     {"threads", cell.threads},
                     {"batch", cell.batch},
                     {"least_ms", cell.own_least_ms},
                     {"median_ms", cell.own_median_ms},
                     {"best", cell.programs[cell.best].name},
                     {"programs", std::move(programs)}});
  }
  return {{"cpu", record.cpu},
          {"date", record.date},
          {"geometric_mean", record.geometric_mean()},
          {"cells", std::move(cells)}};
}

}  // namespace vitgen
