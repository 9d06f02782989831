#pragma once
// Where the choice for each kernel of a library comes from: a person's knobs, the user's tuning
// database, the shipped records, else the rule's defaults. Or all of them from an earlier manifest.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "schedules/machine.h"
#include "schedules/tuning/document.h"

namespace vitgen {

struct TuningOptions {
  std::string database;  ///< empty: the user's own, if there is one
  /// Other hosts whose records are used instead of this computer's: its processor's, its GPU's.
  std::vector<std::string> tune_for;
  std::string locked;  ///< manifest or directory of a library whose choices are repeated
  std::string knobs;   ///< file
  bool no_tuning = false;
};

enum class ChoiceOrigin { rule, knobs, database, shipped, locked };

struct KernelChoice {
  OpSpec spec;
  const Machine* machine = nullptr;
  Choice choice;
  ChoiceOrigin origin = ChoiceOrigin::rule;
  std::optional<TuningRecord> record = {};  ///< that it came from; of `locked` the earlier one's
  std::string request_hash = {};            ///< of `locked`: that of the request must be this

  /// "default", "knobs file", "locked", or "record 0123456789ab (HOST, 1 thread, DATE)", with
  /// "shipped" before it where it came with the program.
  std::string provenance() const;
};

struct LockedChoice {
  Choice choice;
  std::optional<TuningRecord> record = {};  ///< that it came from, if from one
  std::string request_hash = {};            ///< KernelRequest::hash() when it was made
};

/// The choices of an earlier library that these versions of vitgen, Halide and LLVM made.
struct LockedChoices {
  std::string name;  ///< of the manifest, for messages
  std::map<std::pair<std::string, std::string>, LockedChoice> choices;  ///< by spec and machine
};

struct ChoiceSources {
  std::string knobs_name;  ///< the file's, for messages
  std::vector<KnobsEntry> knobs;
  std::vector<TuningRecord> own;      ///< of the hosts that are tuned for
  std::vector<TuningRecord> shipped;  ///< of the same
  /// A GPU whose records the user has, where there are none of the one that is tuned for.
  std::string other_gpu = {};
  std::optional<LockedChoices> locked;
};

/// Reads what the options name, for a library of these machines. Errors: those of the files; io
/// TUNE_DB_OPEN where a database that was named is not there; usage TUNE_HOST_UNKNOWN for a host
/// without records, with those known, and USAGE for two of one kind;
/// bad_input LOCKED_VERSIONS for a manifest of other versions: its bytes cannot be repeated;
/// LOCKED_CHANGED for one with a record that none of its kernels has.
ChoiceSources read_choice_sources(const TuningOptions& options,
                                  std::span<const Machine* const> machines);

/// Leaves only these of the user's and the shipped records.
void keep_records(ChoiceSources& sources, const std::function<bool(const TuningRecord&)>& keep);

/// What to do where a library's bytes cannot be repeated.
inline constexpr std::string_view kRepeatChoicesHint =
    "use that version, or repeat the schedules alone: `vitgen explain DIR --stage choice --write "
    "FILE`, then `generate --knobs FILE`";

/// What to do where a manifest is not as it was written.
inline constexpr std::string_view kChangedManifestHint =
    "the manifest was edited, or made with other --sanitize-kernels, another ptxas or a rule of "
    "another version; "
    "schedules to edit: `vitgen explain DIR --stage choice --write FILE`, then `generate --knobs "
    "FILE`";

using Note = std::function<void(const std::string&)>;

/// One choice per spec and machine, the machines of a spec beside each other. Records that cannot
/// be used are passed over with a note. Errors: UNKNOWN_RULE and KNOBS_ILLEGAL naming the kernel
/// and the file, UNKNOWN_MACHINE naming the file, KNOBS_UNMATCHED for knobs of a kernel that is not
/// here; LOCKED_MISSING,
/// LOCKED_REFUSED and LOCKED_VERSIONS for one that the manifest has not, or not as this vitgen can
/// build it, or by a record of another version of its rule.
std::vector<KernelChoice> choose_kernels(const std::vector<OpSpec>& specs,
                                         const std::vector<const Machine*>& machines,
                                         const ChoiceSources& sources, const Note& note);

/// "schedules: 14 defaults, 3 of your records, 2 shipped records".
std::string choice_summary(const std::vector<KernelChoice>& choices);

/// "linear_197x768x3072_gelu_erf_1a2b3c4d for x86-64-avx2: cpu/linear(m_r=6,...), record ...".
std::string choice_line(const KernelChoice& choice);

/// The manifest's list of records: each with its hash, once, in the order of first use.
Json used_records(const std::vector<KernelChoice>& choices);

}  // namespace vitgen
