#include "runtime/weights.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/api.h"
#include "runtime/sha256.h"

namespace vitgen::rt {
namespace {

int io_error(Text& why, const char* what, const char* path, int error) {
  why << "weights: cannot " << what << " '" << path << "': " << Errno{error};
  return VITGEN_API_E_IO;
}

int too_short(uint64_t bytes, Text& why) {
  why << "weights: truncated: " << bytes << " bytes, the header alone has "
      << sizeof(vitgen_weights_header);
  return VITGEN_API_E_WEIGHTS;
}

/// Reads the header by copy, so that what is checked cannot change under the check.
int read_header(int fd, const char* path, vitgen_weights_header& header, Text& why) {
  auto* bytes = reinterpret_cast<char*>(&header);
  size_t held = 0;
  while (held < sizeof header) {
    const ssize_t got = pread(fd, bytes + held, sizeof header - held, static_cast<off_t>(held));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(why, "read", path, errno);
    if (got == 0) return too_short(held, why);
    held += static_cast<size_t>(got);
  }
  return VITGEN_API_OK;
}

int check_content(const vitgen_table& table, const uint8_t* base, Text& why) {
  uint8_t digest[VITGEN_HASH_BYTES];
  sha256(base + VITGEN_PAGE, table.weights_bytes - VITGEN_PAGE, digest);
  if (memcmp(digest, table.weights_hash, sizeof digest) == 0) return VITGEN_API_OK;
  why << "weights: damaged: the content does not have the hash that its header tells";
  return VITGEN_API_E_WEIGHTS;
}

/// The table is generated together with the file, so this fails only for a broken generator.
int check_ranges(const vitgen_table& table, Text& why) {
  const uint64_t end = table.weights_bytes;
  for (uint32_t i = 0; i < table.weight_count; ++i) {
    const vitgen_weight& w = table.weights[i];
    if (w.offset >= VITGEN_PAGE && w.offset <= end && w.bytes <= end - w.offset &&
        w.offset % VITGEN_ALIGNMENT == 0) {
      continue;
    }
    why << "weights: tensor '" << w.name << "' lies outside of the file";
    return VITGEN_API_E_WEIGHTS;
  }
  return VITGEN_API_OK;
}

int check_fd(const vitgen_table& table, int fd, const char* path, Text& why) {
  struct stat status;
  if (fstat(fd, &status) != 0) return io_error(why, "stat", path, errno);
  if (!S_ISREG(status.st_mode)) {
    why << "weights: '" << path << "' is not a regular file";
    return VITGEN_API_E_IO;
  }
  vitgen_weights_header header;
  const int code = read_header(fd, path, header, why);
  if (code != VITGEN_API_OK) return code;
  return weights_check_header(table, header, static_cast<uint64_t>(status.st_size), why);
}

int map_fd(const vitgen_table& table, int fd, const char* path, uint32_t flags, Weights& weights,
           Text& why) {
  int code = check_fd(table, fd, path, why);
  if (code == VITGEN_API_OK) code = check_ranges(table, why);
  if (code != VITGEN_API_OK) return code;
  const int populate = (flags & VITGEN_API_PREFAULT) != 0 ? MAP_POPULATE : 0;
  void* base = mmap(nullptr, table.weights_bytes, PROT_READ, MAP_PRIVATE | populate, fd, 0);
  if (base == MAP_FAILED) return io_error(why, "map", path, errno);
  weights = {static_cast<const uint8_t*>(base), table.weights_bytes};
  return VITGEN_API_OK;
}

}  // namespace

int weights_open(const vitgen_table& table, const char* path, uint32_t flags, Weights& weights,
                 Text& why) {
  // O_NONBLOCK: opening a FIFO must fail below instead of waiting for a writer.
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return io_error(why, "open", path, errno);
  int code = map_fd(table, fd, path, flags, weights, why);
  close(fd);
  if (code != VITGEN_API_OK) return code;
  if ((flags & VITGEN_API_CHECK_CONTENT) != 0) code = check_content(table, weights.base, why);
  if (code != VITGEN_API_OK) weights_close(weights);
  return code;
}

int weights_in_memory(const vitgen_table& table, const void* memory, size_t bytes, uint32_t flags,
                      Weights& weights, Text& why) {
  if (reinterpret_cast<uintptr_t>(memory) % VITGEN_ALIGNMENT != 0) {
    why << "weights: not aligned to " << VITGEN_ALIGNMENT << " bytes";
    return VITGEN_API_E_ARG;
  }
  if (bytes < sizeof(vitgen_weights_header)) return too_short(bytes, why);
  vitgen_weights_header header;
  memcpy(&header, memory, sizeof header);
  const auto* base = static_cast<const uint8_t*>(memory);
  int code = weights_check_header(table, header, bytes, why);
  if (code == VITGEN_API_OK) code = check_ranges(table, why);
  if (code == VITGEN_API_OK && (flags & VITGEN_API_CHECK_CONTENT) != 0) {
    code = check_content(table, base, why);
  }
  if (code == VITGEN_API_OK) weights = {base, 0};
  return code;
}

void weights_close(Weights& weights) {
  if (weights.mapped_bytes != 0) {
    munmap(const_cast<uint8_t*>(weights.base), weights.mapped_bytes);
  }
  weights = {};
}

}  // namespace vitgen::rt
