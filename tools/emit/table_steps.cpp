#include "tools/emit/table_steps.h"

#include "tools/emit/table.h"
#include "tools/emit/table_device.h"

namespace vitgen {
namespace {

static_assert(sizeof(vitgen_kernel_fn) == 8 && sizeof(void*) == 8);
static_assert(static_cast<int>(DType::f32) == VITGEN_F32 &&
              static_cast<int>(DType::u8) == VITGEN_U8 &&
              static_cast<int>(DType::i32) == VITGEN_I32 &&
              static_cast<int>(DType::bf16) == VITGEN_BF16 &&
              static_cast<int>(DType::f16) == VITGEN_F16);
static_assert(static_cast<int>(SlotKind::input) == VITGEN_SLOT_INPUT &&
              static_cast<int>(SlotKind::output) == VITGEN_SLOT_OUTPUT &&
              static_cast<int>(SlotKind::arena) == VITGEN_SLOT_ARENA &&
              static_cast<int>(SlotKind::weight) == VITGEN_SLOT_WEIGHT);

std::uint32_t narrow(std::size_t count) { return static_cast<std::uint32_t>(count); }

void put_operand(Row<vitgen_operand> row, const Plan& plan, const Operand& operand,
                 const Slot& slot) {
  const bool in_arena = slot.kind == SlotKind::arena;
  const std::int64_t offset =
      in_arena ? plan.buffers.at(static_cast<std::size_t>(slot.index)).offset : 0;
  row.set(&vitgen_operand::slot, static_cast<vitgen_slot>(slot.kind))
      .set(&vitgen_operand::dtype, static_cast<vitgen_dtype>(operand.dtype))
      .set(&vitgen_operand::is_output, std::uint8_t{operand.role == Role::output})
      .set(&vitgen_operand::index, static_cast<std::uint32_t>(slot.index))
      .set(&vitgen_operand::offset, static_cast<std::uint64_t>(offset));
  set_extents(row, operand.extents);
}

/// The next free rows of the arrays.
struct Cursor {
  std::size_t step = 0;
  std::size_t operand = 0;
};

void put_step(const LibraryRequest& request, const Plan& plan, const Step& step,
              const TableSteps& at, Cursor& next, ConstantData& data) {
  const std::size_t index = kernel_index(request, step.spec);
  const LibraryKernel& kernel = request.kernels[index];
  data.row<vitgen_step>(at.steps, next.step++)
      .point(&vitgen_step::name, data.text(step.name))
      .point(&vitgen_step::op, data.text(step.spec.op))
      .set(&vitgen_step::kernel, narrow(index))
      .set(&vitgen_step::operand_begin, narrow(next.operand))
      .set(&vitgen_step::operand_count, narrow(step.slots.size()))
      .set(&vitgen_step::flops, static_cast<std::uint64_t>(kernel.flops));
  for (std::size_t s = 0; s < step.slots.size(); ++s) {
    put_operand(data.row<vitgen_operand>(at.operands, next.operand++), plan, kernel.operands[s],
                step.slots[s]);
  }
}

}  // namespace

std::uint64_t put_kernels(const LibraryRequest& request, ConstantData& data) {
  const std::uint64_t array = data.reserve_rows<vitgen_kernel>(request.kernels.size());
  DeviceTable devices(request, data);
  for (std::size_t k = 0; k < request.kernels.size(); ++k) {
    const LibraryKernel& kernel = request.kernels[k];
    std::vector<std::uint64_t> shared;
    std::vector<std::uint64_t> task;
    const std::uint64_t functions = data.reserve_rows<void*>(kernel.variants.size());
    for (std::size_t m = 0; m < kernel.variants.size(); ++m) {
      const KernelVariant& variant = kernel.variants[m];
      if (!variant.device) {
        data.point(functions + sizeof(void*) * m, {0, kernel_symbol(request, kernel, m)});
      }
      shared.push_back(variant.shared_scratch);
      task.push_back(variant.task_scratch);
    }
    Row<vitgen_kernel> row = data.row<vitgen_kernel>(array, k);
    row.point(&vitgen_kernel::name, data.text(kernel.name))
        .point(&vitgen_kernel::functions, {functions, {}})
        .point(&vitgen_kernel::shared_scratch, {data.append<std::uint64_t>(shared), {}})
        .point(&vitgen_kernel::task_scratch, {data.append<std::uint64_t>(task), {}});
    if (const auto device = devices.put(k)) row.point(&vitgen_kernel::device, *device);
  }
  return array;
}

TableSteps put_steps(const LibraryRequest& request, ConstantData& data) {
  TableSteps at;
  for (const Plan& plan : request.plans) {
    at.step_count += plan.steps.size();
    for (const Step& step : plan.steps) at.operand_count += step.slots.size();
  }
  at.buckets = data.reserve_rows<vitgen_bucket>(request.plans.size());
  at.steps = data.reserve_rows<vitgen_step>(at.step_count);
  at.operands = data.reserve_rows<vitgen_operand>(at.operand_count);
  Cursor next;
  for (std::size_t p = 0; p < request.plans.size(); ++p) {
    const Plan& plan = request.plans[p];
    data.row<vitgen_bucket>(at.buckets, p)
        .set(&vitgen_bucket::batch, static_cast<std::uint32_t>(plan.batch))
        .set(&vitgen_bucket::step_begin, narrow(next.step))
        .set(&vitgen_bucket::step_count, narrow(plan.steps.size()))
        .set(&vitgen_bucket::arena_bytes, static_cast<std::uint64_t>(plan.arena_bytes));
    for (const Step& step : plan.steps) put_step(request, plan, step, at, next, data);
  }
  return at;
}

}  // namespace vitgen
