#include "runtime/text.h"

#include <errno.h>

namespace vitgen::rt {
namespace {

void append(Text& text, char c) {
  if (text.length + 1 >= text.capacity) return;
  text.data[text.length++] = c;
  text.data[text.length] = '\0';
}

struct ErrnoName {
  int value;
  const char* name;
};

constexpr ErrnoName kErrnoNames[] = {
    {EACCES, "EACCES (permission denied)"},
    {EAGAIN, "EAGAIN (limit reached)"},
    {EINVAL, "EINVAL"},
    {EIO, "EIO (read error)"},
    {EISDIR, "EISDIR (is a directory)"},
    {ELOOP, "ELOOP (too many links)"},
    {EMFILE, "EMFILE (too many files)"},
    {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENFILE, "ENFILE (too many files)"},
    {ENODEV, "ENODEV"},
    {ENOENT, "ENOENT (no such file)"},
    {ENOMEM, "ENOMEM (out of memory)"},
    {ENOTDIR, "ENOTDIR"},
    {ENXIO, "ENXIO"},
    {EPERM, "EPERM (not permitted)"},
};

}  // namespace

Text text_in(char* buffer, size_t bytes) {
  if (buffer == nullptr || bytes == 0) return {};
  buffer[0] = '\0';
  return {buffer, bytes, 0};
}

Text& operator<<(Text& text, const char* words) {
  if (words == nullptr) words = "(null)";
  for (; *words != '\0'; ++words) append(text, *words);
  return text;
}

Text& operator<<(Text& text, unsigned long value) {
  char digits[20];  // 2^64 has 20 decimal digits
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) append(text, digits[--count]);
  return text;
}

Text& operator<<(Text& text, long value) {
  const auto bits = static_cast<unsigned long>(value);
  if (value < 0) append(text, '-');
  return text << (value < 0 ? 0ul - bits : bits);
}

Text& operator<<(Text& text, int value) { return text << static_cast<long>(value); }
Text& operator<<(Text& text, unsigned value) { return text << static_cast<unsigned long>(value); }

Text& operator<<(Text& text, Quoted quoted) {
  for (size_t i = 0; i < quoted.limit && quoted.bytes[i] != '\0'; ++i) {
    const char c = quoted.bytes[i];
    append(text, c >= ' ' && c <= '~' ? c : '?');
  }
  return text;
}

Text& operator<<(Text& text, Errno error) {
  for (const ErrnoName& row : kErrnoNames) {
    if (row.value == error.value) return text << row.name;
  }
  return text << "errno " << error.value;
}

}  // namespace vitgen::rt
