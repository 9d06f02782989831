// Any bytes as an .npz file: refused with an error of ours, or every array lies in the archive and
// can be read, in one go, in pieces and as the parts of a stack. Run for example with
//   npz_fuzz -max_len=4096 -rss_limit_mb=512 -timeout=5 CORPUS
// The first byte of an input says what the rest is: 0, a whole archive; 1, an array, which is put
// into an archive that is right; 2, the text of an array's header with data behind it.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "generators/weights/npz.h"
#include "generators/weights/stacked_blocks.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/weights/zip_bytes.h"

namespace vitgen {
namespace {

using fuzz::memory_file;
using fuzz::require;

/// Elements past which an array is not read: a fuzzer's time is better spent.
constexpr std::uint64_t kMostElements = 1 << 20;

std::vector<float> read(const Npz& file, const TensorInfo& tensor, std::size_t piece) {
  std::vector<float> values(element_count(tensor.shape));
  for (std::size_t first = 0; first < values.size(); first += piece) {
    const std::size_t count = std::min(piece, values.size() - first);
    file.read_f32(tensor, first, std::span(values).subspan(first, count));
  }
  return values;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](float x, float y) {
           return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
         });
}

void read_everything(const Npz& file) {
  for (const TensorInfo& tensor : without_stacks(file.tensors(), "fuzz")) {
    require(tensor.begin <= tensor.end);
    if (!is_weight_dtype(tensor.dtype) || element_count(tensor.shape) > kMostElements) continue;
    require(tensor.byte_count() == element_count(tensor.shape) * dtype_bits(tensor.dtype) / 8);
    require(same_bits(read(file, tensor, kMostElements), read(file, tensor, 7)));
  }
}

/// An .npy of version 1 with this text as its header, up to the first line feed; data behind it.
std::string npy_of(std::string_view input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string text = std::string(input.substr(0, end)) + "\n";
  return "\x93NUMPY\1" + std::string(1, '\0') + testing::little_endian(text.size(), 2) + text +
         std::string(input.substr(std::min(end + 1, input.size())));
}

void run(std::string_view input) {
  if (input.empty()) return;
  const auto mode = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  std::string bytes(input);
  if (mode == 2) bytes = npy_of(input);
  if (mode != 0) bytes = testing::zip_bytes({{"a/encoderblock/b.npy", bytes}});
  read_everything(Npz::adopt(memory_file(bytes)));
}

}  // namespace
}  // namespace vitgen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return vitgen::fuzz::run_or_refuse(vitgen::run, data, size);
}
