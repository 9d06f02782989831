#include "tools/emit/library.h"

#include <fmt/format.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>

#include "generators/base/error.h"
#include "generators/base/file.h"
#include "generators/base/names.h"
#include "generators/base/output_set.h"
#include "runtime/table.h"
#include "tools/emit/archive.h"
#include "tools/emit/code_modules.h"
#include "tools/emit/elf_object.h"
#include "tools/emit/embedded_files.h"
#include "tools/emit/file_names.h"
#include "tools/emit/header.h"
#include "tools/emit/kernel_object_code.h"
#include "tools/emit/manifest.h"
#include "tools/emit/object_surgery.h"
#include "tools/emit/package_files.h"
#include "tools/emit/shared_library.h"
#include "tools/emit/table.h"

namespace vitgen {
namespace {

namespace fs = std::filesystem;

// In a ThreadSanitizer build the runtime's object takes part, see runtime/CMakeLists.txt.
constexpr bool kRuntimeIsSanitized = VITGEN_RUNTIME_IS_SANITIZED;

void require(bool holds, const std::string& what) {
  if (!holds) throw Error(ExitCode::internal, "LIBRARY_REQUEST", what);
}

/// What the driver wants of a map and of the address that it is encoded for; operands begin at
/// multiples of VITGEN_ALIGNMENT. CUDA driver API, cuTensorMapEncodeTiled.
bool is_encodable(const LaunchArgument& argument) {
  constexpr std::uint64_t kUnit = 16;  // bytes
  constexpr std::uint64_t kMostOfBox = 256;
  const microkernels::TensorMap& map = *argument.map;
  if (map.axes.empty() || map.axes.size() > VITGEN_MAX_MAP_DIMS) return false;
  if (argument.bytes != kTensorMapBytes || argument.value % kUnit != 0) return false;
  const auto row_bytes = map.axes[0].box * static_cast<std::uint64_t>(map.element_bytes);
  const bool swizzled = map.swizzle_bytes == 128;
  if (row_bytes % kUnit != 0 || (!swizzled && map.swizzle_bytes != 0)) return false;
  if (swizzled && row_bytes > 128) return false;
  return std::ranges::all_of(map.axes, [&](const microkernels::MapAxis& axis) {
    const bool innermost = &axis == map.axes.data();
    const bool stride = innermost
                            ? axis.stride_bytes == static_cast<std::uint64_t>(map.element_bytes)
                            : axis.stride_bytes % kUnit == 0;
    return stride && axis.extent > 0 && axis.box > 0 && axis.box <= kMostOfBox;
  });
}

void check_variant(const LibraryKernel& kernel, const KernelVariant& variant,
                   const Machine& machine) {
  const bool on_device = machine.capability != 0;
  require(variant.device.has_value() == on_device,
          fmt::format("{}: another kind of kernel than {} runs", kernel.name, machine.name));
  if (!on_device) return;
  require(!variant.device->kernel.launches.empty(), kernel.name + ": no launch");
  for (const DeviceLaunch& launch : variant.device->kernel.launches) {
    for (const LaunchArgument& argument : launch.arguments) {
      const auto index = static_cast<std::size_t>(argument.index);
      const bool is_map = argument.kind == LaunchArgumentKind::tensor_map;
      const bool is_operand = is_map || argument.kind == LaunchArgumentKind::operand;
      require(!is_operand || index < kernel.operands.size(),
              kernel.name + ": a launch takes an operand that the kernel does not have");
      require(is_map == argument.map.has_value() && (!is_map || is_encodable(argument)),
              kernel.name + ": a tensor map that no driver encodes");
    }
  }
}

void check_request(const LibraryRequest& request) {
  check_output_name(request.name);
  require(request.emit_archive || request.emit_shared, "nothing to emit");
  require(!request.plans.empty() && request.plans.front().batch == 1, "no plan for batch 1");
  require(!request.machines.empty(), "no target");
  for (std::size_t p = 1; p < request.plans.size(); ++p) {
    require(request.plans[p - 1].batch < request.plans[p].batch, "batch sizes are not ascending");
    require(request.plans[p].weights == request.plans.front().weights, "weights differ by batch");
  }
  for (const LibraryKernel& kernel : request.kernels) {
    require(kernel.variants.size() == request.machines.size(), kernel.name + " lacks a variant");
    require(kernel.operands.size() <= VITGEN_MAX_OPERANDS,
            kernel.name + ": more operands than the runtime passes to a kernel");
    for (std::size_t m = 0; m < request.machines.size(); ++m) {
      check_variant(kernel, kernel.variants[m], *request.machines[m]);
    }
  }
  for (const Plan& plan : request.plans) {
    for (const Step& step : plan.steps) {
      const LibraryKernel& kernel = request.kernels[kernel_index(request, step.spec)];
      require(kernel.operands.size() == step.slots.size(),
              step.name + ": operands and slots differ");
    }
  }
}

/// The library's members, renamed, in archive order; the first is the runtime.
struct Members {
  std::vector<std::string> names;
  std::vector<std::string> objects;

