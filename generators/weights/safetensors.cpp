#include "generators/weights/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "generators/base/error.h"
#include "generators/weights/float_bits.h"
#include "generators/weights/safetensors_header.h"

namespace vitgen {
namespace {

constexpr std::uint64_t prefix_bytes = 8;

[[noreturn]] void refuse(const RegularFile& file, std::string_view code, const std::string& what,
                         const std::string& hint = {}) {
  throw Error(ExitCode::bad_input, code, fmt::format("{}: {}", printable(file.name(), 300), what),
              hint);
}

bool starts_json(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[') &&
         std::ranges::all_of(text,
                             [](unsigned char c) { return c >= ' ' || std::isspace(c) != 0; });
}

/// An ONNX file is a message without a signature: a small version, field 1, comes first, then the
/// producer's name, field 2, or the graph, field 7.
bool starts_onnx(std::string_view text) {
  const auto version = static_cast<unsigned char>(text[1]);
  return text[0] == '\x08' && version > 0 && version < 64 &&
         (text[2] == '\x12' || text[2] == '\x3A');
}

/// Recognises files that people take for safetensors.
std::string hint_for(const std::array<std::byte, prefix_bytes>& start) {
  const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
  if (text == "version ") return "a Git LFS pointer: fetch the file itself with git lfs pull";
  if (text.starts_with("PK\x03\x04")) {
    return "a PyTorch file: convert it with tools/pth_to_safetensors.py; or an .npz: name it so";
  }
  if (text.starts_with("\x80\x02")) {
    return "a PyTorch pickle: convert it with tools/pth_to_safetensors.py";
  }
  if (text.starts_with("GGUF")) return "a GGUF file: vitgen reads safetensors";
  if (text.starts_with("\x89HDF")) return "an HDF5 file: vitgen reads safetensors";
  if (text.starts_with("<!") || text.starts_with("<h"))
    return "a web page: download the file again";
  if (starts_json(text))
    return "a JSON file: give the model.safetensors beside it, or the directory";
  if (starts_onnx(text)) {
    return "perhaps an ONNX file: give the safetensors weights that it was exported from";
  }
  return {};
}

std::uint64_t header_size(const RegularFile& file) {
  if (file.size() < prefix_bytes) {
    refuse(file, "ST_TOO_SMALL",
           fmt::format("{} bytes, a safetensors file has at least {}", file.size(), prefix_bytes));
  }
  std::array<std::byte, prefix_bytes> start{};
  file.pread_exact(start, 0);
  std::uint64_t size = 0;
  for (std::size_t i = prefix_bytes; i-- > 0;)
    size = size << 8 | std::to_integer<unsigned>(start[i]);
  if (size > SafetensorsLimits::header_bytes) {
    refuse(file, "ST_HEADER_TOO_LARGE",
           fmt::format("no safetensors file: header of {} bytes, the limit is {}", size,
                       SafetensorsLimits::header_bytes),
           hint_for(start));
  }
  if (size > file.size() - prefix_bytes) {
    refuse(file, "ST_HEADER_LENGTH",
           fmt::format("header of {} bytes in a file of {}", size, file.size()),
           "download or copy the file again");
  }
  return size;
}

}  // namespace

Safetensors Safetensors::open(const std::string& path) { return adopt(RegularFile::open(path)); }

Safetensors Safetensors::adopt(RegularFile file) {
  Safetensors out(std::move(file));
  const std::uint64_t size = header_size(out.file_);
  std::string text(static_cast<std::size_t>(size), '\0');
  out.file_.pread_exact(std::as_writable_bytes(std::span(text.data(), text.size())), prefix_bytes);
  SafetensorsHeader header = parse_safetensors_header(text, out.name());
  const std::uint64_t data_start = prefix_bytes + size;
  check_layout(header.tensors, out.file_.size() - data_start, out.name());
  for (TensorInfo& tensor : header.tensors) {
    tensor.begin += data_start;
    tensor.end += data_start;
  }
  out.tensors_ = std::move(header.tensors);
  out.metadata_ = std::move(header.metadata);
  out.by_name_ = sort_by_name(out.tensors_);
  return out;
}

const TensorInfo* Safetensors::find(std::string_view name) const {
  return find_by_name(tensors_, by_name_, name);
}

void Safetensors::read(std::string_view name, std::span<std::byte> out) const {
  const TensorInfo* tensor = find(name);
  if (tensor == nullptr || out.size() != tensor->byte_count()) {
    throw Error(ExitCode::internal, "ST_READ",
                fmt::format("no tensor \"{}\" of {} bytes", printable(name), out.size()));
  }
  read_bytes(*tensor, 0, out);
}

void Safetensors::read_bytes(const TensorInfo& tensor, std::uint64_t offset,
                             std::span<std::byte> out) const {
  if (offset > tensor.byte_count() || out.size() > tensor.byte_count() - offset) {
    throw Error(ExitCode::internal, "ST_READ",
                fmt::format("{}: bytes {}+{} of {}", printable(tensor.name), offset, out.size(),
                            tensor.byte_count()));
  }
  file_.pread_exact(out, tensor.begin + offset);
}

void Safetensors::read_f32(const TensorInfo& tensor, std::uint64_t first,
                           std::span<float> out) const {
  if (!is_weight_dtype(tensor.dtype)) {
    refuse(file_, "ST_DTYPE",
           fmt::format("{}: dtype {} is not supported, expected F32, F16 or BF16",
                       printable(tensor.name), dtype_name(tensor.dtype)));
  }
  const std::uint64_t count = element_count(tensor.shape);
  if (first > count || out.size() > count - first) {
    throw Error(
        ExitCode::internal, "ST_READ",
        fmt::format("{}: elements {}+{} of {}", printable(tensor.name), first, out.size(), count));
  }
  if (tensor.dtype == StoredType::f32) {
    return read_bytes(tensor, first * sizeof(float), std::as_writable_bytes(out));
  }
  read_widened(tensor.dtype, first, out, [&](std::uint64_t offset, std::span<std::byte> bytes) {
    read_bytes(tensor, offset, bytes);
  });
}

std::vector<std::uint32_t> sort_by_name(const std::vector<TensorInfo>& tensors) {
  std::vector<std::uint32_t> order(tensors.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return tensors[a].name < tensors[b].name; });
  return order;
}

const TensorInfo* find_by_name(const std::vector<TensorInfo>& tensors,
                               const std::vector<std::uint32_t>& by_name, std::string_view name) {
  const auto at = std::lower_bound(
      by_name.begin(), by_name.end(), name,
      [&](std::uint32_t index, std::string_view wanted) { return tensors[index].name < wanted; });
  if (at == by_name.end() || tensors[*at].name != name) return nullptr;
  return &tensors[*at];
}

}  // namespace vitgen
