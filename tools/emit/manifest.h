#pragma once
// NAME.manifest.json: everything in a library with its origin and hashes. With it, `inspect`,
// `run`, `verify` and `explain` need nothing but the directory. Written last, so a set with a
// manifest is complete.

#include <string>
#include <vector>

#include "generators/base/json.h"
#include "tools/emit/code_modules.h"
#include "tools/emit/library.h"
#include "tools/emit/table.h"

namespace vitgen {

/// Raised when what stands in a manifest gets another name or meaning. 2: "inputs" for "input".
inline constexpr int kManifestSchema = 2;

struct EmittedFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< empty for the weights file: its payload's hash stands with the weights
};

/// What the emitter computed besides the request.
struct ManifestFacts {
  TableFacts table;
  std::string runtime_sha256;
  /// Per kernel and machine: name in the archive; empty for a GPU, whose code is in `codes`.
  std::vector<std::vector<EmittedFile>> members;
  DeviceCodes codes;
  std::vector<EmittedFile> files;  ///< of the set, without the manifest
  std::string linker;              ///< file name only; empty: no shared library
};

Json manifest_json(const LibraryRequest& request, const ManifestFacts& facts);

/// The file's text: ASCII; what is not UTF-8 in a label becomes U+FFFD.
std::string manifest_text(const Json& manifest);

/// A file of the library as it was emitted: size and hash, without its directory.
EmittedFile describe_file(const std::string& path);
EmittedFile describe_bytes(std::string name, std::string_view bytes);

/// The manifest of a generated library. `where` is its directory or the file itself. Errors: io
/// IO_OPEN, bad_input MANIFEST (not one, several in the directory, or of another schema).
JsonFile read_manifest(const std::string& where);

}  // namespace vitgen
