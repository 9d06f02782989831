#include "tools/emit/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/version.h"
#include "runtime/table.h"
#include "tools/emit/elf_object.h"

namespace vitgen {
namespace {

static_assert(sizeof(vitgen_kernel_fn) == 8 && sizeof(void*) == 8);
static_assert(static_cast<int>(DType::f32) == VITGEN_F32 &&
              static_cast<int>(DType::u8) == VITGEN_U8 &&
              static_cast<int>(DType::i32) == VITGEN_I32);
static_assert(static_cast<int>(SlotKind::input) == VITGEN_SLOT_INPUT &&
              static_cast<int>(SlotKind::output) == VITGEN_SLOT_OUTPUT &&
              static_cast<int>(SlotKind::arena) == VITGEN_SLOT_ARENA &&
              static_cast<int>(SlotKind::weight) == VITGEN_SLOT_WEIGHT);

std::uint32_t narrow(std::size_t count) { return static_cast<std::uint32_t>(count); }

/// Extents as the structs hold them; what is not used is 0.
struct Extents {
  std::uint8_t dims = 0;
  std::int32_t values[VITGEN_MAX_DIMS] = {};
};

Extents extents(const std::vector<int>& list, std::string_view owner) {
  if (list.size() > VITGEN_MAX_DIMS) {
    throw Error(ExitCode::internal, "LIBRARY_REQUEST",
                fmt::format("{} has {} dimensions", printable(owner), list.size()));
  }
  Extents out;
  out.dims = static_cast<std::uint8_t>(list.size());
  std::copy(list.begin(), list.end(), out.values);
  return out;
}

template <class T>
void set_extents(Row<T> row, const std::vector<int>& list, std::string_view owner) {
  const Extents packed = extents(list, owner);
  row.set(&T::dims, packed.dims).set_array(&T::extents, packed.values);
}

/// Writes the table's parts; each `put_` returns where its array lies.
class TableWriter {
 public:
  TableWriter(const LibraryRequest& request, const TableFacts& facts)
      : request_(request), facts_(facts) {}

  std::string object() {
    const std::uint64_t root = put_root();
    const PointerTarget abi = data_.text(facts_.abi_hash);
    DataSection section{.name = ".data.rel.ro",
                        .relocated_at_load = true,
                        .large = false,
                        .alignment = VITGEN_ALIGNMENT,
                        .bytes = data_.bytes().size(),
                        .symbols = {},
                        .fixups = data_.fixups()};
    section.symbols = {{request_.name + "_rt_table", root, sizeof(vitgen_table), false},
                       {fmt::format("{}_abi_{}", request_.name, facts_.abi_hash.substr(0, 12)),
                        abi.offset, facts_.abi_hash.size() + 1, true}};
    return elf_object(section, data_.bytes());
  }

 private:
  using Array = PointerTarget;

  template <class T>
  Array reserve(std::size_t count) {
    return {data_.reserve_rows<T>(count), {}};
  }

  Array put_isas() {
    const Array array = reserve<vitgen_isa>(request_.machines.size());
    for (std::size_t i = 0; i < request_.machines.size(); ++i) {
      data_.row<vitgen_isa>(array.offset, i)
          .point(&vitgen_isa::name, data_.text(request_.machines[i]->target))
          .set(&vitgen_isa::features, request_.machines[i]->cpu_features);
    }
    return array;
  }

  Array put_kernels() {
    const Array array = reserve<vitgen_kernel>(request_.kernels.size());
    for (std::size_t k = 0; k < request_.kernels.size(); ++k) {
      const LibraryKernel& kernel = request_.kernels[k];
      std::vector<std::uint64_t> shared;
      std::vector<std::uint64_t> task;
      const std::uint64_t functions = data_.reserve_rows<void*>(kernel.variants.size());
      for (std::size_t m = 0; m < kernel.variants.size(); ++m) {
        data_.point(functions + 8 * m, {0, kernel_symbol(request_, kernel, m)});
        shared.push_back(kernel.variants[m].shared_scratch);
        task.push_back(kernel.variants[m].task_scratch);
      }
      data_.row<vitgen_kernel>(array.offset, k)
          .point(&vitgen_kernel::name, data_.text(kernel.name))
          .point(&vitgen_kernel::functions, {functions, {}})
          .point(&vitgen_kernel::shared_scratch, {data_.append<std::uint64_t>(shared), {}})
          .point(&vitgen_kernel::task_scratch, {data_.append<std::uint64_t>(task), {}});
    }
    return array;
  }

