#include "tools/emit/header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "generators/base/version.h"
#include "runtime/table.h"
#include "tools/emit/arena_size.h"
#include "tools/emit/embedded_files.h"
#include "tools/emit/file_names.h"
#include "tools/emit/table.h"
#include "tools/emit/text_template.h"

namespace vitgen {
namespace {

std::int64_t elements(const Port& port) {
  std::int64_t count = 1;
  for (const int extent : port.extents) count *= extent;
  return count;
}

/// "f32 [3][224][224]", outermost first.
std::string c_type(const Port& port) {
  std::string text(enum_text(port.dtype));
  text += ' ';
  for (auto extent = port.extents.rbegin(); extent != port.extents.rend(); ++extent) {
    text += fmt::format("[{}]", *extent);
  }
  return text;
}

std::string ports_text(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Port& port : plan.inputs) {
    lines.push_back(fmt::format(" * input   {}: {}", plain_line(port.name), c_type(port)));
  }
  for (const Port& port : plan.outputs) {
    lines.push_back(fmt::format(" * output  {}: {}", plain_line(port.name), c_type(port)));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

/// Shape macros of one port: the element type, the extents outermost first, and their product.
std::string port_constants(std::string_view prefix, std::string_view library, const Port& port) {
  std::string text =
      fmt::format("#define {}_TYPE {}_{}\n", prefix, library, macro_name(enum_text(port.dtype)));
  text += fmt::format("#define {}_DIMS {}\n", prefix, port.extents.size());
  for (std::size_t d = 0; d < port.extents.size(); ++d) {
    text +=
        fmt::format("#define {}_DIM_{} {}\n", prefix, d, port.extents[port.extents.size() - 1 - d]);
  }
  text += fmt::format("#define {}_ELEMENTS {}\n", prefix, elements(port));
  text += fmt::format("#define {}_BYTES {}\n", prefix, elements(port) * byte_size(port.dtype));
  return text;
}

/// An image's size by name. u8 input is interleaved pixels, float input is planes.
std::string image_constants(std::string_view library, const Port& input) {
  const std::optional<ImageExtents> image = image_extents(input);
  if (!image) return {};
  return fmt::format(
      "#define {0}_INPUT_CHANNELS {1}\n#define {0}_INPUT_HEIGHT {2}\n#define {0}_INPUT_WIDTH {3}\n",
      library, image->channels, image->height, image->width);
}

/// Nested choices from the smallest bucket to the largest, as <name>_arena_bytes makes them.
std::string arena_constant(const LibraryRequest& request, std::string_view library) {
  const ArenaSize size = arena_size(request);
  std::string choice;
  for (std::size_t p = 0; p + 1 < request.plans.size(); ++p) {
    choice +=
        fmt::format("(max_batch) > 0 && (max_batch) < {} ? {}u : ", request.plans[p + 1].batch,
                    size.one_thread[p]);
  }
  return fmt::format(
      "\n/* Working memory of a context; max_batch 0: all buckets. As {}_arena_bytes, but "
      "constant. */\n"
      "#define {}_ARENA_BYTES(threads, max_batch) \\\n"
      "  ((size_t)({}{}u) + (size_t)((threads) - 1) * {}u)\n",
      request.name, library, choice, size.one_thread.back(), size.each_further_thread);
}

/// All inputs or all outputs.
std::string numbered_ports(std::string_view library, std::string_view kind,
                           const std::vector<Port>& ports) {
  std::string text = fmt::format("\n/* The {}puts: number, then one image of each. */\n",
                                 kind == "INPUT" ? "in" : "out");
  text += fmt::format("#define {}_{}_COUNT {}\n", library, kind, ports.size());
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string prefix = fmt::format("{}_{}_{}", library, kind, macro_name(ports[i].name));
    text += fmt::format("#define {} {}\n", prefix, i);
    text += port_constants(prefix, library, ports[i]);
  }
  return text;
}

std::string constants(const LibraryRequest& request, const WeightsLayout& layout) {
  const std::string library = macro_name(request.name);
  const Plan& plan = request.plans.front();
  std::string text = "\n/* One image of the input; DIM_0 is the outermost extent. */\n";
  text += port_constants(library + "_INPUT", library, plan.inputs.front());
  text += image_constants(library, plan.inputs.front());
  if (plan.inputs.size() > 1) text += numbered_ports(library, "INPUT", plan.inputs);
  text += numbered_ports(library, "OUTPUT", plan.outputs);
  text += fmt::format("#define {}_LABEL_COUNT {}\n", library, request.model.labels.size());

  std::vector<int> batches;
  for (const Plan& bucket : request.plans) batches.push_back(bucket.batch);
  text +=
      "\n/* Batch sizes with code of their own: run takes any n, the largest that fit first. */\n";
  text += fmt::format("#define {}_BUCKET_COUNT {}\n", library, batches.size());
  text += fmt::format("#define {}_BUCKETS {{{}}}\n", library, fmt::join(batches, ", "));
  text += fmt::format("#define {}_MAX_BUCKET {}\n", library, batches.back());

  text += arena_constant(request, library);
  text += fmt::format("\n#define {}_WEIGHTS_BYTES {}\n", library, layout.file_bytes);
  text +=
      request.embed_weights
          ? fmt::format(
                "/* The weights are inside the library: open with weights_path = NULL. */\n")
          : fmt::format("#define {}_WEIGHTS_FILE \"{}\"\n", library, weights_name(request.name));
  text.pop_back();
  return text;
}

std::string slots_text(const std::vector<Slot>& slots) {
  std::string text;
  for (const Slot& slot : slots) text += fmt::format(" {}:{}", enum_text(slot.kind), slot.index);
  return text;
}

}  // namespace

std::string header_text(const LibraryRequest& request, const WeightsLayout& layout,
                        const std::string& abi_hash) {
  return fill_template(embedded_header_template(),
                       {{"VITGEN_VERSION", std::string(kVersion)},
                        {"NAME", request.name},
                        {"NAME_UPPER", macro_name(request.name)},
                        {"MODEL_TEXT", plain_line(request.model.text)},
                        {"PORTS_TEXT", ports_text(request.plans.front())},
                        {"CONSTANTS", constants(request, layout)},
                        {"ABI_HASH", abi_hash},
                        {"ABI_HASH12", abi_hash.substr(0, 12)}});
}

std::string abi_hash(const LibraryRequest& request, const WeightsLayout& layout,
                     const std::vector<std::string_view>& code) {
  Sha256 hash;
  hash.update(fmt::format("table {}\n", static_cast<int>(VITGEN_TABLE_VERSION)));
  hash.update(header_text(request, layout, std::string(64, '0')));
  hash.update(to_hex(layout.hash));
  for (const Plan& plan : request.plans) {
    hash.update(fmt::format("\nbucket {} {}\n", plan.batch, plan.arena_bytes));
    for (const Buffer& buffer : plan.buffers) hash.update(fmt::format("{} ", buffer.offset));
    for (const Step& step : plan.steps) {
      hash.update(fmt::format("\n{}{}", step.spec.text(), slots_text(step.slots)));
    }
  }
  for (const std::string_view object : code) hash.update(sha256_hex(object));
  for (const LibraryKernel& kernel : request.kernels) {
    for (const KernelVariant& variant : kernel.variants) {
      if (variant.device) hash.update(launches_text(variant.device->kernel));
    }
  }
  return to_hex(hash.finish());
}

}  // namespace vitgen
