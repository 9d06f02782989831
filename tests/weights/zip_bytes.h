#pragma once
// Builds .npz files, right and wrong, byte by byte.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen::testing {

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

/// CRC-32 as zip has it: the reversed polynomial 0xEDB88320.
inline std::uint32_t crc32_of(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

/// One entry; what is not said follows from `packed`.
struct ZipRow {
  std::string name;
  std::string packed;
  std::uint64_t method = 0;
  std::uint64_t flags = 0;
  std::int64_t bytes = -1;  ///< unpacked
  std::int64_t crc = -1;
};

/// What the local header and the directory say alike.
inline std::string zip_facts(const ZipRow& row) {
  const auto bytes = row.bytes < 0 ? row.packed.size() : static_cast<std::uint64_t>(row.bytes);
  const auto crc = row.crc < 0 ? crc32_of(row.packed) : static_cast<std::uint64_t>(row.crc);
  return little_endian(20, 2) + little_endian(row.flags, 2) + little_endian(row.method, 2) +
         little_endian(0x00210000, 4) + little_endian(crc, 4) +
         little_endian(row.packed.size(), 4) + little_endian(bytes, 4) +
         little_endian(row.name.size(), 2) + little_endian(0, 2);
}

/// The end of an archive of so many entries, with a zip64 record where 16 bits do not hold them.
inline std::string zip_end(std::uint64_t count, std::uint64_t directory, std::uint64_t at) {
  const bool large = count > 0xFFFE;
  const std::string counts = little_endian(count, 8) + little_endian(count, 8);
  const std::string record = "PK\6\6" + little_endian(44, 8) + little_endian(45, 2) +
                             little_endian(45, 2) + std::string(8, '\0') + counts +
                             little_endian(directory, 8) + little_endian(at, 8);
  const std::string locator =
      "PK\6\7" + std::string(4, '\0') + little_endian(at + directory, 8) + little_endian(1, 4);
  const std::uint64_t small = large ? 0xFFFF : count;
  return (large ? record + locator : "") + "PK\5\6" + std::string(4, '\0') +
         little_endian(small, 2) + little_endian(small, 2) + little_endian(directory, 4) +
         little_endian(at, 4) + std::string(2, '\0');
}

inline std::string zip_bytes(const std::vector<ZipRow>& rows) {
  std::string body, directory;
  for (const ZipRow& row : rows) {
    const std::string facts = zip_facts(row);
    directory += "PK\1\2" + little_endian(20, 2) + facts + std::string(10, '\0') +
                 little_endian(body.size(), 4) + row.name;
    body += "PK\3\4" + facts + row.name + row.packed;
  }
  return body + directory + zip_end(rows.size(), directory.size(), body.size());
}

/// An .npy with this type and shape, as Python writes them.
inline std::string npy_bytes(std::string_view type, std::string_view shape, std::string_view data,
                             std::string_view order = "False") {
  std::string header = "{'descr': ";
  header.append(type).append(", 'fortran_order': ").append(order);
  header.append(", 'shape': ").append(shape).append(", }\n");
  return std::string("\x93NUMPY\1\0", 8) + little_endian(header.size(), 2) + header +
         std::string(data);
}

}  // namespace vitgen::testing
