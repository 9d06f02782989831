// The API around preprocess.h: this library's recipe, a workspace if the caller has none, and
// codes.

#include <stdlib.h>

#include "runtime/api.h"
#include "runtime/preprocess.h"
#include "runtime/table.h"

namespace vitgen::rt {
namespace {

int api_code(int status) {
  switch (status) {
    case VITGEN_PREPROCESS_OK:
      return VITGEN_API_OK;
    case VITGEN_PREPROCESS_E_RECIPE:
      return VITGEN_API_E_UNSUPPORTED;
    case VITGEN_PREPROCESS_E_SIZE:
      return VITGEN_API_E_IMAGE_SIZE;
    case VITGEN_PREPROCESS_E_CHANNELS:
      return VITGEN_API_E_IMAGE_CHANNELS;
    case VITGEN_PREPROCESS_E_STRIDE:
      return VITGEN_API_E_IMAGE_STRIDE;
    case VITGEN_PREPROCESS_E_FACTOR:
      return VITGEN_API_E_IMAGE_FACTOR;
    case VITGEN_PREPROCESS_E_WORKSPACE:
      return VITGEN_API_E_WORKSPACE;
    default:
      return VITGEN_API_E_ARG;
  }
}

}  // namespace
}  // namespace vitgen::rt

size_t vitgen_api_preprocess_workspace(int height, int width, int channels) {
  const vitgen_preprocess_recipe* recipe = vitgen_rt_table.preprocess;
  return recipe == nullptr ? 0 : vitgen_preprocess_workspace(recipe, height, width, channels);
}

int vitgen_api_preprocess_u8(const uint8_t* pixels, int height, int width, ptrdiff_t stride,
                             int channels, void* workspace, size_t workspace_bytes, void* out) {
  const vitgen_preprocess_recipe* recipe = vitgen_rt_table.preprocess;
  if (recipe == nullptr) return VITGEN_API_E_UNSUPPORTED;
  void* own = nullptr;
  if (workspace == nullptr) {
    // One byte where the image is refused, so that the status below tells why.
    workspace_bytes = vitgen_preprocess_workspace(recipe, height, width, channels);
    if (workspace_bytes == 0) workspace_bytes = 1;
    own = workspace = malloc(workspace_bytes);
    if (own == nullptr) return VITGEN_API_E_RESOURCES;
  }
  const int status = vitgen_preprocess_u8(recipe, pixels, height, width, stride, channels,
                                          workspace, workspace_bytes, out);
  free(own);
  return vitgen::rt::api_code(status);
}
