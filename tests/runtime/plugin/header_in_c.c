/* The public header compiles as C99 without a warning, and its inline functions can be called. */

#include "vitgen_api.h"

int open_from_c(const char* path, vitgen_api_model** out);
int open_from_c(const char* path, vitgen_api_model** out) {
  vitgen_api_options options = {0};
  options.struct_size = (uint32_t)sizeof options;
  return vitgen_api_open(path, &options, out);
}

int open_memory_from_c(const void* weights, size_t bytes, vitgen_api_model** out);
int open_memory_from_c(const void* weights, size_t bytes, vitgen_api_model** out) {
  return vitgen_api_open_memory(weights, bytes, NULL, out);
}
