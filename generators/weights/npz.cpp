#include "generators/weights/npz.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "generators/base/error.h"
#include "generators/base/npy_header.h"
#include "generators/base/utf8.h"
#include "generators/weights/float_bits.h"

namespace vitgen {
namespace {

constexpr std::string_view kSuffix = ".npy";

struct TypeName {
  std::string_view numpy;
  StoredType type;
};

// "|" is numpy's order of bytes for what has none.
constexpr TypeName type_names[] = {
    {"<f4", StoredType::f32},     {"<f2", StoredType::f16}, {"|V2", StoredType::bf16},
    {"<V2", StoredType::bf16},    {"<f8", StoredType::f64}, {"<c8", StoredType::c64},
    {"|b1", StoredType::boolean}, {"|i1", StoredType::i8},  {"|u1", StoredType::u8},
    {"<i2", StoredType::i16},     {"<u2", StoredType::u16}, {"<i4", StoredType::i32},
    {"<u4", StoredType::u32},     {"<i8", StoredType::i64}, {"<u8", StoredType::u64},
};

StoredType type_named(std::string_view numpy, std::string_view source) {
  for (const TypeName& row : type_names) {
    if (row.numpy == numpy) return row.type;
  }
  npy_error(source, "NPY_TYPE",
            fmt::format("elements are {}, expected numbers such as <f4 (float32), <f2 (float16) or "
                        "|V2 (bfloat16)",
                        printable(numpy)));
}

/// What keeps `name` from being some/name.npy, or an empty string.
std::string name_problem(std::string_view name) {
  if (!name.ends_with(kSuffix)) return "is no .npy";
  name.remove_suffix(kSuffix.size());
  if (name.empty()) return "has no name";
  if (name.size() > NpzLimits::name_bytes) {
    return fmt::format("has a name of over {} bytes", NpzLimits::name_bytes);
  }
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\';
  };
  if (std::ranges::any_of(name, is_bad)) return "has a control character or backslash in its name";
  if (find_invalid_utf8(name) != name.npos) return "has a name that is no UTF-8";
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return "is a path that leads elsewhere";
    at = end + 1;
  }
  return {};
}

[[noreturn]] void refuse_name(const Npz& file, std::string_view entry, const std::string& problem) {
  const bool pickle = entry.ends_with("data.pkl");
  throw Error(ExitCode::bad_input, "NPZ_NAME",
              fmt::format("{}: entry \"{}\" {}", printable(file.name(), 300), printable(entry, 60),
                          problem),
              pickle ? "a PyTorch file: convert it with tools/pth_to_safetensors.py"
                     : "an .npz holds one NAME.npy for each tensor");
}

}  // namespace

Npz Npz::open(const std::string& path) { return adopt(RegularFile::open(path)); }

Npz Npz::adopt(RegularFile file) {
  Npz out(std::move(file));
  const std::vector<ZipEntry>& entries = out.archive_->entries();
  for (const ZipEntry& entry : entries) {
    const std::string problem = name_problem(entry.name);
    if (!problem.empty()) refuse_name(out, entry.name, problem);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) out.tensors_.push_back(out.describe(i));
  return out;
}

TensorInfo Npz::describe(std::size_t index) const {
  const ZipEntry& entry = archive_->entries()[index];
  const std::string source = fmt::format("{}: {}", name(), printable(entry.name));
  std::string start(std::min<std::uint64_t>(entry.bytes, NpzLimits::header_bytes), '\0');
  const auto bytes = std::as_writable_bytes(std::span(start));
  archive_->open(index).read(bytes);
  const NpyPrologue prologue =
      npy_prologue(bytes.first(std::min(bytes.size(), kNpyPrologueBytes)), source);
  if (prologue.data_begin() > start.size()) {
    npy_error(source, "NPY_FORMAT", "header is over 4 KiB or longer than the array");
  }
  const NpyHeader header = parse_npy_header(
      std::string_view(start).substr(prologue.header_begin, prologue.header_bytes), source);
  const StoredType type = type_named(header.type, source);
  const auto wanted = npy_data_bytes(dtype_bits(type) / 8, header.shape, NpzLimits::array_bytes);
  if (!wanted) {
    npy_error(source, "NPZ_LIMIT", fmt::format("array is over {} bytes", NpzLimits::array_bytes));
  }
  const std::uint64_t data = entry.bytes - prologue.data_begin();
  if (data != *wanted) {
    npy_error(source, "NPY_LENGTH",
              fmt::format("expected {} bytes of data, got {}", *wanted, data));
  }
  return {.name = entry.name.substr(0, entry.name.size() - kSuffix.size()),
          .dtype = type,
          .shape = {header.shape.begin(), header.shape.end()},
          .begin = prologue.data_begin(),
          .end = entry.bytes,
          .file = static_cast<std::uint32_t>(index)};
}

void Npz::read_bytes(const TensorInfo& tensor, std::uint64_t offset,
                     std::span<std::byte> out) const {
  const std::uint64_t begin = tensor.begin + offset;
  const bool goes_on = open_ && open_->entry == tensor.file && open_->stream.position() == begin;
  if (!goes_on) {
    open_ = std::make_unique<Open>(Open{tensor.file, archive_->open(tensor.file)});
    open_->stream.skip(begin);
  }
  open_->stream.read(out);
  // The entry may hold more than this tensor: stacked_blocks.h.
  if (open_->stream.position() != archive_->entries()[tensor.file].bytes) return;
  open_->stream.require_end();
  open_.reset();
}

void Npz::read_f32(const TensorInfo& tensor, std::uint64_t first, std::span<float> out) const {
  if (!is_weight_dtype(tensor.dtype)) {
    npy_error(name(), "NPY_TYPE",
              fmt::format("{}: elements are {}, expected F32, F16 or BF16", printable(tensor.name),
                          dtype_name(tensor.dtype)));
  }
  const std::uint64_t count = element_count(tensor.shape);
  if (first > count || out.size() > count - first) {
    throw Error(
        ExitCode::internal, "NPZ_READ",
        fmt::format("{}: elements {}+{} of {}", printable(tensor.name), first, out.size(), count));
  }
  read_widened(tensor.dtype, first, out, [&](std::uint64_t offset, std::span<std::byte> bytes) {
    read_bytes(tensor, offset, bytes);
  });
}

}  // namespace vitgen
