#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "generators/base/file.h"
#include "generators/base/sha256.h"
#include "tools/emit/file_names.h"
#include "tools/emit/manifest.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHowToMake = "`vitgen generate -m MODEL --name NAME -o DIR` makes one";

[[noreturn]] void manifest_error(const std::string& where, const std::string& what,
                                 std::string hint = {}) {
  throw Error(ExitCode::bad_input, "MANIFEST", fmt::format("{}: {}", printable(where), what),
              std::move(hint));
}

std::string find_manifest(const std::string& where) {
  std::error_code error;
  const fs::file_status status = fs::status(where, error);
  if (status.type() == fs::file_type::not_found) {
    throw Error(ExitCode::io, "IO_OPEN",
                fmt::format("{}: cannot open: no such library", printable(where)), kHowToMake);
  }
  if (!fs::is_directory(status)) return where;
  std::vector<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(where, error)) {
    if (entry.path().filename().string().ends_with(kManifestSuffix))
      found.push_back(entry.path().string());
  }
  if (error) io_error("IO_OPEN", where, "cannot list", error.value());
  if (found.empty()) {
    manifest_error(where, "no generated library here (no " + manifest_name("NAME") + ")",
                   kHowToMake);
  }
  if (found.size() > 1) {
    std::ranges::sort(found);
    manifest_error(
        where, fmt::format("{} libraries in this directory", found.size()),
        "name one of them: " + printable(fmt::format("{}", fmt::join(found, ", ")), 400));
  }
  return found.front();
}

}  // namespace

EmittedFile describe_bytes(std::string name, std::string_view bytes) {
  return {std::move(name), bytes.size(), sha256_hex(bytes)};
}

EmittedFile describe_file(const std::string& path) {
  const RegularFile file = RegularFile::open(path);
  Sha256 hash;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(file.size(), std::uint64_t{1} << 20));
  for (std::uint64_t at = 0; at < file.size(); at += buffer.size()) {
    const std::span<std::byte> part =
        std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), file.size() - at));
    file.pread_exact(part, at);
    hash.update(part);
  }
  return {fs::path(path).filename().string(), file.size(), to_hex(hash.finish())};
}

JsonFile read_manifest(const std::string& where) {
  constexpr JsonLimits limits{.bytes = std::size_t{256} << 20, .depth = 32};
  const JsonCodes codes{.syntax = "MANIFEST", .field = "MANIFEST", .range = "MANIFEST"};
  JsonFile file = read_json(find_manifest(where), limits, codes);
  const std::int64_t schema = get_int(file, "schema", 0, 1 << 30);
  if (schema != kManifestSchema) {
    manifest_error(file.name,
                   fmt::format("manifest schema {}, this vitgen reads {}", schema, kManifestSchema),
                   "generate the library again with this vitgen");
  }
  return file;
}

}  // namespace vitgen
