#pragma once
// Which lane and register hold which element of a tile. PTX ISA, "Matrix Fragments for mma.m16n8k16
// with floating point type", "... mma.m16n8k8", and "ldmatrix".

#include <cstdint>

namespace vitgen::ptx {

struct Element {
  int row = 0;
  int column = 0;
};

/// A of m16n8k16 and m16n8k8 in 16-bit formats: element `i` of a lane, two in a register.
constexpr Element a_element(int lane, int i) {
  return {lane / 4 + (i / 2 % 2 == 0 ? 0 : 8), lane % 4 * 2 + i % 2 + (i < 4 ? 0 : 8)};
}

/// B of the same: `row` runs over k.
constexpr Element b_element(int lane, int i) {
  return {lane % 4 * 2 + i % 2 + (i < 2 ? 0 : 8), lane / 4};
}

/// C and D of all shapes of m16n8, one f32 in a register.
constexpr Element c_element(int lane, int i) {
  return {lane / 4 + (i < 2 ? 0 : 8), lane % 4 * 2 + i % 2};
}

/// C and D of wgmma.m64nN within the 16 rows of a warp: tiles of m16n8 side by side.
constexpr Element wide_c_element(int lane, int i) {
  const Element tile = c_element(lane, i % 4);
  return {tile.row, i / 4 * 8 + tile.column};
}

/// A of m16n8k8 and m16n8k4 in tf32, one in a register.
constexpr Element a_element_tf32(int lane, int i) {
  return {lane / 4 + (i % 2 == 0 ? 0 : 8), lane % 4 + (i < 2 ? 0 : 4)};
}

constexpr Element b_element_tf32(int lane, int i) { return {lane % 4 + 4 * i, lane / 4}; }

/// An 8 x 8 matrix of 16-bit elements as ldmatrix and stmatrix have it, two in a register.
constexpr Element matrix_element(int lane, int i) { return {lane / 4, lane % 4 * 2 + i}; }

}  // namespace vitgen::ptx
