#pragma once
// Gives the symbols of an object file the names that they have inside one library, so that several
// generated libraries link into one program and nothing but the API is visible.
//
// Errors: internal OBJECT_SURGERY (not an ELF object, or a symbol is missing).

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vitgen {

enum class SymbolFate {
  hidden,   ///< global between the library's members, not outside
  visible,  ///< part of the API
};

struct RenamedSymbol {
  std::string name;
  SymbolFate fate = SymbolFate::hidden;
};

/// The new name of each global symbol, by its old one. Defined symbols that are absent become
/// local; undefined ones keep their name (memcpy, pthread_create).
using SymbolNames = std::map<std::string, RenamedSymbol, std::less<>>;

struct GlobalSymbols {
  std::set<std::string> defined;
  std::set<std::string> undefined;
};

GlobalSymbols global_symbols(std::string_view object);

/// The object with its symbols renamed and without debug sections.
std::string rename_symbols(std::string_view object, const SymbolNames& names);

/// A kernel's object as Halide wrote it: `symbol` becomes `NAME_k_...`, halide_X becomes NAME_rt_X,
/// all else local.
std::string adopt_kernel(std::string_view object, std::string_view library, std::string_view symbol,
                         std::string_view new_symbol);

/// The runtime: vitgen_api_X becomes NAME_X and is visible, halide_X becomes NAME_rt_X, the table
/// becomes NAME_rt_table, all else local.
std::string adopt_runtime(std::string_view object, std::string_view library);

/// Throws OBJECT_SURGERY if a member needs a symbol `NAME_...` that no member defines: better here
/// than in the linker of a user.
void check_complete(const std::vector<std::string_view>& objects, std::string_view library);

}  // namespace vitgen
