// Half of the differential check (differential.py is the other): reads cases from standard input,
// each 8 bytes of little-endian length and a file, and prints one line per case: the error code, or
// `ok` and a digest of names, dtypes, shapes and bytes in the order of names.

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "generators/base/error.h"
#include "generators/base/sha256.h"
#include "generators/weights/safetensors.h"

namespace vitgen {
namespace {

/// The next `size` bytes of standard input; fewer at its end.
std::string take(std::size_t size) {
  std::string bytes(size, '\0');
  bytes.resize(std::fread(bytes.data(), 1, size, stdin));
  return bytes;
}

std::string digest_of(const Safetensors& file) {
  Sha256 hash;
  for (const std::uint32_t index : sort_by_name(file.tensors())) {
    const TensorInfo& tensor = file.tensors()[index];
    hash.update(fmt::format("{}\n{}\n", tensor.name, dtype_name(tensor.dtype)));
    for (const std::int64_t axis : tensor.shape) hash.update(fmt::format("{},", axis));
    std::vector<std::byte> bytes(tensor.byte_count());
    file.read(tensor.name, bytes);
    hash.update(bytes);
  }
  return to_hex(hash.finish());
}

std::string verdict(const std::string& bytes) {
  try {
    UniqueFd fd(::memfd_create("case", MFD_CLOEXEC));
    if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      return "no memory file";
    }
    const auto file = Safetensors::adopt(RegularFile::adopt(std::move(fd), "case"));
    return "ok " + digest_of(file);
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace
}  // namespace vitgen

int main() {
  for (;;) {
    const std::string prefix = vitgen::take(8);
    if (prefix.size() < 8) return 0;
    std::uint64_t size = 0;
    std::memcpy(&size, prefix.data(), 8);
    std::puts(vitgen::verdict(vitgen::take(size)).c_str());
  }
}