  void put_operand(Array array, std::size_t index, const Plan& plan, const Operand& operand,
                   const Slot& slot) {
    Row<vitgen_operand> row = data_.row<vitgen_operand>(array.offset, index);
    const bool in_arena = slot.kind == SlotKind::arena;
    const std::int64_t offset =
        in_arena ? plan.buffers.at(static_cast<std::size_t>(slot.index)).offset : 0;
    row.set(&vitgen_operand::slot, static_cast<vitgen_slot>(slot.kind))
        .set(&vitgen_operand::dtype, static_cast<vitgen_dtype>(operand.dtype))
        .set(&vitgen_operand::is_output, std::uint8_t{operand.role == Role::output})
        .set(&vitgen_operand::index, static_cast<std::uint32_t>(slot.index))
        .set(&vitgen_operand::offset, static_cast<std::uint64_t>(offset));
    set_extents(row, operand.extents, operand.name);
  }

  struct Steps {
    Array buckets, steps, operands;
    std::size_t step_count = 0, operand_count = 0;
  };

  Steps put_plans() {
    Steps at;
    for (const Plan& plan : request_.plans) {
      at.step_count += plan.steps.size();
      for (const Step& step : plan.steps) at.operand_count += step.slots.size();
    }
    at.buckets = reserve<vitgen_bucket>(request_.plans.size());
    at.steps = reserve<vitgen_step>(at.step_count);
    at.operands = reserve<vitgen_operand>(at.operand_count);
    std::size_t step = 0;
    std::size_t operand = 0;
    for (std::size_t p = 0; p < request_.plans.size(); ++p) {
      const Plan& plan = request_.plans[p];
      data_.row<vitgen_bucket>(at.buckets.offset, p)
          .set(&vitgen_bucket::batch, static_cast<std::uint32_t>(plan.batch))
          .set(&vitgen_bucket::step_begin, narrow(step))
          .set(&vitgen_bucket::step_count, narrow(plan.steps.size()))
          .set(&vitgen_bucket::arena_bytes, static_cast<std::uint64_t>(plan.arena_bytes));
      for (const Step& each : plan.steps) put_step(at, plan, each, step, operand);
    }
    return at;
  }

  void put_step(const Steps& at, const Plan& plan, const Step& step, std::size_t& step_at,
                std::size_t& operand_at) {
    const std::size_t index = kernel_index(request_, step.spec);
    const LibraryKernel& kernel = request_.kernels[index];
    data_.row<vitgen_step>(at.steps.offset, step_at++)
        .point(&vitgen_step::name, data_.text(step.name))
        .point(&vitgen_step::op, data_.text(step.spec.op))
        .set(&vitgen_step::kernel, narrow(index))
        .set(&vitgen_step::operand_begin, narrow(operand_at))
        .set(&vitgen_step::operand_count, narrow(step.slots.size()))
        .set(&vitgen_step::flops, static_cast<std::uint64_t>(kernel.flops));
    for (std::size_t s = 0; s < step.slots.size(); ++s) {
      put_operand(at.operands, operand_at++, plan, kernel.operands[s], step.slots[s]);
    }
  }

  Array put_weights() {
    const std::vector<Weight>& weights = request_.plans.front().weights;
    const Array array = reserve<vitgen_weight>(weights.size());
    for (std::size_t w = 0; w < weights.size(); ++w) {
      data_.row<vitgen_weight>(array.offset, w)
          .point(&vitgen_weight::name, data_.text(weights[w].name))
          .set(&vitgen_weight::offset, facts_.layout.places[w].offset)
          .set(&vitgen_weight::bytes, facts_.layout.places[w].bytes);
    }
    return array;
  }

