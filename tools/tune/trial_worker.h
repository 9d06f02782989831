#pragma once
// The child's side: runs candidates that may crash, hang, or take all memory. What it says goes to
// the parent as lines on a stream.

#include <cstdio>
#include <iosfwd>
#include <string>

namespace vitgen {

enum class TrialTask {
  reference,  ///< runs kernel 0 and writes its output to the file `expected`: says "ok"
  check,      ///< runs kernel 0: says "ok", or "wrong" and why
  time        ///< says "ready"; then for each line with a kernel's number its seconds per call
};

/// Throws USAGE for another word than reference, check, time.
TrialTask parse_trial_task(const std::string& word);

/// Says "error" and why where the kernel itself tells that it failed, "full" where a GPU has no
/// memory for its operands. Limits of the request are set for the process; it ends with its parent.
void run_trial_worker(TrialTask task, const std::string& request, std::istream& in,
                      std::ostream& out);

}  // namespace vitgen
