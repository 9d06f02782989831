#pragma once
// Whether a library computes on a GPU what it should: every step against naive loops in double on
// what the step read, all ways to run it against each other, and the original code's values where
// they lie beside the library.

#include <cstdint>
#include <string>
#include <vector>

#include "generators/base/json.h"

namespace vitgen {

struct CheckSettings {
  std::string
      directory;    ///< of the library; `expected` in it holds input and outputs, or is absent
  std::string isa;  ///< variant
  std::int64_t samples = 1024;  ///< elements to look at per step, 0: all
  unsigned seed = 1;
};

/// All steps of one op.
struct OpCheck {
  std::string op;
  int steps = 0;
  std::int64_t checked = 0;  ///< elements
  std::int64_t failed = 0;
  double worst_ratio = 0;  ///< largest error over its bound
  std::string worst_step;  ///< with its batch
};

/// An output against the original code's.
struct OutputCheck {
  std::string output;
  double error = 0;  ///< norm of the difference over the norm
  double bound = 0;
  bool pass() const { return error <= bound; }
};

struct LibraryCheck {
  std::string name, isa, precision;
  std::vector<OpCheck> ops;
  std::vector<OutputCheck> outputs;
  bool graph_equals_launches = false;  ///< the same bits
  bool device_equals_host = false;     ///< run_device and run, the same bits
  bool pass() const;
};

/// Errors: those of LoadedLibrary, of Gpu, of the manifest and of .npy files.
LibraryCheck check_library(const CheckSettings& settings);

Json check_json(const LibraryCheck& check);

}  // namespace vitgen
