// Any bytes as a safetensors file: refused with an error of ours, or every tensor lies in the file
// and can be read. Run for example with
//   safetensors_fuzz -max_len=4096 -rss_limit_mb=512 -timeout=2 -dict=tests/fuzz/safetensors.dict
// The first byte of an input says what the rest is: 0, a whole file; otherwise the text of a
// header, so that mutations do not all end at a wrong length.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "generators/weights/safetensors.h"
#include "generators/weights/safetensors_header.h"
#include "tests/fuzz/fuzz_target.h"

namespace vitgen {
namespace {

using fuzz::memory_file;
using fuzz::require;

/// A header and the number of bytes of data behind it.
struct Case {
  std::string_view text;
  std::size_t data_bytes;
};

/// Mode 1: as much data as the header asks for; mode 2 + n: n bytes.
Case case_of(unsigned mode, std::string_view text) {
  if (mode > 1) return {text, mode - 2};
  std::size_t data = 0;
  for (const TensorInfo& tensor : parse_safetensors_header(text, "fuzz").tensors) {
    if (tensor.end < 1 << 16) data = std::max<std::size_t>(data, tensor.end);
  }
  return {text, data};
}

std::string file_of(const Case& c) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(c.text.size() >> (8 * i) & 0xFF);
  return bytes + std::string(c.text) + std::string(c.data_bytes, '\x7F');
}

void read_everything(const Safetensors& file) {
  for (const TensorInfo& tensor : file.tensors()) {
    require(tensor.begin <= tensor.end && tensor.end <= file.file().size());
    require(file.find(tensor.name) == &tensor);
    std::vector<std::byte> bytes(tensor.byte_count());
    file.read(tensor.name, bytes);
    if (!is_weight_dtype(tensor.dtype)) continue;
    std::vector<float> values(element_count(tensor.shape));
    file.read_f32(tensor, 0, values);
  }
}

/// A file system call costs far more than parsing, so headers reach a file only when they are
/// right.
void run(std::string_view input) {
  if (input.empty()) return;
  const auto mode = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  if (mode == 0) return read_everything(Safetensors::adopt(memory_file(std::string(input))));
  const Case c = case_of(mode, input);
  check_layout(parse_safetensors_header(c.text, "fuzz").tensors, c.data_bytes, "fuzz");
  read_everything(Safetensors::adopt(memory_file(file_of(c))));
}

}  // namespace
}  // namespace vitgen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return vitgen::fuzz::run_or_refuse(vitgen::run, data, size);
}
