#pragma once
// What the fuzz targets have in common: a file that holds the input, and what an error must be.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "generators/base/error.h"
#include "generators/base/file.h"

namespace vitgen::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline RegularFile memory_file(const std::string& bytes) {
  UniqueFd fd(::memfd_create("fuzz", MFD_CLOEXEC));
  require(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return RegularFile::adopt(std::move(fd), "fuzz");
}

/// Calls `run` with the input: it returns, or refuses it by an error of bad input in one line.
template <class Run>
int run_or_refuse(Run run, const std::uint8_t* data, std::size_t size) {
  try {
    run(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const Error& error) {
    require(error.exit() == ExitCode::bad_input);
    for (const char* c = error.what(); *c != '\0'; ++c) require(*c >= 0x20 || *c < 0);
  }
  return 0;
}

}  // namespace vitgen::fuzz
