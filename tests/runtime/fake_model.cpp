#include "tests/runtime/fake_model.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "runtime/sha256.h"
#include "tests/base/support.h"
#include "tests/runtime/fake_kernels.h"

// The runtime's constant table is a variable here, under the same symbol.
extern vitgen_table g_table __asm__("vitgen_rt_table");
vitgen_table g_table = {};

extern "C" const char vitgen_api_abi_000000000000[65];
const char vitgen_api_abi_000000000000[65] =
    "0000000000000000000000000000000000000000000000000000000000000000";

namespace vitgen::test {
namespace {

constexpr uint64_t kFileBytes = 3 * VITGEN_PAGE;
constexpr vitgen_weight kWeights[] = {
    {"scale", VITGEN_PAGE, kTokens * sizeof(float)},
    {"project", 2 * VITGEN_PAGE, kClasses* kTokens * sizeof(float)},
};
constexpr vitgen_port kInput = {"image", VITGEN_F32, 2, {4, 3, 0, 0}};
constexpr vitgen_port kOutputs[] = {
    {"logits", VITGEN_F32, 1, {kClasses, 0, 0, 0}},
    {"pooled", VITGEN_F32, 1, {kPooled, 0, 0, 0}},
};
constexpr const char* kLabels[kClasses] = {"cat", "dog", "owl", "bee", "fox"};
constexpr uint64_t kShared[] = {kSharedScratch, kSharedScratch, kSharedScratch};
constexpr uint64_t kTask[] = {kTaskScratch, kTaskScratch, kTaskScratch};
constexpr uint64_t kNone[] = {0, 0, 0};

template <class Function>
vitgen_kernel_fn kernel(Function* f) {
  return reinterpret_cast<vitgen_kernel_fn>(reinterpret_cast<void (*)()>(f));
}

const vitgen_kernel_fn kAffine[] = {kernel(affine), kernel(affine), kernel(affine)};
const vitgen_kernel_fn kProject[] = {kernel(project), kernel(project), kernel(project)};
const vitgen_kernel_fn kPool[] = {kernel(pool), kernel(pool), kernel(pool)};
const vitgen_kernel kKernels[] = {
    {"affine", kAffine, kNone, kTask, nullptr},
    {"project", kProject, kShared, kTask, nullptr},
    {"pool", kPool, kNone, kNone, nullptr},
};

vitgen_operand operand(vitgen_slot slot, uint32_t index, std::initializer_list<int32_t> extents,
                       bool is_output = false) {
  vitgen_operand o = {};
  o.slot = slot;
  o.dtype = VITGEN_F32;
  o.dims = static_cast<uint8_t>(extents.size());
  o.is_output = is_output;
  o.index = index;
  std::copy(extents.begin(), extents.end(), o.extents);
  return o;
}

void fill_weights(uint8_t* file) {
  auto* scale = reinterpret_cast<float*>(file + kWeights[0].offset);
  auto* project_weight = reinterpret_cast<float*>(file + kWeights[1].offset);
  for (int t = 0; t < kTokens; ++t) scale[t] = 0.1f * static_cast<float>(t + 1);
  for (int i = 0; i < kClasses * kTokens; ++i) {
    project_weight[i] = static_cast<float>(i * 7 % 11) / 3.0f - 1.5f;
  }
}

void fill_header(uint8_t* file) {
  vitgen_weights_header header = {};
  memcpy(header.magic, vitgen_weights_magic, sizeof header.magic);
  header.header_bytes = sizeof header;
  header.tensor_count = 2;
  memset(header.layout_hash, 0x5a, sizeof header.layout_hash);
  header.file_bytes = kFileBytes;
  strcpy(header.model_name, "fake");
  memcpy(file, &header, sizeof header);
}

void fill_table(vitgen_table& t) {
  t = {};
  t.version = VITGEN_TABLE_VERSION;
  t.table_bytes = sizeof t;
  t.model_name = "fake";
  t.model_text = "a model for tests";
  t.generator = "0.0.1";
  t.abi_hash = vitgen_api_abi_000000000000;
  memset(t.layout_hash, 0x5a, sizeof t.layout_hash);
  t.weights_bytes = kFileBytes;
  t.kernels = kKernels;
  t.kernel_count = 3;
  t.weights = kWeights;
  t.weight_count = 2;
  t.inputs = &kInput;
  t.input_count = 1;
  t.outputs = kOutputs;
  t.output_count = 2;
  t.labels = kLabels;
  t.label_count = kClasses;
}

}  // namespace

Faults& faults() {
  static Faults value;
  return value;
}

void reset_faults() {
  Faults& f = faults();
  f.failing_code = f.failing_index = f.delay_us = f.indices_run = 0;
  f.silent = f.all_fail = f.greedy = false;
  f.mxcsr = 0;
}

FakeModel::FakeModel(std::vector<uint32_t> batches) : file_bytes_(kFileBytes) {
  reset_faults();
  fill_table(g_table);
  isas_ = {{"x86-64-avx512", VITGEN_CPU_AVX512_SKX, 0, 0},
           {"x86-64-avx2", VITGEN_CPU_AVX2_FMA_F16C, 0, 0},
           {"x86-64", 0, 0, 0}};
  for (const uint32_t batch : batches) add_bucket(batch);
  file_ = static_cast<uint8_t*>(aligned_alloc(VITGEN_PAGE, file_bytes_));
  memset(file_, 0, file_bytes_);
  fill_header(file_);
  fill_weights(file_);
  seal();
}

FakeModel::~FakeModel() {
  free(file_);
  g_table = {};
}

void FakeModel::seal() {
  uint8_t digest[VITGEN_HASH_BYTES];
  rt::sha256(file_ + VITGEN_PAGE, file_bytes_ - VITGEN_PAGE, digest);
  memcpy(g_table.weights_hash, digest, sizeof digest);
  memcpy(file_ + offsetof(vitgen_weights_header, payload_hash), digest, sizeof digest);
}

vitgen_table& FakeModel::table() {
  // Unchanged: only read, since other threads may.
  if (g_table.isas == isas_.data() && g_table.isa_count == isas_.size()) return g_table;
  g_table.isas = isas_.data();
  g_table.isa_count = static_cast<uint32_t>(isas_.size());
  g_table.buckets = buckets_.data();
  g_table.bucket_count = static_cast<uint32_t>(buckets_.size());
  g_table.steps = steps_.data();
  g_table.step_count = static_cast<uint32_t>(steps_.size());
  g_table.operands = operands_.data();
  g_table.operand_count = static_cast<uint32_t>(operands_.size());
  return g_table;
}

void FakeModel::add_bucket(uint32_t batch) {
  const auto b = static_cast<int32_t>(batch);
  const auto step = [this](const char* name, const char* op, uint32_t kernel_number, auto... o) {
    const auto begin = static_cast<uint32_t>(operands_.size());
    (operands_.push_back(o), ...);
    steps_.push_back({name, op, kernel_number, begin, sizeof...(o), 24});
  };
  buckets_.push_back(
      {batch, static_cast<uint32_t>(steps_.size()), 3, 128 * ((48u * batch + 127) / 128)});
  step("embed", "affine", 0u, operand(VITGEN_SLOT_INPUT, 0, {kTokens, b}),
       operand(VITGEN_SLOT_WEIGHT, 0, {kTokens}),
       operand(VITGEN_SLOT_ARENA, 0, {kTokens, b}, true));
  step("head", "linear", 1u, operand(VITGEN_SLOT_ARENA, 0, {kTokens, b}),
       operand(VITGEN_SLOT_WEIGHT, 1, {kTokens, kClasses}),
       operand(VITGEN_SLOT_OUTPUT, 0, {kClasses, b}, true));
  step("pool", "pool", 2u, operand(VITGEN_SLOT_ARENA, 0, {kTokens, b}),
       operand(VITGEN_SLOT_OUTPUT, 1, {kPooled, b}, true));
}

std::string FakeModel::write_file(const std::string& name, size_t bytes) const {
  static const ::vitgen::testing::Scratch scratch;
  const std::string path = scratch.at(name);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(file_), static_cast<std::streamsize>(bytes));
  return path;
}

