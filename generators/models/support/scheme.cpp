#include "generators/models/support/scheme.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "generators/base/error.h"
#include "generators/models/support/overrides.h"

namespace vitgen {

namespace {

/// What training scripts and other libraries put before a model's names.
constexpr std::array<std::string_view, 14> wrappers = {
    "module.",  "model.",   "state_dict.", "backbone.", "_orig_mod.", "encoder.", "visual.trunk.",
    "teacher.", "student.", "network.",    "params/",   "opt/",       "target/",  "img/"};

}  // namespace

bool is_wrapper(std::string_view prefix) {
  while (!prefix.empty()) {
    const auto found = std::find_if(wrappers.begin(), wrappers.end(),
                                    [&](std::string_view w) { return prefix.starts_with(w); });
    if (found == wrappers.end()) return false;
    prefix.remove_prefix(found->size());
  }
  return true;
}

const NamingScheme& scheme_named(std::string_view name) {
  for (const NamingScheme& scheme : all_schemes()) {
    if (scheme.name == name) return scheme;
  }
  throw Error(ExitCode::internal, "MODEL_NAMES", "no naming scheme " + std::string(name));
}

namespace {

/// Calls `each` with every pattern of `names`.
template <class Each>
void for_each_pattern(TensorNames& names, Each each) {
  const auto visitor = [&](std::string_view, std::string& pattern) { each(pattern); };
  names.visit(visitor);
}

/// How many of the scheme's tensors the file has, those of the first block for all blocks. One that
/// has several parts, a pattern twice, counts once.
int score(const WeightSource& weights, TensorNames names) {
  std::set<std::string> found;
  for_each_pattern(names, [&](const std::string& pattern) {
    const std::string name = tensor_name(pattern, "weight");
    if (!pattern.empty() && weights.has(name)) found.insert(name);
  });
  return static_cast<int>(found.size());
}

struct Candidate {
  FileNaming naming;
  int score = 0;
};

/// `before` is what stands before the scheme's first name: wrappers, then the model's prefix.
std::optional<Candidate> candidate(const WeightSource& weights, const NamingScheme& scheme,
                                   std::string_view before) {
  std::string_view model_prefix;
  for (const std::string_view prefix : scheme.prefixes) {
    if (before.ends_with(prefix)) model_prefix = prefix;
  }
  const std::string_view wrapper = before.substr(0, before.size() - model_prefix.size());
  if (!is_wrapper(wrapper)) return std::nullopt;
  Candidate out{{std::string(scheme.name), std::string(before), std::string(wrapper),
                 with_prefixes(scheme.names, wrapper, model_prefix)},
                0};
  out.score = score(weights, out.naming.names);
  return out;
}

std::vector<Candidate> candidates(const WeightSource& weights) {
  std::vector<Candidate> list;
  for (const NamingScheme& scheme : all_schemes()) {
    const std::string patch = tensor_name(with_prefixes(scheme.names, "", "").patch, "weight");
    for (const TensorInfo& tensor : weights.tensors()) {
      const std::string_view name = tensor.name;
      if (!name.ends_with(patch)) continue;
      auto found = candidate(weights, scheme, name.substr(0, name.size() - patch.size()));
      if (found) list.push_back(std::move(*found));
    }
  }
  return list;
}

}  // namespace

TensorNames with_prefixes(const TensorNames& names, std::string_view wrapper,
                          std::string_view model_prefix) {
  TensorNames out = names;
  for_each_pattern(out, [&](std::string& pattern) {
    if (pattern.empty()) return;
    if (pattern[0] == '@') pattern.replace(0, 1, model_prefix);
    pattern.insert(0, wrapper);
  });
  return out;
}

std::optional<FileNaming> find_naming(const WeightSource& weights) {
  const std::vector<Candidate> list = candidates(weights);
  if (list.empty()) return std::nullopt;
  const Candidate* best = &list[0];
  for (const Candidate& other : list) {
    if (other.score > best->score) best = &other;
  }
  for (const Candidate& other : list) {
    if (other.naming.prefix != best->naming.prefix && other.naming.scheme == best->naming.scheme) {
      throw Error(ExitCode::bad_input, "MODEL_NAMES",
                  fmt::format("the file holds two models, '{}' and '{}'",
                              printable(best->naming.prefix), printable(other.naming.prefix)),
                  "keep the tensors of one of them");
    }
  }
  return best->naming;
}

namespace {

/// Takes the digits at the front of `name` off it; nothing if there are none, or too many.
std::optional<int> take_number(std::string_view& name) {
  int number = 0;
  const auto result = std::from_chars(name.data(), name.data() + name.size(), number);
  if (result.ec != std::errc{} || name[0] == '-') return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(result.ptr - name.data()));
  return number;
}

/// The number that stands for `{}`, 0 in a pattern without one.
std::optional<int> match_block(std::string_view pattern, std::string_view name) {
  int block = 0;
  while (!pattern.empty()) {
    const bool of_head = pattern.starts_with("{h}");
    if (of_head || pattern.starts_with("{}")) {
      const auto number = take_number(name);
      if (!number) return std::nullopt;
      if (!of_head) block = *number;
      pattern.remove_prefix(of_head ? 3 : 2);
      continue;
    }
    if (pattern.starts_with("{r}") && !name.empty() &&
        std::string_view("qkv").find(name[0]) != std::string_view::npos) {
      name.remove_prefix(1);
      pattern.remove_prefix(3);
      continue;
    }
    if (name.empty() || name[0] != pattern[0]) return std::nullopt;
    name.remove_prefix(1);
    pattern.remove_prefix(1);
  }
  return name.empty() ? std::optional<int>(block) : std::nullopt;
}

}  // namespace

std::optional<int> match_name(std::string_view pattern, std::string_view name) {
  for (const char* part : {"weight", "bias"}) {
    if (const auto block = match_block(with_part(pattern, part), name)) return block;
  }
  return std::nullopt;
}

VitSpec with_layout(const VitSpec& spec, std::string_view name) {
  const Fields layout = Fields::parse(scheme_named(name).layout);
  return from_fields<VitSpec>(overridden(to_fields(spec), layout));
}

void refuse_unsupported(const WeightSource& weights, const FileNaming& naming) {
  for (const Unsupported& row : scheme_named(naming.scheme).unsupported) {
    const std::string name = naming.prefix + std::string(row.tensor);
    if (!weights.has(name)) continue;
    throw Error(ExitCode::bad_input, "CFG_UNSUPPORTED",
                fmt::format("{}: {} is not supported", printable(name), row.what));
  }
}

bool is_ignorable(std::string_view name) {
  static constexpr std::array<std::string_view, 5> endings = {
      "position_ids", "mask_token", "num_batches_tracked", "relative_position_index",
      "outer_tokens"};  // the last are zeros that TNT's authors never use
  // What MAE trains its encoder with, and CLIP its vision tower, behind any wrappers.
  static constexpr std::array<std::string_view, 10> partners = {"decoder.",
                                                                "decoder_",
                                                                "text_model.",
                                                                "text_projection",
                                                                "token_embedding",
                                                                "ln_final.",
                                                                "transformer.resblocks.",
                                                                "positional_embedding",
                                                                "logit_scale",
                                                                "logit_bias"};
  for (std::string_view rest = name; !rest.empty();) {
    if (std::ranges::any_of(partners, [&](std::string_view p) { return rest.starts_with(p); })) {
      return true;
    }
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos || !is_wrapper(rest.substr(0, dot + 1))) break;
    rest.remove_prefix(dot + 1);
  }
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace vitgen
