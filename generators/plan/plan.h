#pragma once
// A network as an ordered list of kernel calls over named memory: everything that the emitter,
// the verifier and the runtime need to know, and nothing about how a kernel is made.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "generators/base/op_spec.h"
#include "generators/plan/tensor_expr.h"

namespace vitgen {

/// Where an operand of a step lies.
enum class SlotKind : std::uint8_t { input, output, arena, weight };
inline std::vector<std::string_view> enum_names(SlotKind) {
  return {"input", "output", "arena", "weight"};
}

/// `index` numbers the plan's inputs, outputs, buffers or weights.
struct Slot {
  SlotKind kind = SlotKind::arena;
  int index = 0;
  bool operator==(const Slot&) const = default;
};

/// One kernel call. `slots` has one entry per operand of the op, in their order; an output's slot
/// never equals another slot of the step: in-place kernels with overlapping tails are wrong.
struct Step {
  std::string name;  ///< "blocks.3.attn.qkv"
  OpSpec spec;
  std::vector<Slot> slots;
  bool operator==(const Step&) const = default;
};

/// Bytes: two cache lines, which prefetchers fetch in pairs. The runtime's VITGEN_ALIGNMENT, which
/// this folder cannot see; tools/emit/table.cpp holds them equal.
inline constexpr std::int64_t kArenaAlignment = 128;

/// A stretch of the arena that holds one value between steps.
struct Buffer {
  std::int64_t bytes = 0;
  std::int64_t offset = 0;  ///< multiple of kArenaAlignment; set by assign_arena
  int first_step = 0;       ///< the step that writes it
  int last_step = 0;        ///< the last that reads it
  bool operator==(const Buffer&) const = default;
};

/// A tensor of the weights file: how it is computed from the model's tensors, and its layout.
struct Weight {
  std::string name;          ///< "blocks.3.attn.qkv.weight", unique
  std::vector<int> extents;  ///< innermost first
  TensorExpr value;
  DType dtype = DType::f32;  ///< f32, f16 or bf16: what values are rounded to in the file

  std::int64_t bytes() const;
  bool operator==(const Weight&) const = default;
};

/// What goes in or comes out for one image; extents innermost first.
struct Port {
  std::string name;
  DType dtype = DType::f32;
  std::vector<int> extents;
  bool operator==(const Port&) const = default;
};

/// Of a port that is an image: {width, height, channels} in f32, {channels, width, height} in u8.
struct ImageExtents {
  int channels = 0;
  int height = 0;
  int width = 0;
};
/// Nothing if the port has not three axes.
std::optional<ImageExtents> image_extents(const Port& port);

struct Plan {
  int batch = 1;
  std::vector<Port> inputs;  ///< the first is the image, or what stands for it
  std::vector<Port> outputs;
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
  std::vector<Weight> weights;  ///< the same for every batch size of a model
  std::int64_t arena_bytes = 0;
  bool operator==(const Plan&) const = default;
};

/// The plan as text, one line a step; what `vitgen explain --stage plan` prints.
std::string to_text(const Plan& plan);

/// Sets every buffer's first_step and last_step from the steps, gives it an offset so that buffers
/// alive at the same time do not overlap, and sets arena_bytes. Greedy by size; deterministic.
void assign_arena(Plan& plan);

/// The most bytes of buffers that are alive at one step: no arena can be smaller.
std::int64_t peak_bytes(const Plan& plan);

/// Throws PLAN_INVALID if a slot is out of range, an operand's size differs from its slot's, a
/// buffer or output is read before it is written or as another type, an output slot is also an
/// operand of its step, a weight or step name is used twice, a weight's expression has another
/// shape, or buffers that are alive together overlap in the arena. A step may read an output that
/// an earlier one has written.
void check(const Plan& plan);

}  // namespace vitgen
