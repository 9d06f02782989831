#pragma once
// The shared library, from the static one, by whatever linker there is.

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

struct SharedLibraryRequest {
  std::string name;            ///< of the library: exports are NAME_*, the soname is libNAME.so
  std::string archive;         ///< path of libNAME.a
  std::string version_script;  ///< path of a file made by the caller from version_script()
  std::string output;          ///< path to write
  bool sanitized = false;      ///< needs a sanitizer's functions, which only its programs have
};

/// The linker script that makes NAME_* and nothing else visible.
std::string version_script(std::string_view name);

/// A linker and how to call it.
struct Linker {
  std::string path;
  bool is_driver = false;  ///< a compiler driver: linker options go through -Xlinker
};

inline constexpr std::string_view kCompilerDriver = "cc";
/// In the order of preference: a driver knows where its C library is; lld's package is called by
/// its version where it is not the system's linker.
inline constexpr std::array<std::string_view, 4> kLinkerNames = {kCompilerDriver, "ld.lld",
                                                                 "ld.lld-19", "ld"};

/// Those of kLinkerNames that are in PATH.
std::vector<Linker> find_linkers();

/// The command line.
std::vector<std::string> link_command(const Linker& linker, const SharedLibraryRequest& request);

struct LinkResult {
  std::string linker;   ///< the path of the one that succeeded; empty: none did
  std::string message;  ///< why not: one printable line
};

/// Tries the linkers in turn. Never throws because one of them fails.
LinkResult link_shared_library(const SharedLibraryRequest& request);

}  // namespace vitgen
