#pragma once
// Candidates that run on this computer's processor.

#include <string>

#include "tools/tune/child_backend.h"

namespace vitgen {

/// `cpu`: LLVM's name of the processor.
ChildKind host_kind(std::string cpu);

}  // namespace vitgen
