// The arithmetic of byte ranges. Every sum and product of numbers from the file is checked.

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "generators/base/error.h"
#include "generators/weights/safetensors_header.h"

namespace vitgen {
namespace {

[[noreturn]] void refuse(std::string_view source, std::string_view code, const TensorInfo& tensor,
                         const std::string& what) {
  throw Error(ExitCode::bad_input, code,
              fmt::format("{}: {}: {}", printable(source, 300), printable(tensor.name), what));
}

std::string range_text(const TensorInfo& tensor) {
  return fmt::format("data_offsets [{}, {}]", tensor.begin, tensor.end);
}

/// Bytes that shape and dtype ask for; nothing when the product leaves 64 bits at any point or the
/// elements do not end on a byte.
std::optional<std::uint64_t> wanted_bytes(const TensorInfo& tensor) {
  std::uint64_t bits = 1;
  for (const std::int64_t size : tensor.shape) {
    if (__builtin_mul_overflow(bits, static_cast<std::uint64_t>(size), &bits)) return std::nullopt;
  }
  if (__builtin_mul_overflow(bits, dtype_bits(tensor.dtype), &bits)) return std::nullopt;
  if (bits % 8 != 0) return std::nullopt;
  return bits / 8;
}

void check_one(const TensorInfo& tensor, std::string_view source) {
  if (tensor.begin > tensor.end) {
    refuse(source, "ST_OFFSETS", tensor, range_text(tensor) + " ends before it begins");
  }
  if (!wanted_bytes(tensor)) {
    refuse(source, "ST_OVERFLOW", tensor,
           fmt::format("shape {} of {} is not a whole number of bytes below 2^61",
                       shape_text(tensor.shape), dtype_name(tensor.dtype)));
  }
}

/// The first tensor that does not follow its predecessor or is not as large as it says.
struct Flaw {
  const TensorInfo* tensor;
  std::string_view code;
  std::string message;
};

std::optional<Flaw> find_flaw(const std::vector<const TensorInfo*>& by_offset) {
  std::uint64_t filled = 0;
  for (const TensorInfo* tensor : by_offset) {
    const std::uint64_t wanted = *wanted_bytes(*tensor);
    if (tensor->begin > filled) {
      return Flaw{tensor, "ST_HOLE",
                  fmt::format("{} leaves bytes from {} unused", range_text(*tensor), filled)};
    }
    if (tensor->begin < filled) {
      return Flaw{tensor, "ST_OVERLAP", range_text(*tensor) + " overlaps another tensor"};
    }
    if (wanted != tensor->byte_count()) {
      return Flaw{tensor, "ST_SIZE",
                  fmt::format("{} holds {} bytes, {} of {} needs {}", range_text(*tensor),
                              tensor->byte_count(), shape_text(tensor->shape),
                              dtype_name(tensor->dtype), wanted)};
    }
    filled = tensor->end;
  }
  return std::nullopt;
}

}  // namespace

void check_layout(const std::vector<TensorInfo>& tensors, std::uint64_t data_bytes,
                  std::string_view source) {
  std::vector<const TensorInfo*> by_offset;
  by_offset.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) {
    check_one(tensor, source);
    by_offset.push_back(&tensor);
  }
  std::sort(by_offset.begin(), by_offset.end(), [](const TensorInfo* a, const TensorInfo* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  const auto flaw = find_flaw(by_offset);
  if (!flaw) {
    const std::uint64_t filled = by_offset.empty() ? 0 : by_offset.back()->end;
    if (filled == data_bytes) return;
    throw Error(
        ExitCode::bad_input, "ST_COVERAGE",
        fmt::format("{}: {}: the tensors take {} bytes, the file holds {}", printable(source, 300),
                    filled > data_bytes ? "truncated" : "bytes after the last tensor", filled,
                    data_bytes),
        filled > data_bytes ? "download or copy the file again" : "");
  }
  // Ranges that do not even fit together and leave the file are wrong; those that fit are cut off.
  for (const TensorInfo* tensor : by_offset) {
    if (tensor->end <= data_bytes) continue;
    refuse(source, "ST_OFFSETS", *tensor,
           fmt::format("{} leaves the {} bytes of data", range_text(*tensor), data_bytes));
  }
  refuse(source, flaw->code, *flaw->tensor, flaw->message);
}

}  // namespace vitgen
