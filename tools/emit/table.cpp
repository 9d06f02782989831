#include "tools/emit/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "generators/base/version.h"
#include "tools/emit/elf_object.h"
#include "tools/emit/table_steps.h"

namespace vitgen {
namespace {

static_assert(kArenaAlignment == VITGEN_ALIGNMENT, "what the plan aligns, the runtime relies on");

std::uint32_t narrow(std::size_t count) { return static_cast<std::uint32_t>(count); }

/// An array inside the same data.
PointerTarget place(std::uint64_t offset) { return {offset, {}}; }

PointerTarget put_isas(const std::vector<const Machine*>& machines, ConstantData& data) {
  const std::uint64_t array = data.reserve_rows<vitgen_isa>(machines.size());
  for (std::size_t i = 0; i < machines.size(); ++i) {
    data.row<vitgen_isa>(array, i)
        .point(&vitgen_isa::name, data.text(machines[i]->target))
        .set(&vitgen_isa::features, machines[i]->cpu_features)
        .set(&vitgen_isa::capability, static_cast<std::uint32_t>(machines[i]->capability))
        .set(&vitgen_isa::only_capability,
             static_cast<std::uint32_t>(machines[i]->only_capability));
  }
  return place(array);
}

PointerTarget put_weights(const std::vector<Weight>& weights, const WeightsLayout& layout,
                          ConstantData& data) {
  const std::uint64_t array = data.reserve_rows<vitgen_weight>(weights.size());
  for (std::size_t w = 0; w < weights.size(); ++w) {
    data.row<vitgen_weight>(array, w)
        .point(&vitgen_weight::name, data.text(weights[w].name))
        .set(&vitgen_weight::offset, layout.places[w].offset)
        .set(&vitgen_weight::bytes, layout.places[w].bytes);
  }
  return place(array);
}

PointerTarget put_ports(std::span<const Port> ports, ConstantData& data) {
  const std::uint64_t array = data.reserve_rows<vitgen_port>(ports.size());
  for (std::size_t p = 0; p < ports.size(); ++p) {
    Row<vitgen_port> row = data.row<vitgen_port>(array, p);
    row.point(&vitgen_port::name, data.text(ports[p].name))
        .set(&vitgen_port::dtype, static_cast<vitgen_dtype>(ports[p].dtype));
    set_extents(row, ports[p].extents);
  }
  return place(array);
}

PointerTarget put_labels(const std::vector<std::string>& labels, ConstantData& data) {
  const std::uint64_t array = data.reserve_rows<void*>(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    data.point(array + sizeof(void*) * i, data.text(labels[i]));
  }
  return place(array);
}

/// What the whole library is: names, hashes, sizes.
void put_identity(const LibraryRequest& request, const TableFacts& facts, Row<vitgen_table> root,
                  ConstantData& data) {
  root.set(&vitgen_table::version, std::uint32_t{VITGEN_TABLE_VERSION})
      .set(&vitgen_table::table_bytes, narrow(sizeof(vitgen_table)))
      .point(&vitgen_table::model_name, data.text(request.name))
      .point(&vitgen_table::model_text, data.text(request.model.text))
      .point(&vitgen_table::generator, data.text(kVersion))
      .point(&vitgen_table::abi_hash, data.text(facts.abi_hash))
      .set_array(&vitgen_table::weights_hash, facts.payload_hash)
      .set_array(&vitgen_table::layout_hash, facts.layout.hash)
      .set(&vitgen_table::weights_bytes, facts.layout.file_bytes);
}

/// What runs, and on what.
void put_content(const LibraryRequest& request, const TableFacts& facts, Row<vitgen_table> root,
                 ConstantData& data) {
  const Plan& plan = request.plans.front();
  const TableSteps steps = put_steps(request, data);
  root.point(&vitgen_table::isas, put_isas(request.machines, data))
      .set(&vitgen_table::isa_count, narrow(request.machines.size()))
      .point(&vitgen_table::buckets, place(steps.buckets))
      .set(&vitgen_table::bucket_count, narrow(request.plans.size()))
      .point(&vitgen_table::steps, place(steps.steps))
      .set(&vitgen_table::step_count, narrow(steps.step_count))
      .point(&vitgen_table::operands, place(steps.operands))
      .set(&vitgen_table::operand_count, narrow(steps.operand_count))
      .point(&vitgen_table::kernels, place(put_kernels(request, data)))
      .set(&vitgen_table::kernel_count, narrow(request.kernels.size()))
      .point(&vitgen_table::weights, put_weights(plan.weights, facts.layout, data))
      .set(&vitgen_table::weight_count, narrow(plan.weights.size()))
      .point(&vitgen_table::inputs, put_ports(plan.inputs, data))
      .set(&vitgen_table::input_count, narrow(plan.inputs.size()))
      .point(&vitgen_table::outputs, put_ports(plan.outputs, data))
      .set(&vitgen_table::output_count, narrow(plan.outputs.size()))
      .set(&vitgen_table::label_count, narrow(request.model.labels.size()));
}

/// Pointers that stay null where a library has none of it.
void put_optional(const LibraryRequest& request, const TableFacts& facts, Row<vitgen_table> root,
                  ConstantData& data) {
  const LibraryModel& model = request.model;
  if (!model.labels.empty()) root.point(&vitgen_table::labels, put_labels(model.labels, data));
  if (model.preprocess) {
    const std::span recipe(&*model.preprocess, 1);
    root.point(&vitgen_table::preprocess, place(data.append<vitgen_preprocess_recipe>(recipe)));
  }
  if (!facts.weights_symbol.empty()) {
    root.point(&vitgen_table::embedded_weights, {0, facts.weights_symbol});
  }
}

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
  ConstantData data;
  const std::uint64_t at = data.reserve_rows<vitgen_table>(1);
  const Row<vitgen_table> root = data.row<vitgen_table>(at);
  put_identity(request, facts, root, data);
  put_content(request, facts, root, data);
  put_optional(request, facts, root, data);

  const DataSymbol table{request.name + "_rt_table", at, sizeof(vitgen_table), false};
  const DataSymbol abi{fmt::format("{}_abi_{}", request.name, facts.abi_hash.substr(0, 12)),
                       data.text(facts.abi_hash).offset, facts.abi_hash.size() + 1, true};
  return elf_object({.name = ".data.rel.ro",
                     .relocated_at_load = true,
                     .large = false,
                     .alignment = VITGEN_ALIGNMENT,
                     .bytes = data.bytes().size(),
                     .symbols = {table, abi},
                     .fixups = data.fixups()},
                    data.bytes());
}

}  // namespace vitgen
