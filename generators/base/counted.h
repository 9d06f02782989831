#pragma once
// Numbers of things in messages.

#include <concepts>
#include <string>
#include <string_view>

namespace vitgen {

/// "1 thread", "2 threads": of a noun whose plural ends in s.
template <std::integral Number>
std::string counted(Number count, std::string_view noun) {
  std::string text = std::to_string(count);
  text.append(" ").append(noun);
  return count == 1 ? text : text.append("s");
}

}  // namespace vitgen
