#include "generators/plan/relative_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace vitgen {

namespace {

/// Of iRPE, in the order of BucketMethod.
constexpr std::array<std::string_view, 4> methods = {"euc", "quant", "cross", "product"};
constexpr std::string_view none = "none";
constexpr std::string_view own_bias = "bias";
constexpr std::string_view common_bias = "shared-bias";

RelativePosition exact_biases(bool common) {
  return {.method = BucketMethod::exact,
          .ratio = 0,
          .contextual = false,
          .shared = false,
          .on_k = true,
          .common = common};
}

[[noreturn]] void refuse(std::string_view word) {
  bad_field("relative", word,
            "none, bias or shared-bias (BEiT), or rpe-RATIO-METHOD-MODE-SHARED-ON like "
            "rpe-1.9-product-ctx-1-k (euc, quant, cross, product; ctx, bias; 0, 1; some of qkv)");
}

std::vector<std::string_view> parts_of(std::string_view word) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dash = word.find('-');
    parts.push_back(word.substr(0, dash));
    if (dash == std::string_view::npos) return parts;
    word.remove_prefix(dash + 1);
  }
}

/// Which of two words; refuses a third.
bool is_second(std::string_view part, std::string_view first, std::string_view second,
               std::string_view word) {
  if (part != first && part != second) refuse(word);
  return part == second;
}

}  // namespace

std::string to_word(const RelativePosition& relative) {
  if (!relative.any()) return std::string(none);
  if (relative.exact()) return std::string(relative.common ? common_bias : own_bias);
  return fmt::format("rpe-{}-{}-{}-{}-{}{}{}", float_text(relative.ratio),
                     methods[static_cast<std::size_t>(relative.method)],
                     relative.contextual ? "ctx" : "bias", int{relative.shared},
                     relative.on_q ? "q" : "", relative.on_k ? "k" : "", relative.on_v ? "v" : "");
}

RelativePosition parse_relative(std::string_view word) {
  if (word == none) return {};
  if (word == own_bias || word == common_bias) return exact_biases(word == common_bias);
  const std::vector<std::string_view> parts = parts_of(word);
  if (parts.size() != 6 || parts[0] != "rpe" || parts[5].empty()) refuse(word);
  const auto method = std::ranges::find(methods, parts[2]);
  if (method == methods.end()) refuse(word);
  RelativePosition relative{
      .method = static_cast<BucketMethod>(method - methods.begin()),
      .ratio = parse_float(parts[1], "relative"),
      .contextual = is_second(parts[3], "bias", "ctx", word),
      .shared = is_second(parts[4], "0", "1", word),
  };
  for (const char letter : parts[5]) {
    bool& on = letter == 'q' ? relative.on_q : letter == 'k' ? relative.on_k : relative.on_v;
    if (on || std::string_view("qkv").find(letter) == std::string_view::npos) refuse(word);
    on = true;
  }
  return relative;
}

}  // namespace vitgen
