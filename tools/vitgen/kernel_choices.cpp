#include "tools/vitgen/kernel_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "generators/base/counted.h"
#include "generators/base/suggest.h"
#include "schedules/tuning/database.h"
#include "tools/emit/kernel.h"
#include "tools/tune/is_current.h"
#include "tools/vitgen/choice_check.h"

namespace vitgen {

namespace {

constexpr std::size_t kSpecBytes = 300;

std::string kernel_text(const OpSpec& spec, std::string_view machine) {
  return fmt::format("{} on {}", printable(spec.text(), kSpecBytes), machine);
}

const KnobsEntry* find_knobs(const ChoiceSources& sources, const OpSpec& spec,
                             const Machine& machine) {
  for (const KnobsEntry& entry : sources.knobs) {
    if (entry.machine == machine.name && entry.spec == spec) return &entry;
  }
  return nullptr;
}

KernelChoice from_knobs(const KnobsEntry& entry, const ChoiceSources& sources,
                        const Machine& machine) {
  try {
    check_choice(entry.spec, machine, entry.choice);
  } catch (const Error& error) {
    throw Error(error.exit(), error.code(),
                fmt::format("{}: {}: {}", printable(sources.knobs_name),
                            kernel_text(entry.spec, machine.name), error.what()),
                error.hint());
  }
  return {entry.spec, &machine, entry.choice, ChoiceOrigin::knobs};
}

KernelChoice from_locked(const LockedChoices& locked, const OpSpec& spec, const Machine& machine) {
  const auto found = locked.choices.find({spec.text(), std::string(machine.name)});
  if (found == locked.choices.end()) {
    throw Error(ExitCode::bad_input, "LOCKED_MISSING",
                fmt::format("{} has no choice for {}", printable(locked.name),
                            kernel_text(spec, machine.name)),
                "it is of another model, batch, target or vitgen");
  }
  const auto& [choice, record, request_hash] = found->second;
  try {
    check_choice(spec, machine, choice);
  } catch (const Error& error) {
    throw Error(ExitCode::bad_input, "LOCKED_REFUSED",
                fmt::format("{}: {} cannot be repeated: {}", printable(locked.name),
                            kernel_text(spec, machine.name), error.what()),
                error.hint());
  }
  if (record && !is_current(*record)) {
    throw Error(ExitCode::bad_input, "LOCKED_VERSIONS",
                fmt::format("{}: {} was tuned with version {} of {}, which has another now",
                            printable(locked.name), kernel_text(spec, machine.name),
                            record->versions.rule, choice.rule),
                std::string(kRepeatChoicesHint));
  }
  return {spec, &machine, choice, ChoiceOrigin::locked, record, request_hash};
}

// Chooses for one kernel after the other and remembers what there is to say.
class Chooser {
 public:
  Chooser(const ChoiceSources& sources, const Note& note) : sources_(sources), note_(note) {}

  KernelChoice choose(const OpSpec& spec, const Machine& machine) {
    if (sources_.locked) return from_locked(*sources_.locked, spec, machine);
    if (const KnobsEntry* entry = find_knobs(sources_, spec, machine)) {
      return from_knobs(*entry, sources_, machine);
    }
    bool outdated = false;
    for (const ChoiceOrigin origin : {ChoiceOrigin::database, ChoiceOrigin::shipped}) {
      const auto& records = origin == ChoiceOrigin::database ? sources_.own : sources_.shipped;
      if (const auto* best = best_record(records, spec, machine, outdated)) {
        return {spec, &machine, best->choice, origin, *best};
      }
    }
    outdated_ += outdated;
    return {spec, &machine, choose_default(spec, machine), ChoiceOrigin::rule};
  }

  void finish() const {
    if (outdated_ == 0) return;
    note_(
        fmt::format("note: of {} there are only tuning records of other versions, which are not "
                    "used; `vitgen db list` shows them",
                    counted(outdated_, "kernel")));
  }

 private:
  const TuningRecord* best_record(const std::vector<TuningRecord>& records, const OpSpec& spec,
                                  const Machine& machine, bool& outdated) {
    std::vector<const TuningRecord*> candidates;
    for (const TuningRecord& record : records) {
      if (record.machine != machine.name || record.spec != spec) continue;
      // A rule that is gone is told by check_choice.
      const bool current = is_current(record) || !rule_version(spec.op, record.choice.rule);
      outdated = outdated || !current;
      if (current) candidates.push_back(&record);
    }
    std::ranges::sort(candidates, [](const TuningRecord* a, const TuningRecord* b) {
      return preferred_to(*a, *b);
    });
    for (const TuningRecord* record : candidates) {
      if (is_usable(*record, machine)) return record;
    }
    return nullptr;
  }

