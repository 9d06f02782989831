// Any bytes as a configuration file: refused with an error of ours on one line, or the document
// that is read says the same when it is written and read again.

#include <cstdint>
#include <cstdlib>

#include "generators/base/error.h"
#include "generators/base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const vitgen::JsonFile once = vitgen::parse_json(text, "fuzz");
    const std::string written = once.root.dump();
    if (vitgen::parse_json(written, "again", {.bytes = 8u << 20, .depth = 32}).root.dump() !=
        written) {
      std::abort();
    }
    vitgen::get_int(once, "a.b", -5, 5);
    vitgen::get_int_array(once, "a", 0, 9);
    vitgen::get_string(once, "c");
  } catch (const vitgen::Error& error) {
    for (const char* c = error.what(); *c != '\0'; ++c) {
      if (*c >= 0 && *c < 0x20) std::abort();
    }
  }
  return 0;
}
