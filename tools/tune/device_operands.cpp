#include "tools/tune/device_operands.h"

#include <fmt/format.h>

#include <cstring>

#include "runtime/table.h"

namespace vitgen {

namespace {

// Bytes on each side of an operand: more than a tile's rows, or its columns, are wide in most
// kernels, and what goes further meets another operand, which is compared as well.
constexpr std::size_t kGuard = 64 * std::size_t{VITGEN_ALIGNMENT};

// NaNs of every type, so that what is read there by mistake spoils what is made of it. They differ
// from place to place, by a prime, so that what is copied from one to another shows.
std::vector<std::byte> filled(std::size_t bytes) {
  constexpr std::size_t kValues = 61;
  constexpr std::size_t kLeast = 0xc1;
  std::vector<std::byte> fill(bytes, std::byte{0xff});
  for (std::size_t i = 0; i < bytes; i += 2) {
    fill[i] = static_cast<std::byte>(kLeast + i / 2 % kValues);
  }
  return fill;
}

std::size_t past(std::size_t end) {
  return (end + VITGEN_ALIGNMENT - 1) / VITGEN_ALIGNMENT * VITGEN_ALIGNMENT + kGuard;
}

std::size_t count_differences(const std::vector<std::byte>& a, const std::vector<std::byte>& b,
                              std::size_t begin, std::size_t end) {
  if (std::memcmp(a.data() + begin, b.data() + begin, end - begin) == 0) return 0;
  std::size_t count = 0;
  for (std::size_t i = begin; i < end; ++i) count += a[i] != b[i] ? 1 : 0;
  return count;
}

}  // namespace

DeviceOperands::DeviceOperands(const Gpu& gpu, const OperandMemory& memory,
                               std::uint64_t scratch_bytes)
    : parts_([&] {
        std::vector<Part> parts;
        std::size_t at = kGuard;
        const auto add = [&](std::string name, std::size_t bytes, bool written) {
          parts.push_back(
              {.name = std::move(name), .begin = at, .bytes = bytes, .written = written});
          at = past(at + bytes);
        };
        for (const Operand& each : memory.operands) {
          add(each.name, static_cast<std::size_t>(each.bytes()), each.role == Role::output);
        }
        add("scratch", scratch_bytes, true);
        return parts;
      }()),
      first_(filled(past(parts_.back().begin + parts_.back().bytes))),
      memory_(gpu, first_.size()) {
  for (std::size_t i = 0; i < memory.operands.size(); ++i) {
    std::memcpy(first_.data() + parts_[i].begin, memory.pages[i].data(), parts_[i].bytes);
  }
  restore();
}

std::vector<std::uint64_t> DeviceOperands::addresses() const {
  std::vector<std::uint64_t> list;
  for (std::size_t i = 0; i + 1 < parts_.size(); ++i) {
    list.push_back(reinterpret_cast<std::uint64_t>(memory_.address()) + parts_[i].begin);
  }
  return list;
}

std::uint64_t DeviceOperands::scratch() const {
  return reinterpret_cast<std::uint64_t>(memory_.address()) + parts_.back().begin;
}

void DeviceOperands::restore() { memory_.write(first_); }

std::string DeviceOperands::difference(const std::vector<std::byte>& now) const {
  std::size_t guard = 0;  // where the bytes begin that belong to nobody
  const Part* before = nullptr;
  for (const Part& part : parts_) {
    if (const auto count = count_differences(first_, now, guard, part.begin)) {
      const Part& near = before == nullptr ? part : *before;
      return fmt::format("changes {} bytes beyond its operand '{}'", count, near.name);
    }
    const std::size_t end = part.begin + part.bytes;
    if (!part.written) {
      if (const auto count = count_differences(first_, now, part.begin, end)) {
        return fmt::format("changes {} bytes of its operand '{}'", count, part.name);
      }
    }
    guard = end;
    before = &part;
  }
  const auto count = count_differences(first_, now, guard, now.size());
  return count == 0 ? "" : fmt::format("changes {} bytes beyond its scratch memory", count);
}

std::string DeviceOperands::fetch(const OperandMemory& memory) const {
  std::vector<std::byte> now(first_.size());
  memory_.read(now);
  for (std::size_t i = 0; i < memory.operands.size(); ++i) {
    if (!parts_[i].written) continue;
    std::memcpy(memory.pages[i].data(), now.data() + parts_[i].begin, parts_[i].bytes);
  }
  return difference(now);
}

}  // namespace vitgen
