#include "tools/emit/object_surgery.h"

#include <fmt/format.h>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/ObjCopy/ConfigManager.h>
#include <llvm/ObjCopy/ObjCopy.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/raw_ostream.h>

#include "generators/base/error.h"

namespace vitgen {
namespace {

namespace object = llvm::object;
namespace objcopy = llvm::objcopy;

[[noreturn]] void fail(llvm::Error error) {
  throw Error(ExitCode::internal, "OBJECT_SURGERY",
              "an object file cannot be rewritten: " + printable(llvm::toString(std::move(error))));
}

template <class T>
T value_or_fail(llvm::Expected<T> value) {
  if (!value) fail(value.takeError());
  return std::move(*value);
}

std::unique_ptr<object::ObjectFile> parse(std::string_view bytes) {
  return value_or_fail(
      object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(llvm::StringRef(bytes), "")));
}

void add_name(objcopy::NameMatcher& matcher, llvm::StringRef name) {
  const auto keep = [](llvm::Error error) { return error; };
  if (llvm::Error error = matcher.addMatcher(
          objcopy::NameOrPattern::create(name, objcopy::MatchStyle::Literal, keep))) {
    fail(std::move(error));
  }
}

/// `config` keeps references to the texts of `names` and of `symbols`.
void configure(objcopy::ConfigManager& config, const GlobalSymbols& symbols,
               const SymbolNames& names) {
  objcopy::NameMatcher hidden;
  const auto rename = [&](const std::string& old, const RenamedSymbol& to) {
    config.Common.SymbolsToRename[old] = to.name;
    if (to.fate == SymbolFate::hidden) add_name(hidden, old);
  };
  for (const std::string& name : symbols.defined) {
    const auto found = names.find(name);
    if (found == names.end()) {
      add_name(config.Common.SymbolsToLocalize, name);
    } else {
      rename(name, found->second);
    }
  }
  for (const std::string& name : symbols.undefined) {
    const auto found = names.find(name);
    if (found != names.end()) rename(name, found->second);
  }
  config.ELF.SymbolsToSetVisibility.emplace_back(hidden, llvm::ELF::STV_HIDDEN);
  config.Common.StripDebug = true;
}

/// halide_X -> NAME_rt_X for all the symbols of `set`.
void name_halide(const std::set<std::string>& set, std::string_view library, SymbolNames& names) {
  constexpr std::string_view prefix = "halide_";
  for (const std::string& name : set) {
    if (!name.starts_with(prefix)) continue;
    names[name] = {fmt::format("{}_rt_{}", library, name.substr(prefix.size())),
                   SymbolFate::hidden};
  }
}

}  // namespace

GlobalSymbols global_symbols(std::string_view bytes) {
  GlobalSymbols symbols;
  const auto file = parse(bytes);
  for (const object::SymbolRef& symbol : file->symbols()) {
    const std::uint32_t flags = value_or_fail(symbol.getFlags());
    if ((flags & object::SymbolRef::SF_Global) == 0) continue;
    const bool undefined = (flags & object::SymbolRef::SF_Undefined) != 0;
    (undefined ? symbols.undefined : symbols.defined).insert(value_or_fail(symbol.getName()).str());
  }
  return symbols;
}

std::string rename_symbols(std::string_view bytes, const SymbolNames& names) {
  const auto file = parse(bytes);
  const GlobalSymbols symbols = global_symbols(bytes);
  objcopy::ConfigManager config;
  config.Common.InputFilename = "input";
  config.Common.OutputFilename = "output";
  configure(config, symbols, names);
  llvm::SmallVector<char, 0> out;
  llvm::raw_svector_ostream stream(out);
  if (llvm::Error error = objcopy::executeObjcopyOnBinary(config, *file, stream)) {
    fail(std::move(error));
  }
  return {out.data(), out.size()};
}

std::string adopt_kernel(std::string_view bytes, std::string_view library, std::string_view symbol,
                         std::string_view new_symbol) {
  const GlobalSymbols symbols = global_symbols(bytes);
  if (!symbols.defined.contains(std::string(symbol))) {
    throw Error(ExitCode::internal, "OBJECT_SURGERY",
                fmt::format("the object of {} does not define {}", new_symbol, symbol));
  }
  SymbolNames names;
  name_halide(symbols.undefined, library, names);
  names[std::string(symbol)] = {std::string(new_symbol), SymbolFate::hidden};
  return rename_symbols(bytes, names);
}

std::string adopt_runtime(std::string_view bytes, std::string_view library) {
  constexpr std::string_view api = "vitgen_api_";
  const GlobalSymbols symbols = global_symbols(bytes);
  SymbolNames names;
  name_halide(symbols.defined, library, names);
  names["vitgen_rt_table"] = {fmt::format("{}_rt_table", library), SymbolFate::hidden};
  for (const std::string& name : symbols.defined) {
    if (!name.starts_with(api)) continue;
    names[name] = {fmt::format("{}_{}", library, name.substr(api.size())), SymbolFate::visible};
  }
  return rename_symbols(bytes, names);
}

void check_complete(const std::vector<std::string_view>& objects, std::string_view library) {
  std::set<std::string> defined;
  std::set<std::string> needed;
  for (const std::string_view bytes : objects) {
    GlobalSymbols symbols = global_symbols(bytes);
    defined.merge(symbols.defined);
    needed.merge(symbols.undefined);
  }
  const std::string prefix = fmt::format("{}_", library);
  for (const std::string& name : needed) {
    if (!name.starts_with(prefix) || defined.contains(name)) continue;
    throw Error(ExitCode::internal, "OBJECT_SURGERY",
                fmt::format("no part of the library defines {}", printable(name)));
  }
}

}  // namespace vitgen