  Array put_ports(std::span<const Port> ports) {
    const Array array = reserve<vitgen_port>(ports.size());
    for (std::size_t p = 0; p < ports.size(); ++p) {
      Row<vitgen_port> row = data_.row<vitgen_port>(array.offset, p);
      row.point(&vitgen_port::name, data_.text(ports[p].name))
          .set(&vitgen_port::dtype, static_cast<vitgen_dtype>(ports[p].dtype));
      set_extents(row, ports[p].extents, ports[p].name);
    }
    return array;
  }

  Array put_labels() {
    const std::vector<std::string>& labels = request_.model.labels;
    const Array array = reserve<void*>(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      data_.point(array.offset + 8 * i, data_.text(labels[i]));
    }
    return array;
  }

  void put_optional(Row<vitgen_table> root) {
    if (!request_.model.labels.empty()) root.point(&vitgen_table::labels, put_labels());
    if (request_.model.preprocess) {
      const std::span recipe(&*request_.model.preprocess, 1);
      root.point(&vitgen_table::preprocess, {data_.append<vitgen_preprocess_recipe>(recipe), {}});
    }
    if (!facts_.weights_symbol.empty()) {
      root.point(&vitgen_table::embedded_weights, {0, facts_.weights_symbol});
    }
  }

  std::uint64_t put_root() {
    const std::uint64_t at = data_.reserve_rows<vitgen_table>(1);
    Row<vitgen_table> root = data_.row<vitgen_table>(at);
    const Plan& plan = request_.plans.front();
    const Steps steps = put_plans();
    root.set(&vitgen_table::version, std::uint32_t{VITGEN_TABLE_VERSION})
        .set(&vitgen_table::table_bytes, narrow(sizeof(vitgen_table)))
        .point(&vitgen_table::model_name, data_.text(request_.name))
        .point(&vitgen_table::model_text, data_.text(request_.model.text))
        .point(&vitgen_table::generator, data_.text(kVersion))
        .point(&vitgen_table::abi_hash, data_.text(facts_.abi_hash))
        .set_array(&vitgen_table::weights_hash, facts_.payload_hash)
        .set_array(&vitgen_table::layout_hash, facts_.layout.hash)
        .set(&vitgen_table::weights_bytes, facts_.layout.file_bytes)
        .point(&vitgen_table::isas, put_isas())
        .set(&vitgen_table::isa_count, narrow(request_.machines.size()))
        .point(&vitgen_table::buckets, steps.buckets)
        .set(&vitgen_table::bucket_count, narrow(request_.plans.size()))
        .point(&vitgen_table::steps, steps.steps)
        .set(&vitgen_table::step_count, narrow(steps.step_count))
        .point(&vitgen_table::operands, steps.operands)
        .set(&vitgen_table::operand_count, narrow(steps.operand_count))
        .point(&vitgen_table::kernels, put_kernels())
        .set(&vitgen_table::kernel_count, narrow(request_.kernels.size()))
        .point(&vitgen_table::weights, put_weights())
        .set(&vitgen_table::weight_count, narrow(plan.weights.size()))
        .point(&vitgen_table::input, put_ports(std::span(&plan.input, 1)))
        .point(&vitgen_table::outputs, put_ports(plan.outputs))
        .set(&vitgen_table::output_count, narrow(plan.outputs.size()))
        .set(&vitgen_table::label_count, narrow(request_.model.labels.size()));
    put_optional(root);
    return at;
  }

  const LibraryRequest& request_;
  const TableFacts& facts_;
  ConstantData data_;
};

}  // namespace

std::string kernel_symbol(const LibraryRequest& request, const LibraryKernel& kernel,
                          std::size_t machine) {
  return fmt::format("{}_k_{}__{}", request.name, kernel.name, request.machines[machine]->name);
}

std::size_t kernel_index(const LibraryRequest& request, const OpSpec& spec) {
  const auto found = std::ranges::find(request.kernels, spec, &LibraryKernel::spec);
  if (found == request.kernels.end()) {
    throw Error(ExitCode::internal, "LIBRARY_REQUEST", "no kernel for " + spec.text());
  }
  return static_cast<std::size_t>(found - request.kernels.begin());
}

std::string table_object(const LibraryRequest& request, const TableFacts& facts) {
  return TableWriter(request, facts).object();
}

}  // namespace vitgen
