#pragma once
// The tuning database: an SQLite file of records and trials. What `put` or `add` has returned from
// is on the disk: it survives a kill of the process and a loss of power. Several processes may use
// one database; a writer waits for another.
//
// Errors: those of schedules/tuning/sqlite.h; bad_input TUNE_DB_SCHEMA (written by a newer or an
// older vitgen); and those of check_record and check_trial, before anything is written.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schedules/tuning/record.h"
#include "schedules/tuning/sqlite.h"

namespace vitgen {

/// $VITGEN_TUNING_DB, else $XDG_DATA_HOME/vitgen/tuning.db, else ~/.local/share/vitgen/tuning.db;
/// empty without a home.
std::string default_tuning_database();

/// `named`, or else the default. Throws usage TUNE_DB_NONE without a home.
std::string tuning_database_path(const std::string& named);

/// An empty member, or 0, matches everything.
struct TuningFilter {
  std::string host;
  std::string machine;
  std::string spec;  ///< OpSpec::text()
  std::string run;   ///< of trials
  int threads = 0;
};

/// Whether `a` is better supported than `b`: it has more samples, or as many and is newer. Of equal
/// ones the smaller hash wins, so that merging does not depend on the order.
bool better_supported(const TuningRecord& a, const TuningRecord& b);

/// Whether two records answer the same question: host, machine, spec, rule, versions and threads
/// are equal.
bool same_key(const TuningRecord& a, const TuningRecord& b);

/// Whether `a` is rather used than `b`: it was timed on fewer threads, or on as many and is faster.
/// Times of different numbers of threads do not compare. Of equally fast ones the rule's name
/// decides.
bool preferred_to(const TuningRecord& a, const TuningRecord& b);

struct MergeReport {
  int added = 0;
  int replaced = 0;                ///< records that were there and are less supported
  int kept = 0;                    ///< given records that are less supported than what is there
  int equal = 0;                   ///< already there
  int trials = 0;                  ///< added
  std::vector<std::string> notes;  ///< one line for each of `replaced` and `kept`
};

class TuningDatabase {
 public:
  /// To read and write. The file and its folders are made if absent. `wait_ms`: for locks.
  static TuningDatabase open(const std::string& path, int wait_ms = 10'000);
  /// To read. Nothing if there is no such file.
  static std::optional<TuningDatabase> open_to_read(const std::string& path, int wait_ms = 10'000);

  /// Stores a record in place of the one with its key.
  void put(const TuningRecord& record);
  /// Stores a trial in place of the one with its run, machine, spec and ordinal.
  void add(const TuningTrial& trial);

  /// All at once or nothing; of two records with one key the better supported one stays.
  MergeReport merge(std::span<const TuningRecord> records,
                    std::span<const TuningTrial> trials = {});

  /// Sorted by host, machine, spec, rule, versions, threads.
  std::vector<TuningRecord> records(const TuningFilter& filter = {}) const;
  /// In the order in which they were added.
  std::vector<TuningTrial> trials(const TuningFilter& filter = {}) const;

  /// The preferred_to() all others of the records for this kernel on this host that `usable` says
  /// yes to: it knows which versions count.
  std::optional<TuningRecord> best(const std::string& host, const std::string& machine,
                                   const OpSpec& spec,
                                   const std::function<bool(const TuningRecord&)>& usable) const;

  struct Pruned {
    int records = 0;
    int trials = 0;
  };
  /// Removes what the functions say yes to, all at once.
  Pruned prune(const std::function<bool(const TuningRecord&)>& record,
               const std::function<bool(const TuningTrial&)>& trial);

 private:
  explicit TuningDatabase(Sqlite database) : database_(std::move(database)) {}

  mutable Sqlite database_;
};

}  // namespace vitgen