  void add(std::string name, std::string object) {
    names.push_back(std::move(name));
    objects.push_back(std::move(object));
  }
  std::vector<std::string_view> views() const { return {objects.begin(), objects.end()}; }
};

/// Builds one library; each method is a phase, in their order.
class Emitter {
 public:
  Emitter(const LibraryRequest& request, Progress& progress)
      : request_(request),
        progress_(progress),
        set_(request.directory),
        scratch_(set_.directory()) {}

  LibraryFiles emit() {
    adopt_objects();
    put_weights();
    put_table();
    put_code();
    put_texts();
    return finish();
  }

 private:
  std::string name(std::string_view suffix) const {
    return fmt::format("{}{}", request_.name, suffix);
  }
  std::string scratch_path(const std::string& file) const { return scratch_.path() + "/" + file; }

  void adopt_objects() {
    members_.add(name("_runtime.o"), adopt_runtime(embedded_runtime_object(), request_.name));
    facts_.runtime_sha256 = sha256_hex(embedded_runtime_object());
    for (const LibraryKernel& kernel : request_.kernels) {
      facts_.members.emplace_back();
      for (std::size_t m = 0; m < kernel.variants.size(); ++m) {
        const KernelVariant& variant = kernel.variants[m];
        if (variant.device) {
          facts_.members.back().emplace_back();
          continue;
        }
        const std::string file = fmt::format("{}__{}.o", kernel.name, request_.machines[m]->name);
        members_.add(
            file, adopt_kernel(read_whole(variant.object.string(), kMaxObjectBytes), request_.name,
                               variant.symbol, kernel_symbol(request_, kernel, m)));
        facts_.members.back().push_back(describe_bytes(file, members_.objects.back()));
      }
    }
    facts_.codes = device_codes(request_);
    for (const DeviceCode& code : facts_.codes.list) members_.add(code.member, code_object(code));
    facts_.table.layout = weights_layout(request_.plans.front().weights);
    facts_.table.abi_hash = abi_hash(request_, facts_.table.layout, members_.views());
  }

  Digest write_weights_to(FileWriter& out) {
    return write_weights(out, request_.name, request_.plans.front().weights, facts_.table.layout,
                         request_.weight, progress_);
  }

  void put_weights() {
    if (!request_.embed_weights) {
      FileWriter out(set_.staged_path(weights_name(request_.name)));
      facts_.table.payload_hash = write_weights_to(out);
      out.close();
      return;
    }
    facts_.table.weights_symbol = name("_rt_weights");
    const std::uint64_t bytes = facts_.table.layout.file_bytes;
    const ElfFrame frame = elf_frame({.name = ".lrodata",
                                      .relocated_at_load = false,
                                      .large = true,
                                      .alignment = VITGEN_PAGE,
                                      .bytes = bytes,
                                      .symbols = {{facts_.table.weights_symbol, 0, bytes, false}},
                                      .fixups = {}});
    FileWriter out(scratch_path(name("_weights.o")));
    out.write(frame.before);
    facts_.table.payload_hash = write_weights_to(out);
    out.write(frame.after);
    out.close();
  }

  void put_table() { members_.add(name("_table.o"), table_object(request_, facts_.table)); }

