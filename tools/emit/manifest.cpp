#include "tools/emit/manifest.h"

#include <fmt/format.h>

#include "generators/base/version.h"
#include "tools/emit/text_template.h"

namespace vitgen {
namespace {

Json file_json(const EmittedFile& file) {
  Json json = {{"name", file.name}, {"bytes", file.bytes}};
  if (!file.sha256.empty()) json["sha256"] = file.sha256;
  return json;
}

template <class Files>
Json files_json(const Files& files) {
  Json list = Json::array();
  for (const EmittedFile& file : files) list.push_back(file_json(file));
  return list;
}

Json ports_json(const std::vector<Port>& ports) {
  Json list = Json::array();
  for (const Port& port : ports) {
    list.push_back(
        {{"name", port.name}, {"dtype", enum_text(port.dtype)}, {"extents", port.extents}});
  }
  return list;
}

Json model_json(const LibraryRequest& request) {
  const LibraryModel& model = request.model;
  Json sources = Json::array();
  for (const SourceFile& source : model.sources) {
    sources.push_back(file_json({source.name, source.bytes, source.sha256}));
  }
  return {{"text", model.text},
          {"facts", model.facts},
          {"sources", sources},
          {"licence", model.licence},
          {"inputs", ports_json(request.plans.front().inputs)},
          {"outputs", ports_json(request.plans.front().outputs)},
          {"labels", model.labels}};
}

Json preprocess_json(const vitgen_preprocess_recipe& recipe) {
  Json json = {{"resize", recipe.resize},
               {"filter", recipe.filter},
               {"pass_order", recipe.pass_order},
               {"resize_h", recipe.resize_h},
               {"resize_w", recipe.resize_w},
               {"crop", recipe.crop},
               {"crop_h", recipe.crop_h},
               {"crop_w", recipe.crop_w},
               {"channels", recipe.channels},
               {"pixel_type", recipe.pixel_type},
               {"fill", recipe.fill},
               {"mean", recipe.mean},
               {"std", recipe.std},
               {"rescale", recipe.rescale}};
  return json;
}

Json machines_json(const LibraryRequest& request) {
  Json list = Json::array();
  for (const Machine* machine : request.machines) {
    Json json = {{"name", machine->name},
                 {"target", machine->target},
                 {"cpu_features", machine->cpu_features}};
    if (machine->capability != 0) json["capability"] = machine->capability;
    if (machine->only_capability != 0) json["only_capability"] = machine->only_capability;
    list.push_back(std::move(json));
  }
  return list;
}

/// Of a kernel for a GPU: its modules of code in the order in which they are tried.
Json device_json(const DeviceKernel& kernel, const std::vector<std::size_t>& places,
                 const std::vector<DeviceCode>& list) {
  Json codes = Json::array();
  for (const std::size_t place : places) {
    const DeviceCode& code = list[place];
    Json json = file_json(describe_bytes(code.member, code.bytes));
    json["kind"] = code.is_cubin ? "cubin" : "ptx";
    json["capability"] = code.capability;
    codes.push_back(std::move(json));
  }
  return {
      {"codes", codes}, {"launches", kernel.launches.size()}, {"scratch", kernel.scratch_bytes}};
}

Json kernels_json(const LibraryRequest& request, const ManifestFacts& facts) {
  Json list = Json::array();
  for (std::size_t k = 0; k < request.kernels.size(); ++k) {
    const LibraryKernel& kernel = request.kernels[k];
    Json variants = Json::array();
    for (std::size_t m = 0; m < kernel.variants.size(); ++m) {
      const KernelVariant& variant = kernel.variants[m];
      Json json = {{"machine", request.machines[m]->name}};
      if (!variant.device) json["symbol"] = kernel_symbol(request, kernel, m);
      json.update({{"choice", variant.choice},
                   {"provenance", variant.provenance},
                   {"request_hash", variant.request_hash}});
      if (variant.device) {
        json["device"] =
            device_json(variant.device->kernel, facts.codes.of_variant[k][m], facts.codes.list);
      } else {
        json["object"] = file_json(facts.members[k][m]);
        json["shared_scratch"] = variant.shared_scratch;
        json["task_scratch"] = variant.task_scratch;
      }
      variants.push_back(std::move(json));
    }
    list.push_back({{"name", kernel.name},
                    {"spec", kernel.spec.text()},
                    {"flops", static_cast<std::uint64_t>(kernel.flops)},
                    {"variants", variants}});
  }
  return list;
}

/// "arena:3", as the plan's text writes it.
std::string slot_text(const Slot& slot) {
  return fmt::format("{}:{}", enum_text(slot.kind), slot.index);
}

Json step_json(const LibraryRequest& request, const Step& step) {
  Json slots = Json::array();
  for (const Slot& slot : step.slots) slots.push_back(slot_text(slot));
  return {{"name", step.name},
          {"kernel", request.kernels[kernel_index(request, step.spec)].name},
          {"slots", slots}};
}

Json buckets_json(const LibraryRequest& request) {
  Json list = Json::array();
  for (const Plan& plan : request.plans) {
    Json buffers = Json::array();
    for (const Buffer& buffer : plan.buffers) {
      buffers.push_back({{"offset", buffer.offset},
                         {"bytes", buffer.bytes},
                         {"first_step", buffer.first_step},
                         {"last_step", buffer.last_step}});
    }
    Json steps = Json::array();
    for (const Step& step : plan.steps) steps.push_back(step_json(request, step));
    list.push_back({{"batch", plan.batch},
                    {"arena_bytes", plan.arena_bytes},
                    {"buffers", buffers},
                    {"steps", steps}});
  }
  return list;
}

Json weights_json(const LibraryRequest& request, const TableFacts& facts) {
  const std::vector<Weight>& weights = request.plans.front().weights;
  Json tensors = Json::array();
  for (std::size_t w = 0; w < weights.size(); ++w) {
    tensors.push_back({{"name", weights[w].name},
                       {"dtype", enum_text(weights[w].dtype)},
                       {"extents", weights[w].extents},
                       {"offset", facts.layout.places[w].offset},
                       {"bytes", facts.layout.places[w].bytes},
                       {"value", to_text(weights[w].value)}});
  }
  return {{"embedded", request.embed_weights},
          {"bytes", facts.layout.file_bytes},
          {"payload_sha256", to_hex(facts.payload_hash)},
          {"layout_sha256", to_hex(facts.layout.hash)},
          {"tensors", tensors}};
}

}  // namespace

Json manifest_json(const LibraryRequest& request, const ManifestFacts& facts) {
  Json json = {
      {"schema", kManifestSchema},
      {"name", request.name},
      {"generator", {{"vitgen", kVersion}, {"halide", kHalideVersion}, {"llvm", kLlvmVersion}}},
      {"abi_hash", facts.table.abi_hash},
      {"licences",
       {{"code", "yours; parts by vitgen are Apache-2.0 WITH LLVM-exception"},
        {"weights", request.model.licence}}},
      {"files", files_json(facts.files)},
      {"linker", facts.linker},
      {"runtime_sha256", facts.runtime_sha256},
      {"model", model_json(request)}};
  if (!request.assembler.empty()) json["generator"]["assembler"] = request.assembler;
  if (request.model.preprocess) json["preprocess"] = preprocess_json(*request.model.preprocess);
  json["machines"] = machines_json(request);
  json["kernels"] = kernels_json(request, facts);
  json["tuning"] = {{"records", request.tuning_records}};
  json["buckets"] = buckets_json(request);
  json["weights"] = weights_json(request, facts.table);
  return json;
}

std::string manifest_text(const Json& manifest) {
  constexpr bool ascii = true;
  return manifest.dump(1, ' ', ascii, Json::error_handler_t::replace) + "\n";
}

}  // namespace vitgen
