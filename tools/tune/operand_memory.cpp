#include "tools/tune/operand_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "generators/base/error.h"
#include "generators/weights/float_bits.h"

namespace vitgen {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kMostSets = 256;

void fill(const Operand& operand, void* data, std::mt19937& random) {
  std::normal_distribution<float> normal;
  const auto count = static_cast<std::size_t>(operand.elements());
  if (operand.role == Role::output) {
    std::memset(data, 0xFF, static_cast<std::size_t>(operand.bytes()));  // a NaN of every float
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    switch (operand.dtype) {
      case DType::f32:
        static_cast<float*>(data)[i] = normal(random);
        break;
      case DType::bf16:
        static_cast<std::uint16_t*>(data)[i] = f32_to_bf16(normal(random));
        break;
      case DType::f16:
        static_cast<std::uint16_t*>(data)[i] = f32_to_f16(normal(random));
        break;
      case DType::u8:
        static_cast<std::uint8_t*>(data)[i] = static_cast<std::uint8_t>(random());
        break;
      case DType::i32:
        static_cast<std::int32_t*>(data)[i] = static_cast<std::int32_t>(random() % 256);
        break;
    }
  }
}

}  // namespace

OperandPages::OperandPages(std::size_t bytes, Placement placement) {
  const std::size_t inner = (bytes + kPage - 1) / kPage * kPage;
  size_ = inner + 2 * kPage;
  void* pages = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw Error(ExitCode::resources, "NOMEM", "no memory for the operands");
  base_ = static_cast<std::uint8_t*>(pages);
  if (placement != Placement::aligned) {
    ::mprotect(base_, kPage, PROT_NONE);
    ::mprotect(base_ + kPage + inner, kPage, PROT_NONE);
  }
  data_ = base_ + kPage + (placement == Placement::guard_after ? inner - bytes : 0);
}

OperandPages::OperandPages(OperandPages&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      data_(std::exchange(other.data_, nullptr)) {}

OperandPages& OperandPages::operator=(OperandPages&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  std::swap(data_, other.data_);
  return *this;
}

OperandPages::~OperandPages() {
  if (base_ != nullptr) ::munmap(base_, size_);
}

std::vector<void*> OperandMemory::pointers() const {
  std::vector<void*> list;
  for (const OperandPages& each : pages) list.push_back(each.data());
  return list;
}

std::string OperandMemory::outputs() const {
  std::string bytes;
  for (std::size_t i = first_output(operands); i < operands.size(); ++i) {
    bytes.append(static_cast<const char*>(pages[i].data()),
                 static_cast<std::size_t>(operands[i].bytes()));
  }
  return bytes;
}

OperandMemory fill_operands(std::vector<Operand> operands, std::uint32_t seed,
                            Placement placement) {
  OperandMemory memory{.operands = std::move(operands), .pages = {}};
  std::mt19937 random(seed);
  for (const Operand& operand : memory.operands) {
    memory.pages.emplace_back(static_cast<std::size_t>(operand.bytes()), placement);
    fill(operand, memory.pages.back().data(), random);
  }
  return memory;
}

std::uint64_t weight_sets(const std::vector<Operand>& operands, std::uint64_t bytes) {
  std::uint64_t weights = 0;
  for (const Operand& operand : operands) {
    if (operand.role == Role::weight) weights += static_cast<std::uint64_t>(operand.bytes());
  }
  return weights == 0 ? 1 : std::clamp<std::uint64_t>(bytes / weights, 1, kMostSets);
}

RotatedWeights rotate_weights(const OperandMemory& memory, std::uint64_t bytes) {
  RotatedWeights rotated;
  rotated.sets.push_back(memory.pointers());
  const std::uint64_t sets = weight_sets(memory.operands, bytes);
  while (rotated.sets.size() < sets) {
    std::vector<void*> pointers = memory.pointers();
    for (std::size_t i = 0; i < pointers.size(); ++i) {
      if (memory.operands[i].role != Role::weight) continue;
      const auto size = static_cast<std::size_t>(memory.operands[i].bytes());
      rotated.copies.emplace_back(size, Placement::aligned);
      std::memcpy(rotated.copies.back().data(), pointers[i], size);
      pointers[i] = rotated.copies.back().data();
    }
    rotated.sets.push_back(std::move(pointers));
  }
  return rotated;
}

}  // namespace vitgen
