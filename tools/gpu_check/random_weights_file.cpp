#include "tools/gpu_check/random_weights_file.h"

#include <algorithm>
#include <cstring>

#include "generators/base/op_spec.h"
#include "generators/base/output_set.h"
#include "generators/weights/float_bits.h"
#include "generators/weights/random_weights.h"
#include "runtime/table.h"
#include "tools/emit/file_names.h"
#include "tools/emit/manifest.h"

namespace vitgen {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 40;

/// One packed tensor of the file.
struct Place {
  std::string name;
  Shape shape;
  DType dtype = DType::f32;
  std::uint64_t offset = 0;
};

std::vector<Place> places_of(const JsonFile& manifest) {
  std::vector<Place> places;
  for (const JsonFile& tensor : json_elements(manifest, "weights.tensors")) {
    Shape shape = get_int_array(tensor, "extents", 1, kMostBytes);
    std::ranges::reverse(shape);
    places.push_back(
        {.name = get_string(tensor, "name"),
         .shape = std::move(shape),
         .dtype = parse_enum<DType>(get_string(tensor, "dtype"), "dtype"),
         .offset = static_cast<std::uint64_t>(get_int(tensor, "offset", 0, kMostBytes))});
  }
  return places;
}

std::vector<std::byte> random_bytes(const Place& place, std::uint64_t seed) {
  std::size_t count = 1;
  for (const std::int64_t size : place.shape) count *= static_cast<std::size_t>(size);
  std::vector<float> values(count);
  random_values(place.name, place.shape, seed, 0, values);
  return stored_bytes(place.dtype, values);
}

std::uint8_t nibble(char digit) {
  return static_cast<std::uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void copy_hash(const JsonFile& manifest, std::string_view key,
               std::uint8_t (&out)[VITGEN_HASH_BYTES]) {
  const std::string hex = get_string(manifest, key);
  if (hex.size() != 2 * VITGEN_HASH_BYTES ||
      hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    json_error(manifest, key, manifest.codes.field, "expected a SHA-256 in hexadecimal digits");
  }
  for (std::size_t i = 0; i < VITGEN_HASH_BYTES; ++i) {
    out[i] = static_cast<std::uint8_t>(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
  }
}

void pad_to(FileWriter& out, std::uint64_t position) {
  if (position > out.position()) out.write(std::vector<std::byte>(position - out.position()));
}

}  // namespace

void write_random_weights(const std::string& directory, std::uint64_t seed) {
  const JsonFile manifest = read_manifest(directory);
  const std::string name = get_string(manifest, "name");
  const std::vector<Place> places = places_of(manifest);
  vitgen_weights_header header{};
  std::memcpy(header.magic, vitgen_weights_magic, sizeof header.magic);
  header.header_bytes = sizeof header;
  header.tensor_count = static_cast<std::uint32_t>(places.size());
  header.file_bytes = static_cast<std::uint64_t>(get_int(manifest, "weights.bytes", 0, kMostBytes));
  copy_hash(manifest, "weights.layout_sha256", header.layout_hash);
  copy_hash(manifest, "weights.payload_sha256", header.payload_hash);
  name.copy(header.model_name, sizeof header.model_name - 1);

  OutputSet set(directory);
  FileWriter out(set.staged_path(weights_name(name)));
  out.write(std::as_bytes(std::span(&header, 1)));
  for (const Place& place : places) {
    pad_to(out, place.offset);
    out.write(random_bytes(place, seed));
  }
  pad_to(out, header.file_bytes);
  out.close();
  set.commit(weights_name(name));
}

}  // namespace vitgen
