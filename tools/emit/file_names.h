#pragma once
// What the files of the library NAME are called.

#include <string>
#include <string_view>

namespace vitgen {

inline constexpr std::string_view kManifestSuffix = ".manifest.json";

inline std::string archive_name(const std::string& name) { return "lib" + name + ".a"; }
/// Also the library's soname.
inline std::string shared_library_name(const std::string& name) { return "lib" + name + ".so"; }
inline std::string header_name(const std::string& name) { return name + ".h"; }
inline std::string weights_name(const std::string& name) { return name + ".weights"; }
inline std::string pc_name(const std::string& name) { return name + ".pc"; }
inline std::string cmake_config_name(const std::string& name) { return name + "Config.cmake"; }
/// With the name, as a folder may have a README of its own.
inline std::string readme_name(const std::string& name) { return name + ".README.md"; }
inline std::string manifest_name(const std::string& name) {
  return name + std::string(kManifestSuffix);
}

}  // namespace vitgen
