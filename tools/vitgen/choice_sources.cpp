// Reading what choices can come from.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "generators/base/version.h"
#include "schedules/machine.h"
#include "schedules/tuning/host.h"
#include "schedules/tuning/shipped.h"
#include "tools/emit/manifest.h"
#include "tools/vitgen/host.h"
#include "tools/vitgen/kernel_choices.h"
#include "tools/vitgen/known_hosts.h"
#include "tools/vitgen/library_facts.h"
#include "tools/vitgen/open_database.h"

namespace vitgen {

namespace {

constexpr std::size_t kVersionBytes = 64;

std::vector<TuningRecord> database_records(const std::string& named) {
  try {
    const auto database = open_database(named);
    return database ? database->records() : std::vector<TuningRecord>{};
  } catch (const Error& error) {
    // Somebody who only wants a library need not mend a database.
    throw Error(error.exit(), error.code(), error.what(), "--no-tuning generates without it");
  }
}

std::vector<TuningRecord> locked_records(const JsonFile& manifest) {
  std::vector<TuningRecord> records;
  if (!has_value(manifest, "tuning")) return records;  // of a vitgen before there were any
  for (const JsonFile& item : json_elements(manifest, "tuning.records")) {
    const Json* fields = item.root.is_object() ? find_json(item, "record") : nullptr;
    if (!fields) json_error(item, "record", item.codes.field, "missing");
    JsonFile record = item;
    record.root = *fields;
    records.push_back(parse_record(record));
    if (records.back().hash() != get_string(item, "hash")) {
      json_error(item, "hash", item.codes.field, "is not the hash of the record beside it");
    }
  }
  return records;
}

void require_same_generator(const JsonFile& manifest) {
  const auto text = [](std::string_view vitgen, std::string_view halide, std::string_view llvm) {
    return fmt::format("vitgen {} with Halide {} and LLVM {}", printable(vitgen), printable(halide),
                       printable(llvm));
  };
  const std::string made = text(get_string(manifest, "generator.vitgen", kVersionBytes),
                                get_string(manifest, "generator.halide", kVersionBytes),
                                get_string(manifest, "generator.llvm", kVersionBytes));
  const std::string here = text(kVersion, kHalideVersion, kLlvmVersion);
  if (made == here) return;
  throw Error(ExitCode::bad_input, "LOCKED_VERSIONS",
              fmt::format("{}: made by {}; this is {}", printable(manifest.name), made, here),
              std::string(kRepeatChoicesHint));
}

LockedChoices read_locked(const std::string& where) {
  const JsonFile manifest = read_manifest(where);
  require_same_generator(manifest);
  LockedChoices locked{.name = manifest.name, .choices = {}};
  for (const KernelFacts& kernel : library_facts(manifest).kernels) {
    for (const VariantFacts& variant : kernel.variants) {
      locked.choices[{kernel.spec.text(), variant.machine}] = {
          .choice = variant.choice, .record = {}, .request_hash = variant.request_hash};
    }
  }
  for (TuningRecord& record : locked_records(manifest)) {
    const auto found = locked.choices.find({record.spec.text(), record.machine});
    if (found == locked.choices.end() || found->second.choice != record.choice) {
      throw Error(ExitCode::bad_input, "LOCKED_CHANGED",
                  fmt::format("{}: none of its kernels has the schedule of record {}",
                              printable(manifest.name), record.short_hash()),
                  std::string(kChangedManifestHint));
    }
    found->second.record = std::move(record);
  }
  return locked;
}

// A driver is opened where that can make a difference: for a library with a GPU's kernels, with
// records of some GPU.
std::string gpu_tuned_for(const ChoiceSources& sources, std::span<const Machine* const> machines) {
  const auto of_gpu = [](const TuningRecord& record) { return is_gpu_host(record.host); };
  const bool wanted =
      std::ranges::any_of(machines, [](const Machine* each) { return is_device_row(*each); }) &&
      (std::ranges::any_of(sources.own, of_gpu) || std::ranges::any_of(sources.shipped, of_gpu));
  return wanted ? this_gpu_host() : "";
}

std::string other_gpu(const std::vector<TuningRecord>& records, const std::string& gpu) {
  std::string other;
  for (const TuningRecord& record : records) {
    if (record.host == gpu) return {};
    if (is_gpu_host(record.host)) other = record.host;
  }
  return other;
}

TuningHosts hosts_tuned_for(const ChoiceSources& sources, const TuningOptions& options,
                            std::span<const Machine* const> machines) {
  TuningHosts hosts;
  std::set<std::string> known = hosts_of(sources.own);
  known.merge(hosts_of(sources.shipped));
  for (const std::string& host : options.tune_for) {
    require_known_host("--tune-for", host, known);
    std::string& place = is_gpu_host(host) ? hosts.gpu : hosts.processor;
    if (!place.empty()) {
      throw Error(ExitCode::usage, "USAGE",
                  "--tune-for: two hosts of one kind: " + place + ", " + host,
                  "name one processor, one GPU, or one of each");
    }
    place = host;
  }
  if (hosts.processor.empty()) hosts.processor = host_text(this_host());
  if (hosts.gpu.empty()) hosts.gpu = gpu_tuned_for(sources, machines);
  return hosts;
}

}  // namespace

ChoiceSources read_choice_sources(const TuningOptions& options,
                                  std::span<const Machine* const> machines) {
  ChoiceSources sources;
  if (!options.locked.empty()) {
    sources.locked = read_locked(options.locked);
    return sources;
  }
  if (!options.knobs.empty()) {
    sources.knobs_name = std::filesystem::path(options.knobs).filename().string();
    sources.knobs = read_knobs_file(options.knobs);
  }
  if (options.no_tuning) return sources;
  sources.own = database_records(options.database);
  sources.shipped = shipped_records();
  const TuningHosts hosts = hosts_tuned_for(sources, options, machines);
  if (std::ranges::any_of(machines, [](const Machine* each) { return is_device_row(*each); })) {
    sources.other_gpu = other_gpu(sources.own, hosts.gpu);
  }
  // Another host's measurements say nothing of this one.
  keep_records(sources, [&](const TuningRecord& record) { return hosts.are_of(record); });
  return sources;
}

void keep_records(ChoiceSources& sources, const std::function<bool(const TuningRecord&)>& keep) {
  std::erase_if(sources.own, std::not_fn(keep));
  std::erase_if(sources.shipped, std::not_fn(keep));
}

}  // namespace vitgen
