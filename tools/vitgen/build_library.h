#pragma once
// From an opened model to the files of a library: plans, choices, kernels, emission.

#include <string>
#include <vector>

#include "schedules/machine.h"
#include "tools/emit/assembler.h"
#include "tools/emit/kernel_farm.h"
#include "tools/vitgen/kernel_choices.h"
#include "tools/vitgen/model_source.h"

namespace vitgen {

struct BuildOptions {
  std::string name;
  std::string directory;
  std::vector<const Machine*> machines;  ///< best first
  std::vector<int> batches;              ///< 1 is always added
  PlanOptions plan;                      ///< without the batch
  bool emit_archive = true;
  bool emit_shared = true;
  bool embed_weights = false;
  FarmOptions farm;
  ChoiceSources choices;
  Note note;             ///< called with what there is to say of the choices; may be empty
  Note detail;           ///< the same with what few want to know
  std::string features;  ///< extra Halide features of CPU kernels, for sanitizers; "" or "-asan"
  Assembler assembler;   ///< of kernels for GPUs; its path is empty where they stay PTX
};

/// A model in one line, its sizes those of `network`.
std::string model_text(const Model& model, const Network& network);

/// One plan per batch size, ascending, the first for batch 1.
std::vector<Plan> plans_of(const Network& network, const BuildOptions& options);

/// The kernels that the plans call, each once.
std::vector<OpSpec> distinct_specs(const std::vector<Plan>& plans);

/// Writes the library. Throws what its parts throw, and bad_input LOCKED_CHANGED where a manifest
/// that is repeated has another hash of a kernel's request; on an error nothing is written.
LibraryFiles build_library(const ModelSource& source, const BuildOptions& options,
                           Progress& progress);

}  // namespace vitgen
