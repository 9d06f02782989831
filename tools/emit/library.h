#pragma once
// From kernels and a plan to the files that a user's program needs:
//
//   libNAME.a  libNAME.so   the code
//   NAME.h                  the API, C99 and C++
//   NAME.weights            every weight once, page-aligned (absent when embedded)
//   NAME.manifest.json      what is in the library and where it comes from
//   NAME.pc  NAMEConfig.cmake  README.md

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "generators/base/json.h"
#include "generators/plan/plan.h"
#include "runtime/preprocess.h"
#include "schedules/machine.h"
#include "tools/emit/device_file.h"
#include "tools/emit/progress.h"

namespace vitgen {

/// One compiled kernel.
struct KernelVariant {
  /// ELF; defines `symbol`, needs halide_* and memcpy/memset. Of a kernel for a GPU both are empty.
  std::filesystem::path object;
  std::string symbol;
  std::uint64_t shared_scratch = 0;    ///< bytes of halide_malloc outside of parallel loops
  std::uint64_t task_scratch = 0;      ///< bytes of halide_malloc inside one task
  std::string choice;                  ///< rule and knobs as text
  std::string provenance = "default";  ///< or where else the choice comes from
  std::string request_hash;            ///< KernelRequest::hash()
  std::optional<CompiledDeviceKernel> device = {};  ///< of a kernel for a GPU
};

struct LibraryKernel {
  std::string name;  ///< C identifier, one per spec
  OpSpec spec;
  std::vector<Operand> operands;        ///< of the op, in the order of the kernel's arguments
  double flops = 0;                     ///< of one call
  std::vector<KernelVariant> variants;  ///< one per machine of the request, in its order
};

/// A file that the library was made from.
struct SourceFile {
  std::string name;  ///< without its directory
  std::uint64_t bytes = 0;
  std::string sha256;  ///< may be empty: not computed
};

struct LibraryModel {
  std::string text;                 ///< one line: "ViT 12 x 192, patch 16, 224 x 224, 1000 classes"
  Json facts;                       ///< the VitSpec and the options that led to the plan
  std::vector<std::string> labels;  ///< class names; empty: none
  std::optional<vitgen_preprocess_recipe> preprocess;
  std::vector<SourceFile> sources;
  std::string licence;  ///< of the weights, as the model's files state it; may be empty
};

struct LibraryRequest {
  std::string name;       ///< see check_output_name
  std::string directory;  ///< made if absent
  LibraryModel model;
  std::vector<Plan> plans;               ///< one per batch size, ascending, the first for batch 1
  std::vector<const Machine*> machines;  ///< best first
  std::vector<LibraryKernel> kernels;    ///< all that the plans' steps need
  /// Records that choices come from: [{"hash": ..., "record": {...}}].
  Json tuning_records = Json::array();
  std::string assembler;  ///< Assembler::version of the device code; empty: there is PTX alone
  /// Computes one weight; called once per weight, in their order.
  std::function<HostTensor(const Weight&)> weight;
  bool emit_archive = true;
  bool emit_shared = true;
  bool sanitized = false;  ///< kernels call a sanitizer's functions
  bool embed_weights = false;
};

/// What was written.
struct LibraryFiles {
  std::vector<std::string> names;  ///< in `directory`; the manifest is the last
  std::string linker;              ///< that made the shared library; empty: there is none
};

/// Writes the whole set or, on an error, nothing; the previous set then stays. Without a linker the
/// shared library is left out with a note. Errors: usage NAME_INVALID, io IO_*, bad_input
/// WEIGHT_SIZE and those of `weight`, internal LIBRARY_REQUEST (a step without kernel, unsorted
/// batches).
LibraryFiles emit_library(const LibraryRequest& request, Progress& progress);

}  // namespace vitgen
