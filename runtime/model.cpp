// Opening and closing a model: ABI and variant first, then the weights.

#include <stdlib.h>
#include <string.h>

#include "runtime/cuda_model.h"
#include "runtime/isa_choice.h"
#include "runtime/objects.h"
#include "runtime/options.h"

namespace vitgen::rt {
namespace {

/// What open reads from: a file, memory, or what the library has inside.
struct Source {
  const char* path;
  const void* memory;
  size_t bytes;
};

int check_abi(const vitgen_table& table, const char* header_abi, const char* linked_abi,
              Text& why) {
  if (table.version != VITGEN_TABLE_VERSION || table.table_bytes != sizeof table) {
    why << "abi: the library's table has version " << table.version << " and " << table.table_bytes
        << " bytes, its runtime reads version " << int{VITGEN_TABLE_VERSION} << " and "
        << sizeof table;
    return VITGEN_API_E_ABI;
  }
  const char* names[] = {"header", "linked library"};
  const char* hashes[] = {header_abi, linked_abi};
  for (int i = 0; i < 2; ++i) {
    if (hashes[i] == nullptr || strcmp(hashes[i], table.abi_hash) == 0) continue;
    why << "abi: the " << names[i] << " is of build " << Quoted{hashes[i], 12}
        << ", the library is of build " << Quoted{table.abi_hash, 12};
    return VITGEN_API_E_ABI;
  }
  return VITGEN_API_OK;
}

int load_weights(const vitgen_table& table, const Source& source, uint32_t flags, Weights& weights,
                 Text& why) {
  if (source.path != nullptr) return weights_open(table, source.path, flags, weights, why);
  if (source.memory != nullptr) {
    return weights_in_memory(table, source.memory, source.bytes, flags, weights, why);
  }
  if (table.embedded_weights == nullptr) {
    why << "weights: a path is needed, this library has no weights inside";
    return VITGEN_API_E_UNSUPPORTED;
  }
  return weights_in_memory(table, table.embedded_weights, table.weights_bytes, flags, weights, why);
}

int make_model(const vitgen_table& table, const IsaChoice& choice, const Weights& weights,
               vitgen_api_model*& out, Text& why) {
  auto* model = static_cast<vitgen_api_model*>(calloc(1, sizeof(vitgen_api_model)));
  if (model == nullptr) {
    why << "model: no memory for " << sizeof(vitgen_api_model) << " bytes";
    return VITGEN_API_E_RESOURCES;
  }
  model->magic = kModelMagic;
  model->isa = choice.isa;
  model->table = &table;
  model->weights = weights;
  model->cuda = choice.cuda;
  out = model;
  return VITGEN_API_OK;
}

int open_model(const vitgen_table& table, const Source& source, const vitgen_api_options& options,
               vitgen_api_model*& out, Text& why) {
  IsaChoice choice = {};
  int code = choose_isa(table, options, choice, why);
  if (code != VITGEN_API_OK) return code;
  Weights weights;
  code = load_weights(table, source, options.flags, weights, why);
  if (code == VITGEN_API_OK && choice.cuda != nullptr) {
    code = cuda_model_upload(*choice.cuda, weights, why);
  }
  if (code == VITGEN_API_OK) code = make_model(table, choice, weights, out, why);
  if (code == VITGEN_API_OK) return code;
  weights_close(weights);
  cuda_model_close(choice.cuda);
  return code;
}

int check_options(const vitgen_api_options* given, vitgen_api_options& options, Text& why) {
  enum : uint32_t {
    kKnownFlags = VITGEN_API_CHECK_CONTENT | VITGEN_API_PREFAULT | VITGEN_API_NO_DEVICE
  };
  const OptionsCheck check = options_copy(given, options);
  if (check == kOptionsTooSmall) return VITGEN_API_E_ARG;
  why = text_in(options.error_text, options.error_text_bytes);
  if (check != kOptionsOk || (options.flags & ~kKnownFlags) != 0) {
    why << "options: a field or flag is set that this library does not know";
    return VITGEN_API_E_ARG;
  }
  if (options.device >= 0) return VITGEN_API_OK;
  why << "options: device is negative";
  return VITGEN_API_E_ARG;
}

int open_checked(const char* header_abi, const char* linked_abi, const Source& source,
                 const vitgen_api_options* given, vitgen_api_model** out) {
  if (out != nullptr) *out = nullptr;
  vitgen_api_options options;
  Text why;
  int code = check_options(given, options, why);
  if (code != VITGEN_API_OK) return code;
  if (out == nullptr) {
    why << "out: null";
    return VITGEN_API_E_ARG;
  }
  code = check_abi(vitgen_rt_table, header_abi, linked_abi, why);
  if (code != VITGEN_API_OK) return code;
  return open_model(vitgen_rt_table, source, options, *out, why);
}

}  // namespace
}  // namespace vitgen::rt

using namespace vitgen::rt;

int vitgen_api_open_checked(const char* header_abi, const char* linked_abi,
                            const char* weights_path, const vitgen_api_options* options,
                            vitgen_api_model** out) {
  return open_checked(header_abi, linked_abi, {weights_path, nullptr, 0}, options, out);
}

int vitgen_api_open_memory_checked(const char* header_abi, const char* linked_abi,
                                   const void* weights, size_t weights_bytes,
                                   const vitgen_api_options* options, vitgen_api_model** out) {
  if (weights == nullptr) {
    if (out != nullptr) *out = nullptr;
    return VITGEN_API_E_ARG;
  }
  return open_checked(header_abi, linked_abi, {nullptr, weights, weights_bytes}, options, out);
}

int vitgen_api_close(vitgen_api_model* model) {
  if (model == nullptr) return VITGEN_API_OK;
  if (!is_model(model)) return VITGEN_API_E_ARG;
  if (model->contexts.load() != 0) return VITGEN_API_E_BUSY;
  model->magic = kFreedMagic;
  weights_close(model->weights);
  cuda_model_close(model->cuda);
  free(model);
  return VITGEN_API_OK;
}
