// The smallest library that the runtime's object makes: one kernel, weights inside. Linked as a
// generated .so is, without libstdc++.

#include "runtime/halide_abi.h"
#include "runtime/table.h"

extern "C" int halide_do_par_for(void* user_context, vitgen::rt::HalideTask task, int min, int size,
                                 uint8_t* closure);
extern "C" const char vitgen_api_abi_000000000000[65];
const char vitgen_api_abi_000000000000[65] =
    "0000000000000000000000000000000000000000000000000000000000000000";

namespace {

using vitgen::rt::HalideBuffer;

struct Closure {
  const float* input;
  float* output;
};

int double_one(void*, int index, uint8_t* closure) {
  const Closure& c = *reinterpret_cast<Closure*>(closure);
  c.output[index] = 2 * c.input[index];
  return 0;
}

int double_all(void* user_context, HalideBuffer* input, HalideBuffer* output) {
  Closure closure = {reinterpret_cast<float*>(input->host), reinterpret_cast<float*>(output->host)};
  return halide_do_par_for(user_context, double_one, 0, 16, reinterpret_cast<uint8_t*>(&closure));
}

struct alignas(VITGEN_PAGE) File {
  vitgen_weights_header header;
  uint8_t rest[2 * VITGEN_PAGE - sizeof(vitgen_weights_header)];
};

constexpr File kFile = {{{'V', 'I', 'T', 'G', 'E', 'N', 'W', '1'},
                         sizeof(vitgen_weights_header),
                         0,
                         {},
                         {},
                         sizeof(File),
                         "double"},
                        {}};
constexpr vitgen_isa kIsas[] = {{"x86-64", 0, 0, 0}};
constexpr vitgen_bucket kBuckets[] = {{1, 0, 1, 0}};
constexpr vitgen_step kSteps[] = {{"double", "double", 0, 0, 2, 16}};
constexpr vitgen_operand kOperands[] = {
    {VITGEN_SLOT_INPUT, VITGEN_F32, 1, 0, 0, 0, {16, 0, 0, 0}},
    {VITGEN_SLOT_OUTPUT, VITGEN_F32, 1, 1, 0, 0, {16, 0, 0, 0}}};
const vitgen_kernel_fn kFunctions[] = {
    reinterpret_cast<vitgen_kernel_fn>(reinterpret_cast<void (*)()>(double_all))};
constexpr uint64_t kNone[] = {0};
const vitgen_kernel kKernels[] = {{"double", kFunctions, kNone, kNone, nullptr}};
constexpr vitgen_port kPorts[] = {{"in", VITGEN_F32, 1, {16, 0, 0, 0}},
                                  {"out", VITGEN_F32, 1, {16, 0, 0, 0}}};

}  // namespace

const vitgen_table vitgen_rt_table = {VITGEN_TABLE_VERSION,
                                      sizeof(vitgen_table),
                                      "double",
                                      "doubles",
                                      "0",
                                      vitgen_api_abi_000000000000,
                                      {},
                                      {},
                                      sizeof(File),
                                      reinterpret_cast<const uint8_t*>(&kFile),
                                      kIsas,
                                      1,
                                      kBuckets,
                                      1,
                                      kSteps,
                                      1,
                                      kOperands,
                                      2,
                                      kKernels,
                                      1,
                                      nullptr,
                                      0,
                                      &kPorts[0],
                                      1,
                                      &kPorts[1],
                                      1,
                                      nullptr,
                                      0,
                                      nullptr};
