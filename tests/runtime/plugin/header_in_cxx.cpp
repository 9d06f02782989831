// The public header compiles as C++17 without a warning, next to another library's header.

#include "vitgen_api.h"

int open_from_cxx(const char* path, vitgen_api_model** out);
int open_from_cxx(const char* path, vitgen_api_model** out) {
  vitgen_api_options options{};
  options.struct_size = sizeof options;
  return vitgen_api_open(path, &options, out);
}
