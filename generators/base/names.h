#pragma once
// The name of a generated library, and text from files made safe for generated C and JSON.

#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

/// What is wrong with `name` as the NAME of a generated library, or an empty string.
///
/// NAME becomes part of symbols (`NAME_open`, `NAME_k_...`, `NAME_rt_...`), of file names
/// (`libNAME.a`, `NAME.h`, `NAME.pc`) and of macros, so it is `[a-z][a-z0-9_]{0,47}` without `__`
/// and without a final `_`, no keyword of C or C++, no name of the C library, of its headers or of
/// the libraries a linker finds as `-lNAME`, and it does not begin with `halide`, `vitgen` or
/// `vg_`.
std::string output_name_problem(std::string_view name);

/// Throws Error(usage, NAME_INVALID) with a valid name as the hint. Names are never changed
/// silently.
void check_output_name(std::string_view name);

/// Throws NAME_INVALID when two names of models that go into one program are the same.
void check_output_names(const std::vector<std::string>& names);

/// A valid name that resembles `text`.
std::string suggest_output_name(std::string_view text);

/// `text` as a C string literal with its quotes: ASCII only, one line, the same bytes in C99, C11
/// and C++17. Every byte outside printable ASCII is a three-digit octal escape, which a following
/// digit cannot extend; `?` is escaped so that no trigraph appears.
std::string c_string_literal(std::string_view text);

/// `text` as a JSON string with its quotes, ASCII only. Invalid UTF-8 becomes U+FFFD.
std::string json_string_literal(std::string_view text);

}  // namespace vitgen