  void put_code() {
    progress_.begin("library", 2);
    std::vector<ArchiveMember> list;
    for (std::size_t i = 0; i < members_.names.size(); ++i) {
      list.push_back({members_.names[i], members_.objects[i]});
    }
    std::unique_ptr<llvm::MemoryBuffer> weights;
    if (request_.embed_weights) {
      // Mapped, not read: the file may be larger than memory.
      auto mapped = llvm::MemoryBuffer::getFile(scratch_path(name("_weights.o")), false, false);
      if (!mapped) io_error("IO_OPEN", name("_weights.o"), "cannot map", mapped.getError().value());
      weights = std::move(*mapped);
      list.push_back({name("_weights.o"), std::string_view(weights->getBuffer())});
    }
    std::vector<std::string_view> objects;
    for (const ArchiveMember& member : list) objects.push_back(member.object);
    check_complete(objects, request_.name);

    const std::string file = archive_name(request_.name);
    const std::string path = request_.emit_archive ? set_.staged_path(file) : scratch_path(file);
    // Once for the archive and once more for what is linked of it; symbols and names come on top.
    std::uint64_t bytes = 1 << 20;
    for (const ArchiveMember& member : list) bytes += member.object.size();
    require_room(scratch_.path(), request_.emit_shared ? 2 * bytes : bytes);
    write_archive(path, list);
    content_.archive = request_.emit_archive;
    progress_.update(1, shared_library_name(request_.name));
    if (request_.emit_shared) put_shared(path);
    progress_.end();
  }

  void put_shared(const std::string& archive) {
    const std::string script = scratch_path(name(".map"));
    FileWriter out(script);
    out.write(version_script(request_.name));
    out.close();
    // Linked aside: if no linker succeeds, the set must not name the file.
    const std::string linked = scratch_path(shared_library_name(request_.name));
    const LinkResult result =
        link_shared_library({.name = request_.name,
                             .archive = archive,
                             .version_script = script,
                             .output = linked,
                             .sanitized = request_.sanitized || kRuntimeIsSanitized});
    if (!result.linker.empty()) {
      fs::rename(linked, set_.staged_path(shared_library_name(request_.name)));
      facts_.linker = fs::path(result.linker).filename().string();
      content_.shared = true;
    } else if (request_.emit_archive) {
      progress_.note(
          fmt::format("{} is left out: {}", shared_library_name(request_.name), result.message));
    } else {
      throw Error(ExitCode::target, "NO_LINKER",
                  fmt::format("{} cannot be linked: {}", shared_library_name(request_.name),
                              result.message),
                  "install a linker (binutils or lld) or ask for the static library: --emit a");
    }
  }

  void put_texts() {
    content_.weights_file = !request_.embed_weights;
    set_.add(header_name(request_.name),
             header_text(request_, facts_.table.layout, facts_.table.abi_hash));
    set_.add(pc_name(request_.name), pc_text(request_, content_));
    set_.add(cmake_config_name(request_.name), cmake_config_text(request_, content_));
    set_.add(readme_name(request_.name), readme_text(request_, content_));
  }

  std::vector<std::string> file_names() const {
    std::vector<std::string> names;
    if (content_.archive) names.push_back(archive_name(request_.name));
    if (content_.shared) names.push_back(shared_library_name(request_.name));
    names.push_back(header_name(request_.name));
    if (content_.weights_file) names.push_back(weights_name(request_.name));
    names.insert(names.end(), {pc_name(request_.name), cmake_config_name(request_.name),
                               readme_name(request_.name)});
    return names;
  }

  LibraryFiles finish() {
    LibraryFiles files{.names = file_names(), .linker = facts_.linker};
    for (const std::string& file : files.names) {
      const bool weights = file == weights_name(request_.name);
      facts_.files.push_back(weights ? EmittedFile{file, facts_.table.layout.file_bytes, {}}
                                     : describe_file(set_.staged_path(file)));
    }
    const std::string manifest = manifest_name(request_.name);
    set_.add(manifest, manifest_text(manifest_json(request_, facts_)));
    set_.commit(manifest);
    remove_stale(files.names);
    files.names.push_back(manifest);
    return files;
  }

  /// Files of an earlier set that this one does not have, such as a shared library of other code.
  void remove_stale(const std::vector<std::string>& names) const {
    for (const std::string& file : {archive_name(request_.name), shared_library_name(request_.name),
                                    weights_name(request_.name)}) {
      if (std::ranges::find(names, file) != names.end()) continue;
      std::error_code ignored;
      fs::remove(fs::path(set_.directory()) / file, ignored);
    }
  }

  const LibraryRequest& request_;
  Progress& progress_;
  OutputSet set_;
  TempDir scratch_;
  Members members_;
  ManifestFacts facts_;
  PackageContent content_;
};

}  // namespace

LibraryFiles emit_library(const LibraryRequest& request, Progress& progress) {
  check_request(request);
  return Emitter(request, progress).emit();
}

}  // namespace vitgen