  bool is_usable(const TuningRecord& record, const Machine& machine) {
    try {
      check_choice(record.spec, machine, record.choice);
      return true;
    } catch (const Error& error) {
      note_(fmt::format("note: record {} for {} is not used: {}: {}", record.short_hash(),
                        kernel_text(record.spec, machine.name),
                        printable(record.choice.text(), kSpecBytes), error.what()));
      return false;
    }
  }

  const ChoiceSources& sources_;
  const Note& note_;
  int outdated_ = 0;
};

const Machine& machine_of(const KnobsEntry& entry, const std::string& file) {
  try {
    return find_row(entry.machine);
  } catch (const Error& error) {
    throw Error(error.exit(), error.code(), fmt::format("{}: {}", printable(file), error.what()),
                error.hint());
  }
}

// Knobs that reach no kernel are a mistake, unless they are for a machine that is not asked for.
void check_matched(const std::vector<OpSpec>& specs, const std::vector<const Machine*>& machines,
                   const ChoiceSources& sources, const Note& note) {
  std::vector<std::string> known;
  for (const OpSpec& spec : specs) known.push_back(spec.text());
  std::set<std::string> idle;
  for (const KnobsEntry& entry : sources.knobs) {
    const Machine& machine = machine_of(entry, sources.knobs_name);
    if (std::ranges::find(machines, &machine) == machines.end()) {
      idle.insert(entry.machine);
    } else if (std::ranges::find(specs, entry.spec) == specs.end()) {
      std::string hint = suggestion_hint(entry.spec.text(), known);
      if (hint.empty()) {
        hint = "`vitgen explain DIR --stage choice --write FILE` writes the kernels of a library";
      }
      throw Error(ExitCode::usage, "KNOBS_UNMATCHED",
                  fmt::format("{}: the library has no kernel {}", printable(sources.knobs_name),
                              printable(entry.spec.text(), kSpecBytes)),
                  hint);
    }
  }
  for (const std::string& machine : idle) {
    note(fmt::format("note: {} has knobs for {}, which is not among the targets",
                     printable(sources.knobs_name), machine));
  }
}

std::string count_text(std::ptrdiff_t count, ChoiceOrigin origin) {
  switch (origin) {
    case ChoiceOrigin::rule:
      return counted(count, "default");
    case ChoiceOrigin::knobs:
      return fmt::format("{} by knobs", count);
    case ChoiceOrigin::database:
      return fmt::format("{} of your records", count);
    case ChoiceOrigin::shipped:
      return counted(count, "shipped record");
    case ChoiceOrigin::locked:
      return fmt::format("{} locked", count);
  }
  return {};
}

}  // namespace

std::string KernelChoice::provenance() const {
  if (origin == ChoiceOrigin::rule) return "default";
  if (origin == ChoiceOrigin::knobs) return "knobs file";
  if (origin == ChoiceOrigin::locked) return "locked";
  return fmt::format("{} {} ({}, {}{})",
                     origin == ChoiceOrigin::shipped ? "shipped record" : "record",
                     record->short_hash(), record->host, threads_text(*record), record->date);
}

std::vector<KernelChoice> choose_kernels(const std::vector<OpSpec>& specs,
                                         const std::vector<const Machine*>& machines,
                                         const ChoiceSources& sources, const Note& note) {
  const Note say = note ? note : [](const std::string&) {};
  if (!sources.other_gpu.empty()) {
    say("note: your records of a GPU are not of this computer's; --tune-for " + sources.other_gpu +
        " uses them");
  }
  check_matched(specs, machines, sources, say);
  Chooser chooser(sources, say);
  std::vector<KernelChoice> choices;
  for (const OpSpec& spec : specs) {
    for (const Machine* machine : machines) choices.push_back(chooser.choose(spec, *machine));
  }
  chooser.finish();
  return choices;
}

std::string choice_summary(const std::vector<KernelChoice>& choices) {
  std::string parts;
  for (const ChoiceOrigin origin :
       {ChoiceOrigin::rule, ChoiceOrigin::database, ChoiceOrigin::shipped, ChoiceOrigin::knobs,
        ChoiceOrigin::locked}) {
    const auto count = std::ranges::count(choices, origin, &KernelChoice::origin);
    if (count == 0) continue;
    parts += fmt::format("{}{}", parts.empty() ? "" : ", ", count_text(count, origin));
  }
  return "schedules: " + parts;
}

std::string choice_line(const KernelChoice& choice) {
  return fmt::format("{} for {}: {}, {}", kernel_name(choice.spec), choice.machine->target,
                     printable(choice.choice.text(), kSpecBytes), choice.provenance());
}

Json used_records(const std::vector<KernelChoice>& choices) {
  Json list = Json::array();
  std::set<std::string> seen;
  for (const KernelChoice& choice : choices) {
    if (!choice.record) continue;
    const std::string hash = choice.record->hash();
    if (!seen.insert(hash).second) continue;
    list.push_back({{"hash", hash}, {"record", record_json(*choice.record)}});
  }
  return list;
}

}  // namespace vitgen
