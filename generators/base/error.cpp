#include "generators/base/error.h"

#include <fmt/format.h>

#include "generators/base/utf8.h"

namespace vitgen {
namespace {

/// Code points that move the cursor, hide text or reorder it on a terminal: C0, DEL and C1
/// controls, line and paragraph separators, the byte order mark and the bidirectional controls.
bool disturbs_a_terminal(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF ||
         (c >= 0xE0000 && c <= 0xE007F);
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Step step = utf8_step(text, i);
    std::string piece(text.substr(i, step.size));
    if (!step.valid || disturbs_a_terminal(step.code_point)) {
      piece.clear();
      for (const char byte : text.substr(i, step.size)) {
        piece += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
      }
    }
    if (out.size() + piece.size() > limit) return out + "...";
    out += piece;
    i += step.size;
  }
  return out;
}

}  // namespace vitgen
