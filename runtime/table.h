#pragma once
// The contract between a generated model and the runtime that is linked with it.
//
// `vitgen generate` writes one constant `vitgen_table` per library (tools/emit/table) and the
// runtime walks it; nothing else passes between the two. Plain data, C layout, no pointers to
// anything but constants of the same library. Sizes are bytes, offsets are from the start of the
// thing they index, extents are innermost first as in Halide.

#include <stddef.h>
#include <stdint.h>

struct vitgen_preprocess_recipe;  // runtime/preprocess.h

enum {
  VITGEN_TABLE_VERSION = 4,
  VITGEN_MAX_DIMS = 4,
  VITGEN_MAX_OPERANDS = 8,
  VITGEN_MAX_MAP_DIMS = 5,
  /// Alignment of every arena buffer and of every tensor in the weights file: two cache lines,
  /// which prefetchers fetch in pairs. The plan's arena has the same (kArenaAlignment).
  VITGEN_ALIGNMENT = 128,
  /// The smallest page of x86-64: weights begin on one, so that they can be mapped.
  VITGEN_PAGE = 4096,
  VITGEN_HASH_BYTES = 32,
};

enum vitgen_dtype : uint8_t {
  VITGEN_F32 = 0,
  VITGEN_U8 = 1,
  VITGEN_I32 = 2,
  VITGEN_BF16 = 3,
  VITGEN_F16 = 4,
};

/// Where an operand's memory lies. INPUT and OUTPUT are the caller's buffers.
enum vitgen_slot : uint8_t {
  VITGEN_SLOT_INPUT = 0,   ///< `index` is the input's number
  VITGEN_SLOT_OUTPUT = 1,  ///< `index` is the output's number
  VITGEN_SLOT_ARENA = 2,   ///< `offset` into the context's activation arena
  VITGEN_SLOT_WEIGHT = 3,  ///< `index` is the weight's number, `offset` inside that weight
};

/// Instruction-set features that a kernel variant needs; bits of vitgen_isa::features.
enum vitgen_cpu_feature : uint32_t {
  /// All that Halide's avx2 target (LLVM's haswell) may use: SSE4.2, AVX2, FMA, F16C, BMI1, BMI2,
  /// LZCNT, MOVBE, POPCNT.
  VITGEN_CPU_AVX2_FMA_F16C = 1u << 0,
  VITGEN_CPU_AVX512_SKX = 1u << 1,  ///< the above and AVX-512 F, CD, BW, DQ, VL
  /// AMX-TILE and AMX-BF16 (CPUID 7 EDX bits 24 and 22), and the operating system's permission to
  /// this process to use tile data. Nothing sets it yet.
  VITGEN_CPU_AMX_BF16 = 1u << 2,
};

/// A kernel as Halide emits it: user_context, then one halide_buffer_t* per operand.
typedef int (*vitgen_kernel_fn)(void* user_context, ...);

/// What one variant of the kernels needs: a CPU, or a GPU beside any x86-64.
struct vitgen_isa {
  const char* name;          ///< as on the command line: "x86-64-avx512", "cuda-sm80"
  uint32_t features;         ///< CPU: every bit must be present and enabled by the OS
  uint32_t capability;       ///< GPU: least compute capability, 10 major + minor; 0: a CPU variant
  uint32_t only_capability;  ///< GPU: not 0 if no later one will do, as for code of sm_90a
};

/// One module of device code for one kernel.
struct vitgen_device_code {
  /// Of the device that it is for, 10 major + minor. A cubin runs on devices of the same major
  /// number and no smaller minor one; PTX on every later device, unless the variant has
  /// `only_capability`.
  uint32_t capability;
  uint32_t is_cubin;  ///< else PTX, zero-terminated
  const void* bytes;
  uint64_t size;  ///< of PTX with its zero
};

enum vitgen_argument_kind : uint8_t {
  VITGEN_ARGUMENT_OPERAND = 0,  ///< device address of operand `index` of the step, plus `value`
  VITGEN_ARGUMENT_SCRATCH = 1,  ///< device address of the kernel's scratch, plus `value`
  VITGEN_ARGUMENT_VALUE = 2,    ///< the low `bytes` bytes of `value`
  /// Operand `index` of the step, plus `value`, as `map` describes it: what the driver encodes.
  VITGEN_ARGUMENT_TENSOR_MAP = 3,
};

/// A matrix as bulk tensor copies see it (sm_90), innermost axis first. A copy brings a box of it
/// to shared memory; what lies beyond an extent comes as zeros.
struct vitgen_tensor_map {
  uint32_t dims;
  uint32_t element_bytes;  ///< 1, 2 or 4
  uint32_t swizzle_bytes;  ///< 128: rows of a box that long have their chunks of 16 permuted; or 0
  uint32_t box[VITGEN_MAX_MAP_DIMS];
  uint64_t extents[VITGEN_MAX_MAP_DIMS];
  uint64_t strides[VITGEN_MAX_MAP_DIMS];  ///< bytes from index to index, the first element_bytes
};

/// One parameter of a launch, in the order of the entry's parameters.
struct vitgen_launch_argument {
  enum vitgen_argument_kind kind;
  uint8_t bytes;  ///< of the parameter: 8 for addresses, 128 for tensor maps
  uint32_t index;
  uint64_t value;
  const struct vitgen_tensor_map* map;  ///< null but for tensor maps
};

