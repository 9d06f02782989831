#include "tools/emit/constant_data.h"

#include "generators/base/error.h"

namespace vitgen {

std::uint64_t ConstantData::reserve(std::uint64_t bytes, std::uint64_t alignment) {
  const std::uint64_t at = (bytes_.size() + alignment - 1) / alignment * alignment;
  bytes_.resize(at + bytes);
  return at;
}

PointerTarget ConstantData::text(std::string_view text) {
  if (text.find('\0') != text.npos) {
    throw Error(ExitCode::bad_input, "TEXT_NUL",
                "a name or label contains a NUL character: \"" + printable(text) + "\"");
  }
  const auto known = texts_.find(text);
  if (known != texts_.end()) return {known->second, {}};
  const std::uint64_t at = reserve(text.size() + 1, 1);
  put(at, std::as_bytes(std::span(text)));
  texts_.emplace(text, at);
  return {at, {}};
}

void ConstantData::put(std::uint64_t at, std::span<const std::byte> bytes) {
  if (!bytes.empty()) std::memcpy(bytes_.data() + at, bytes.data(), bytes.size());
}

void ConstantData::point(std::uint64_t at, PointerTarget target) {
  fixups_.push_back({at, std::move(target)});
}

}  // namespace vitgen
