#pragma once
// The tile unit of AMX in C++, one per thread: eight tiles of 16 rows x 64 bytes, configured as by
// LDTILECFG. What the processor would refuse is recorded instead. (Intel SDM volume 2, LDTILECFG,
// TILELOADD, TILESTORED, TDPBF16PS.)

#include <cstdint>
#include <map>
#include <string>

namespace vitgen::emulator {

/// The functions that TileUnit::calls names, by name, for a linker.
std::map<std::string, void*> tile_functions();

/// What programs did wrong since the last call, on any thread; empty: nothing.
std::string take_fault();

}  // namespace vitgen::emulator