/// One launch; all numbers are constants, since every extent is.
struct vitgen_launch {
  const char* entry;  ///< in the module
  uint32_t grid[3];
  uint32_t block[3];
  /// Dynamic shared memory; above 48 KiB the runtime raises the entry's limit once.
  uint32_t shared_bytes;
  uint32_t argument_count;
  const struct vitgen_launch_argument* arguments;
};

/// A kernel on the GPU: launches in order on one stream, each seeing what those before it wrote.
struct vitgen_device_kernel {
  const struct vitgen_device_code* codes;  ///< the first that fits the device and loads is taken
  uint32_t code_count;
  uint32_t launch_count;
  const struct vitgen_launch* launches;
  /// Of device memory between its launches, a multiple of VITGEN_ALIGNMENT.
  uint64_t scratch_bytes;
};

struct vitgen_operand {
  enum vitgen_slot slot;
  enum vitgen_dtype dtype;
  uint8_t dims;
  uint8_t is_output;
  uint32_t index;
  uint64_t offset;
  int32_t extents[VITGEN_MAX_DIMS];  ///< dense; stride[i] = product of extents below i
};

/// One kernel in all its ISA variants: `functions`, `shared_scratch` and `task_scratch` have
/// isa_count entries each. Scratch is what the kernel asks of halide_malloc at most at once:
/// `shared` outside of its parallel loops (by the calling thread), `task` inside one task.
/// Both are sums over nested Allocate nodes, each rounded up to VITGEN_ALIGNMENT, as if nothing
/// were freed before the scope ends: the runtime's scratch is a stack and reuses a block only when
/// all blocks above it are free. Tasks start no tasks: the generator refuses such kernels.
struct vitgen_kernel {
  const char* name;
  const vitgen_kernel_fn* functions;
  const uint64_t* shared_scratch;
  const uint64_t* task_scratch;
  /// isa_count entries, null for CPU variants, whose GPU counterparts in turn have a null function
  /// and no scratch above; or null where no variant is a GPU's.
  const struct vitgen_device_kernel* const* device;
};

struct vitgen_step {
  const char* name;  ///< "blocks.3.attn.qkv"
  const char* op;    ///< "linear"
  uint32_t kernel;
  uint32_t operand_begin;  ///< into vitgen_table::operands
  uint32_t operand_count;
  uint64_t flops;  ///< 2 per multiply-add, for reports
};

/// The plan for one batch size. Buckets are sorted by batch, the first has batch 1.
struct vitgen_bucket {
  uint32_t batch;
  uint32_t step_begin;
  uint32_t step_count;
  uint64_t arena_bytes;  ///< activations only, a multiple of VITGEN_ALIGNMENT
};

struct vitgen_weight {
  const char* name;
  uint64_t offset;  ///< into the weights file
  uint64_t bytes;
};

/// Input or output of the model for ONE image; extents innermost first.
struct vitgen_port {
  const char* name;
  enum vitgen_dtype dtype;
  uint8_t dims;
  int32_t extents[VITGEN_MAX_DIMS];
};

struct vitgen_table {
  uint32_t version;      ///< VITGEN_TABLE_VERSION
  uint32_t table_bytes;  ///< sizeof(vitgen_table)
  const char* model_name;
  const char* model_text;  ///< one line about the network, for messages
  const char* generator;   ///< version of the generator, "0.1.0"
  const char* abi_hash;    ///< of header, table and kernels: 64 lower-case hex digits
  uint8_t weights_hash[VITGEN_HASH_BYTES];  ///< SHA-256 of the weights file's payload
  uint8_t layout_hash[VITGEN_HASH_BYTES];   ///< as in the weights file's header
  uint64_t weights_bytes;                   ///< size of the weights file
  const uint8_t* embedded_weights;          ///< the whole file, VITGEN_ALIGNMENT-aligned, or null

  const struct vitgen_isa* isas;  ///< best first
  uint32_t isa_count;
  const struct vitgen_bucket* buckets;
  uint32_t bucket_count;
  const struct vitgen_step* steps;
  uint32_t step_count;
  const struct vitgen_operand* operands;
  uint32_t operand_count;
  const struct vitgen_kernel* kernels;
  uint32_t kernel_count;
  const struct vitgen_weight* weights;
  uint32_t weight_count;
  const struct vitgen_port* inputs;
  uint32_t input_count;
  const struct vitgen_port* outputs;
  uint32_t output_count;
  const char* const* labels;  ///< class names, or null
  uint32_t label_count;
  const struct vitgen_preprocess_recipe* preprocess;  ///< or null
};

/// How a weights file begins; the last letter is the format's version.
constexpr char vitgen_weights_magic[8] = {'V', 'I', 'T', 'G', 'E', 'N', 'W', '1'};

/// First bytes of NAME.weights; the tensors follow at page-aligned offsets.
struct vitgen_weights_header {
  char magic[8];          ///< vitgen_weights_magic
  uint32_t header_bytes;  ///< sizeof(vitgen_weights_header)
  uint32_t tensor_count;
  uint8_t payload_hash[VITGEN_HASH_BYTES];  ///< SHA-256 of all bytes after this header's page
  uint8_t layout_hash[VITGEN_HASH_BYTES];   ///< SHA-256 of names, offsets, sizes, layouts
  uint64_t file_bytes;
  char model_name[64];  ///< zero-terminated
};

extern "C" {
/// The table of this library. Hidden and renamed per library by the generator.
extern const vitgen_table vitgen_rt_table __attribute__((visibility("hidden")));
}
