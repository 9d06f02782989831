#pragma once
// Which ops a check does not reach.

#include <set>
#include <string>
#include <vector>

namespace vitgen {

/// The ops that are not in `seen`.
std::vector<std::string> missing_ops(const std::set<std::string>& seen);

/// The ops that none of these libraries' manifests has. Errors: the manifests'.
std::vector<std::string> missing_ops_of(const std::vector<std::string>& directories);

}  // namespace vitgen
