#pragma once
// Which rule schedules a kernel, with which knobs. A value without Halide, so that records of
// choices can be read where no kernel is built.

#include <string>
#include <string_view>

#include "generators/base/op_spec.h"

namespace vitgen {

/// What a kernel is made of besides its spec; printed by `explain`, kept in the manifest.
struct Choice {
  std::string rule;
  Fields knobs;

  std::string text() const { return rule + "(" + knobs.text() + ")"; }
  /// Inverse of text(); throws FIELDS_SYNTAX.
  static Choice parse(std::string_view text) {
    const OpSpec parts = OpSpec::parse(text);  // the same name(key=value,...) form
    return {parts.op, parts.fields};
  }
  bool operator==(const Choice&) const = default;
};

}  // namespace vitgen
