#include <string.h>

#include "runtime/cpu_count.h"

namespace vitgen::rt {
namespace {

/// Digits at `text`, stopping at the first other character; false if there are none or too many.
bool read_number(const char*& text, uint64_t& value) {
  const char* begin = text;
  value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) {
    if (text - begin >= 15) return false;  // microseconds of 30 years
    value = value * 10 + static_cast<uint64_t>(*text - '0');
  }
  return text != begin;
}

int rounded_up(uint64_t quota, uint64_t period) {
  if (quota == 0 || period == 0) return 0;
  const uint64_t cpus = (quota - 1) / period + 1;
  return cpus > 1u << 20 ? 0 : static_cast<int>(cpus);
}

bool has_word(const char* words, size_t length, const char* word) {
  const size_t word_length = strlen(word);
  for (size_t i = 0; i + word_length <= length; ++i) {
    const bool starts = i == 0 || words[i - 1] == ',';
    const bool ends = i + word_length == length || words[i + word_length] == ',';
    if (starts && ends && memcmp(words + i, word, word_length) == 0) return true;
  }
  return false;
}

/// The field after `count` spaces, or null.
const char* skip_fields(const char* line, int count) {
  for (; count > 0; --count) {
    line = strchr(line, ' ');
    if (line == nullptr) return nullptr;
    ++line;
  }
  return line;
}

size_t field_length(const char* field) { return strcspn(field, " \n"); }

}  // namespace

int parse_cpu_max(const char* text) {
  uint64_t quota, period;
  if (!read_number(text, quota) || *text != ' ') return 0;
  ++text;
  return read_number(text, period) ? rounded_up(quota, period) : 0;
}

int parse_cfs_quota(const char* quota_text, const char* period_text) {
  uint64_t quota, period;
  if (!read_number(quota_text, quota) || !read_number(period_text, period)) return 0;
  return rounded_up(quota, period);
}

CgroupLine parse_cgroup_line(const char* line) {
  const char* controllers = strchr(line, ':');
  if (controllers == nullptr) return {kCgroupNone, nullptr};
  ++controllers;
  const char* colon = strchr(controllers, ':');
  if (colon == nullptr || colon[1] != '/') return {kCgroupNone, nullptr};
  const auto length = static_cast<size_t>(colon - controllers);
  if (length == 0 && strncmp(line, "0:", 2) == 0) return {kCgroupV2, colon + 1};
  if (has_word(controllers, length, "cpu")) return {kCgroupV1, colon + 1};
  return {kCgroupNone, nullptr};
}

// "36 35 98:0 /root /mnt/point rw,noatime master:1 - type source super,options" (proc(5)).
CgroupMount parse_mount_line(const char* line) {
  CgroupMount mount = {kCgroupNone, nullptr, 0, nullptr, 0};
  mount.root = skip_fields(line, 3);
  mount.point = skip_fields(line, 4);
  const char* tail = strstr(line, " - ");
  if (mount.point == nullptr || tail == nullptr || mount.root[0] != '/' || mount.point[0] != '/' ||
      mount.point > tail) {
    return {kCgroupNone, nullptr, 0, nullptr, 0};
  }
  mount.root_length = field_length(mount.root);
  mount.point_length = field_length(mount.point);
  const char* type = tail + 3;
  const size_t type_length = field_length(type);
  if (type_length == 7 && memcmp(type, "cgroup2", 7) == 0) mount.version = kCgroupV2;
  const char* options = skip_fields(type, 2);
  if (type_length == 6 && memcmp(type, "cgroup", 6) == 0 && options != nullptr &&
      has_word(options, field_length(options), "cpu")) {
    mount.version = kCgroupV1;
  }
  return mount;
}

}  // namespace vitgen::rt
