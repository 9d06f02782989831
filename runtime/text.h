#pragma once
// Messages without allocation, locale or printf: text is appended to a caller's buffer and cut
// where the buffer ends. The result is always zero-terminated.

#include <stddef.h>
#include <stdint.h>

namespace vitgen::rt {

struct Text {
  char* data = nullptr;  ///< null: everything is dropped
  size_t capacity = 0;
  size_t length = 0;
};

/// An empty text in `buffer`; `bytes` may be 0.
Text text_in(char* buffer, size_t bytes);

/// Text from a file: at most `limit` bytes, control and non-ASCII bytes shown as '?'.
struct Quoted {
  const char* bytes;
  size_t limit;
};

/// An errno value by its name, "ENOENT", or its number.
struct Errno {
  int value;
};

Text& operator<<(Text& text, const char* words);
Text& operator<<(Text& text, int value);
Text& operator<<(Text& text, unsigned value);
Text& operator<<(Text& text, long value);
Text& operator<<(Text& text, unsigned long value);
Text& operator<<(Text& text, Quoted quoted);
Text& operator<<(Text& text, Errno error);

}  // namespace vitgen::rt
