#pragma once
// What GPUs there are, without beginning anything on one.

#include <cstdint>
#include <string>
#include <vector>

namespace vitgen {

struct GpuFacts {
  std::string name;  ///< "NVIDIA H200"
  // 0: the driver does not tell.
  int capability = 0;  ///< 80 stands for 8.0
  int multiprocessors = 0;
  std::int64_t l2_bytes = 0;
  int bus_bits = 0;  ///< of the memory's bus
};

struct FoundGpus {
  std::string missing;         ///< why there is none; empty if there is one
  std::string driver;          ///< what it supports, "CUDA 12.4"; empty: there is none that works
  std::vector<GpuFacts> gpus;  ///< by the driver's numbers
};

/// Opens the driver, which takes up to a second or two where there is one.
FoundGpus find_gpus();

}  // namespace vitgen
