#include "tools/emit/weights_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstring>

#include "generators/base/error.h"
#include "generators/weights/float_bits.h"
#include "runtime/table.h"

namespace vitgen {
namespace {

static_assert(std::endian::native == std::endian::little, "weights files are little-endian");

std::uint64_t round_to_page(std::uint64_t bytes) {
  return (bytes + VITGEN_PAGE - 1) / VITGEN_PAGE * VITGEN_PAGE;
}

std::uint64_t elements(const Weight& weight) {
  std::uint64_t count = 1;
  for (const int extent : weight.extents) count *= static_cast<std::uint64_t>(extent);
  return count;
}

void copy_digest(const Digest& digest, std::uint8_t (&out)[VITGEN_HASH_BYTES]) {
  static_assert(sizeof out == sizeof(Digest));
  std::memcpy(out, digest.data(), sizeof out);
}

vitgen_weights_header file_header(std::string_view model_name, const WeightsLayout& layout,
                                  const Digest& payload) {
  vitgen_weights_header header{};
  std::memcpy(header.magic, vitgen_weights_magic, sizeof header.magic);
  header.header_bytes = sizeof header;
  header.tensor_count = static_cast<std::uint32_t>(layout.places.size());
  copy_digest(payload, header.payload_hash);
  copy_digest(layout.hash, header.layout_hash);
  header.file_bytes = layout.file_bytes;
  model_name.copy(header.model_name, sizeof header.model_name - 1);
  return header;
}

/// Writes and hashes at once.
class HashedWriter {
 public:
  explicit HashedWriter(FileWriter& out) : out_(out) {}

  void write(std::span<const std::byte> bytes) {
    out_.write(bytes);
    hash_.update(bytes);
  }

  void pad_to(std::uint64_t position) {
    static constexpr std::byte kZeros[VITGEN_PAGE]{};
    while (out_.position() < position) {
      write(std::span(kZeros).first(
          std::min<std::uint64_t>(position - out_.position(), VITGEN_PAGE)));
    }
  }

  Digest finish() { return hash_.finish(); }

 private:
  FileWriter& out_;
  Sha256 hash_;
};

}  // namespace

WeightsLayout weights_layout(const std::vector<Weight>& weights) {
  WeightsLayout layout;
  Sha256 hash;
  std::uint64_t at = VITGEN_PAGE;
  for (const Weight& weight : weights) {
    const WeightPlace place{at, static_cast<std::uint64_t>(weight.bytes())};
    layout.places.push_back(place);
    hash.update(fmt::format("{} {} [{}] {} {}\n", weight.name, enum_text(weight.dtype),
                            fmt::join(weight.extents, ","), place.offset, place.bytes));
    at = round_to_page(at + place.bytes);
  }
  layout.file_bytes = at;
  layout.hash = hash.finish();
  return layout;
}

Digest write_weights(FileWriter& out, std::string_view model_name,
                     const std::vector<Weight>& weights, const WeightsLayout& layout,
                     const std::function<HostTensor(const Weight&)>& evaluate, Progress& progress) {
  const std::uint64_t start = out.position();
  const std::vector<std::byte> first_page(VITGEN_PAGE);
  out.write(first_page);
  HashedWriter payload(out);
  progress.begin("weights", layout.file_bytes);
  for (std::size_t w = 0; w < weights.size(); ++w) {
    progress.update(out.position() - start, weights[w].name);
    const HostTensor tensor = evaluate(weights[w]);
    const std::vector<std::byte> bytes = stored_bytes(weights[w].dtype, tensor.values);
    if (bytes.size() != layout.places[w].bytes) {
      throw Error(ExitCode::bad_input, "WEIGHT_SIZE",
                  fmt::format("{}: expected {} values, got {}", printable(weights[w].name),
                              elements(weights[w]), tensor.values.size()));
    }
    payload.pad_to(start + layout.places[w].offset);
    payload.write(bytes);
  }
  payload.pad_to(start + layout.file_bytes);
  const Digest digest = payload.finish();
  const vitgen_weights_header header = file_header(model_name, layout, digest);
  out.pwrite(std::as_bytes(std::span(&header, 1)), start);
  progress.end();
  return digest;
}

}  // namespace vitgen
