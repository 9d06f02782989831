#pragma once
// What one tile register holds: Intel SDM volume 1, table 18-2 (palette 1).

namespace vitgen::microkernels {

inline constexpr int kTileRows = 16;
inline constexpr int kTileBytes = 64;                 ///< of a row
inline constexpr int kTileChannels = kTileBytes / 2;  ///< bf16
inline constexpr int kTileColumns = kTileBytes / 4;   ///< f32

}  // namespace vitgen::microkernels
