#include <string.h>

#include "runtime/api.h"
#include "runtime/weights.h"

namespace vitgen::rt {
namespace {

/// Enough of a hash to tell two apart by eye.
void put_hash(Text& why, const uint8_t (&hash)[VITGEN_HASH_BYTES]) {
  char digits[17] = {};
  for (int i = 0; i < 16; ++i) {
    const int nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
    digits[i] = "0123456789abcdef"[nibble];
  }
  why << digits;
}

bool same(const uint8_t (&a)[VITGEN_HASH_BYTES], const uint8_t (&b)[VITGEN_HASH_BYTES]) {
  return memcmp(a, b, VITGEN_HASH_BYTES) == 0;
}

void put_difference(Text& why, const char* what, const uint8_t (&file)[VITGEN_HASH_BYTES],
                    const uint8_t (&library)[VITGEN_HASH_BYTES]) {
  why << "weights: " << what << " differs: the file has ";
  put_hash(why, file);
  why << ", the library was generated with ";
  put_hash(why, library);
}

int check_size(const vitgen_table& table, const vitgen_weights_header& header, uint64_t file_bytes,
               Text& why) {
  if (file_bytes < header.file_bytes) {
    why << "weights: truncated: " << file_bytes << " of " << header.file_bytes << " bytes";
  } else if (file_bytes > header.file_bytes) {
    why << "weights: " << file_bytes - header.file_bytes << " bytes too many: " << file_bytes
        << " instead of " << header.file_bytes;
  } else if (file_bytes != table.weights_bytes) {
    why << "weights: " << file_bytes << " bytes, the library needs " << table.weights_bytes;
  } else {
    return VITGEN_API_OK;
  }
  return VITGEN_API_E_WEIGHTS;
}

int check_names(const vitgen_table& table, const vitgen_weights_header& header, Text& why) {
  const size_t limit = sizeof header.model_name;
  if (strncmp(header.model_name, table.model_name, limit) != 0) {
    why << "weights: model name differs: the file is for '" << Quoted{header.model_name, limit}
        << "', the library is '" << table.model_name << "'";
    return VITGEN_API_E_WEIGHTS;
  }
  if (header.tensor_count != table.weight_count) {
    why << "weights: tensor count differs: the file has " << header.tensor_count
        << ", the library needs " << table.weight_count;
    return VITGEN_API_E_WEIGHTS;
  }
  return VITGEN_API_OK;
}

int check_hashes(const vitgen_table& table, const vitgen_weights_header& header, Text& why) {
  if (!same(header.layout_hash, table.layout_hash)) {
    put_difference(why, "tensor layout", header.layout_hash, table.layout_hash);
    return VITGEN_API_E_WEIGHTS;
  }
  if (!same(header.payload_hash, table.weights_hash)) {
    put_difference(why, "content hash", header.payload_hash, table.weights_hash);
    return VITGEN_API_E_WEIGHTS;
  }
  return VITGEN_API_OK;
}

}  // namespace

int weights_check_header(const vitgen_table& table, const vitgen_weights_header& header,
                         uint64_t file_bytes, Text& why) {
  if (memcmp(header.magic, vitgen_weights_magic, sizeof header.magic) != 0) {
    why << "weights: not a weights file of vitgen (magic '" << Quoted{header.magic, 8} << "')";
    return VITGEN_API_E_WEIGHTS;
  }
  if (header.header_bytes != sizeof header) {
    why << "weights: a header of " << header.header_bytes << " bytes, this library reads "
        << sizeof header;
    return VITGEN_API_E_WEIGHTS;
  }
  int code = check_names(table, header, why);
  if (code == VITGEN_API_OK) code = check_hashes(table, header, why);
  if (code == VITGEN_API_OK) code = check_size(table, header, file_bytes, why);
  return code;
}

}  // namespace vitgen::rt