std::vector<float> FakeModel::logits(const std::vector<float>& input) const {
  const auto* scale = reinterpret_cast<const float*>(file_ + kWeights[0].offset);
  const auto* weight = reinterpret_cast<const float*>(file_ + kWeights[1].offset);
  std::vector<float> out;
  for (size_t image = 0; image * kTokens < input.size(); ++image) {
    for (int c = 0; c < kClasses; ++c) {
      float sum = 0;
      for (int t = 0; t < kTokens; ++t) {
        const float hidden = input[image * kTokens + static_cast<size_t>(t)] * scale[t] + 1.0f;
        sum += hidden * weight[c * kTokens + t];
      }
      out.push_back(sum);
    }
  }
  return out;
}

std::vector<float> FakeModel::pooled(const std::vector<float>& input) const {
  const auto* scale = reinterpret_cast<const float*>(file_ + kWeights[0].offset);
  std::vector<float> hidden;
  for (size_t i = 0; i < input.size(); ++i) hidden.push_back(input[i] * scale[i % kTokens] + 1.0f);
  std::vector<float> out;
  for (size_t i = 0; i < hidden.size(); i += 4) {
    out.push_back(hidden[i] + hidden[i + 1] + hidden[i + 2] + hidden[i + 3]);
  }
  return out;
}

std::vector<float> images(size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> values(-2.0f, 2.0f);
  std::vector<float> out(n * kTokens);
  for (float& v : out) v = values(random);
  return out;
}

vitgen_api_options open_options() {
  vitgen_api_options options = {};
  options.struct_size = sizeof options;
  return options;
}

vitgen_api_context_options context_options(int threads) {
  vitgen_api_context_options options = {};
  options.struct_size = sizeof options;
  options.flags = VITGEN_API_EXACT_THREADS;
  options.threads = threads;
  return options;
}

Session::Session(FakeModel& fake, vitgen_api_context_options options) {
  if (options.struct_size == 0) options = context_options();
  fake.table();
  char text[256] = "";
  vitgen_api_options open = open_options();
  open.error_text = options.error_text = text;
  open.error_text_bytes = options.error_text_bytes = sizeof text;
  EXPECT_EQ(vitgen_api_open_memory(fake.file(), fake.file_bytes(), &open, &model), VITGEN_API_OK)
      << text;
  EXPECT_EQ(vitgen_api_context_create(model, &options, &context), VITGEN_API_OK) << text;
}

Session::~Session() {
  EXPECT_EQ(vitgen_api_context_destroy(context), VITGEN_API_OK);
  EXPECT_EQ(vitgen_api_close(model), VITGEN_API_OK);
}

}  // namespace vitgen::test
