// wgmma: products of four warps, whose factors lie in shared memory. PTX ISA, "Asynchronous
// Warpgroup Level Matrix Instructions".
//
// Each warp computes its 16 rows by itself, when it waits: until then whoever touches a sum or
// changes a factor makes an error.

#include <algorithm>
#include <array>
#include <bit>

#include "tests/ptx/opcodes/fragments.h"
#include "tests/ptx/opcodes/numbers.h"
#include "tests/ptx/parse/statement.h"
#include "tests/ptx/run/thread.h"

namespace vitgen::ptx {

namespace {

constexpr int kRows = 16;  ///< of a warp
constexpr int kDepth = 16;
constexpr std::uint32_t kWarps = 4;

/// What a descriptor says of a factor with k innermost.
struct Factor {
  std::uint64_t start = 0;
  std::uint64_t depth_bytes = 0;  ///< from 8 terms to the next, without a swizzle
  std::uint64_t rows_bytes = 0;   ///< from 8 rows to the next
  int swizzle = 0;                ///< 0: none, 1: of 128 bytes, 2: of 64, 3: of 32
};

Factor factor_of(std::uint64_t descriptor) {
  const auto field = [&](int first) { return (descriptor >> first & 0x3fff) << 4; };
  if ((descriptor >> 49 & 7) != 0) throw Fault("wgmma: a base offset is not known here");
  return {field(0), field(16), field(32), static_cast<int>(descriptor >> 62)};
}

// Rows of 8 x 16 bits lie 16 bytes apart without a swizzle, else as many as it has; bits 4 to 6 of
// an address change by those from 7 on.
std::uint64_t address_of(const Factor& f, int row, int k) {
  const auto r = static_cast<std::uint64_t>(row), depth = static_cast<std::uint64_t>(k);
  std::uint64_t address = f.start + r / 8 * f.rows_bytes;
  if (f.swizzle == 0) return address + r % 8 * 16 + depth / 8 * f.depth_bytes + depth % 8 * 2;
  address += r % 8 * (std::uint64_t{256} >> f.swizzle) + depth * 2;
  const std::uint64_t mask = (std::uint64_t{16} >> f.swizzle) - 1;
  return address ^ (address >> 7 & mask) << 4;
}

// What threads wrote, the asynchronous proxy sees after their fence only.
void check_fence(const Thread& thread, std::uint64_t address) {
  const SharedMemory::Writer writer = thread.block->shared.last_writer(address);
  if (writer.exists && writer.time >= thread.block->threads[writer.thread].proxy_time) {
    throw Fault("wgmma reads what was written without fence.proxy.async after it");
  }
}

template <class T>
double element_of(Thread& thread, const Factor& factor, int row, int k) {
  const std::uint64_t address = address_of(factor, row, k);
  T value;
  thread.read(Space::shared, address, &value, sizeof value);
  check_fence(thread, address);
  return to_double(value);
}

using Left = std::array<std::array<double, kDepth>, kRows>;

template <class T>
Left left_of(const Product& product, Warp& warp) {
  Left left{};
  if (product.fragment.empty()) {
    const Factor factor = factor_of(product.left);
    const int first = static_cast<int>(warp.number % kWarps) * kRows;
    for (int row = 0; row < kRows; ++row) {
      for (int k = 0; k < kDepth; ++k) {
        left[static_cast<std::size_t>(row)][static_cast<std::size_t>(k)] =
            element_of<T>(warp.lanes[0], factor, first + row, k);
      }
    }
    return left;
  }
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 8; ++i) {
      const Element at = a_element(lane, i);
      const std::uint32_t both = product.fragment[static_cast<std::size_t>(4 * lane + i / 2)];
      const auto half = std::bit_cast<T>(static_cast<std::uint16_t>(both >> (16 * (i % 2))));
      left[static_cast<std::size_t>(at.row)][static_cast<std::size_t>(at.column)] = to_double(half);
    }
  }
  return left;
}

// `count` is the columns. A sum of 16 products and what was there, rounded once.
template <class T>
void multiply(const Product& product, Warp& warp) {
  const Instruction& i = *product.instruction;
  const int columns = static_cast<int>(i.count), sums = columns / 2;
  const Left left = left_of<T>(product, warp);
  std::vector<std::array<double, kDepth>> right(i.count);
  const Factor factor = factor_of(product.right);
  for (int n = 0; n < columns; ++n) {
    for (int k = 0; k < kDepth; ++k) {
      right[static_cast<std::size_t>(n)][static_cast<std::size_t>(k)] =
          element_of<T>(warp.lanes[0], factor, n, k);
    }
  }
  std::vector<float>& all = warp.sums.at(i.operands[0]);
  for (int lane = 0; lane < 32; ++lane) {
    for (int s = 0; s < sums; ++s) {
      const Element at = wide_c_element(lane, s);
      float& sum = all[static_cast<std::size_t>(lane * sums + s)];
      double exact = product.adds ? static_cast<double>(sum) : 0;
      for (std::size_t k = 0; k < kDepth; ++k) {
        exact += left[static_cast<std::size_t>(at.row)][k] *
                 right[static_cast<std::size_t>(at.column)][k];
      }
      sum = static_cast<float>(exact);
    }
  }
}

constexpr std::uint64_t kChunk = 16;  ///< bytes: a row of 8 terms

/// visit(address) of each row of 8 terms that the warp's part of the product reads.
template <class Visit>
void for_each_chunk(const Product& product, const Warp& warp, const Visit& visit) {
  const auto rows_of = [&](std::uint64_t descriptor, int first, int rows) {
    const Factor factor = factor_of(descriptor);
    for (int row = first; row < first + rows; ++row) {
      for (int k = 0; k < kDepth; k += 8) visit(address_of(factor, row, k));
    }
  };
  rows_of(product.right, 0, static_cast<int>(product.instruction->count));
  if (!product.fragment.empty()) return;
  rows_of(product.left, static_cast<int>(warp.number % kWarps) * kRows, kRows);
}

void begin_reads(const Product& product, const Warp& warp) {
  SharedMemory& shared = warp.lanes->block->shared;
  for_each_chunk(product, warp, [&](std::uint64_t address) {
    if (address + kChunk > shared.size()) throw Fault("out of bounds: a factor of wgmma");
    check_arrival(warp.lanes[0], address, kChunk);
    shared.begin_read_in_flight(address);
  });
}

void end_reads(const Product& product, const Warp& warp) {
  SharedMemory& shared = warp.lanes->block->shared;
  for_each_chunk(product, warp, [&](std::uint64_t address) {
    shared.end_read_in_flight(address);
    if (!warp.lanes->block->barriers.empty()) {
      shared.note_product(address, warp.number, warp.epoch + 1);
    }
  });
}

void require_warpgroup(const Warp& warp, std::uint32_t lanes) {
  if (lanes != ~0u || warp.number / kWarps * kWarps + kWarps > warp.lanes->block->warps.size()) {
    throw Fault("wgmma needs all lanes of four warps");
  }
}

std::uint64_t same_in_all(const Warp& warp, Slot slot) {
  const auto value = warp.lanes[0].get<std::uint64_t>(slot);
  for (std::uint32_t lane = 1; lane < warp.size; ++lane) {
    if (warp.lanes[lane].get<std::uint64_t>(slot) != value) {
      throw Fault("wgmma: a descriptor differs between lanes");
    }
  }
  return value;
}

// The sums go from their registers to the warp, or are there from the product before.
void take_sums(const Instruction& i, Warp& warp) {
  const std::uint32_t sums = i.count / 2;
  const bool begins = !warp.sums.contains(i.operands[0]);
  warp.in_flight.resize(warp.lanes->block->function.slots);
  for (std::uint32_t s = 0; s < sums; ++s) {
    if (warp.in_flight[i.operands[s]] == begins) {
      throw Fault("wgmma: other sums than those of the product in flight");
    }
  }
  std::vector<float>& all = warp.sums[i.operands[0]];
  for (std::uint32_t lane = 0; begins && lane < kLanes; ++lane) {
    for (std::uint32_t s = 0; s < sums; ++s) {
      all.push_back(warp.lanes[lane].get<float>(i.operands[s]));
      warp.in_flight[i.operands[s]] = true;
    }
  }
  if (all.size() != std::size_t{kLanes} * sums) {
    throw Fault("wgmma: more or fewer sums than those of the product in flight");
  }
}

// Operands: sums, right descriptor, whether to add, then the left descriptor or its registers.
// `constant2`: the left factor is in registers.
void execute_product(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  require_warpgroup(warp, lanes);
  const std::uint32_t sums = i.count / 2;
  const Slot* rest = i.operands + sums;
  Product product{.instruction = &i, .right = same_in_all(warp, rest[0])};
  product.adds = warp.lanes[0].registers[rest[1]] != 0;
  product.group = warp.product_group;
  if (i.constant2 == 0) product.left = same_in_all(warp, rest[2]);
  for (std::uint32_t lane = 0; i.constant2 != 0 && lane < kLanes; ++lane) {
    for (std::uint32_t r = 0; r < 4; ++r) {
      product.fragment.push_back(warp.lanes[lane].get<std::uint32_t>(rest[2 + r]));
    }
  }
  take_sums(i, warp);
  begin_reads(product, warp);
  warp.products.push_back(std::move(product));
}

void execute_fence(const Instruction&, Warp& warp, std::uint32_t lanes) {
  require_warpgroup(warp, lanes);
}

void execute_commit(const Instruction&, Warp& warp, std::uint32_t lanes) {
  require_warpgroup(warp, lanes);
  ++warp.product_group;
}

void write_sums(Warp& warp, const Instruction& i) {
  const auto found = warp.sums.find(i.operands[0]);
  if (found == warp.sums.end()) return;
  const std::uint32_t sums = i.count / 2;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    for (std::uint32_t s = 0; s < sums; ++s) {
      warp.lanes[lane].set(i.operands[s], found->second[lane * sums + s]);
      warp.in_flight[i.operands[s]] = false;
    }
  }
  warp.sums.erase(found);
}

void execute_wait(const Instruction& i, Warp& warp, std::uint32_t lanes) {
  require_warpgroup(warp, lanes);
  std::vector<Product> finished, later;
  for (Product& each : warp.products) {
    const bool waits = each.group + static_cast<std::uint32_t>(i.constant) >= warp.product_group;
    (waits ? later : finished).push_back(std::move(each));
  }
  warp.products = std::move(later);
  for (const Product& each : finished) {
    const bool is_half = each.instruction->constant == static_cast<std::int64_t>(Type::f16);
    (is_half ? &multiply<Half> : &multiply<Bfloat>)(each, warp);
    end_reads(each, warp);
  }
  for (const Product& each : finished) {
    const bool goes_on = std::ranges::any_of(warp.products, [&](const Product& other) {
      return other.instruction->operands[0] == each.instruction->operands[0];
    });
    if (!goes_on) write_sums(warp, *each.instruction);
  }
}

/// The columns of ".m64n128k16".
std::uint32_t take_columns(Statement& s) {
  for (std::uint32_t n = 8; n <= 256; n += 8) {
    const std::string shape = "m64n" + std::to_string(n) + "k16";
    if (s.take(shape)) return n;
  }
  s.fail("is not known for this shape");
}

// d, a, b, scale-d, scale of a, of b, transposes: two with a descriptor of a, else one.
Decoded decode_product(Statement& s) {
  const std::uint32_t columns = take_columns(s);
  const Type d = s.take_type(), a = s.take_type(), b = s.take_type();
  if (d != Type::f32 || a != b || (a != Type::f16 && a != Type::bf16)) {
    s.fail("is not known for these types");
  }
  const bool in_registers = s.operand(1).kind == Operand::Kind::vector;
  const std::size_t operands = in_registers ? 7 : 8;
  s.expect_operands(operands, operands);
  if (s.number(4) != 1 || s.number(5) != 1) s.fail("is known with scales of 1 only");
  for (std::size_t i = 6; i < operands; ++i) {
    if (s.number(i) != 0) s.fail("is known with k innermost only");
  }
  const auto sums = s.vector(0, columns / 2), left = s.vector(1, in_registers ? 4 : 1);
  Decoded decoded{.together = &execute_product, .operands = {sums.begin(), sums.end()}};
  decoded.operands.push_back(s.value(2));
  decoded.operands.push_back(s.value(3));
  decoded.operands.insert(decoded.operands.end(), left.begin(), left.end());
  decoded.count = columns;
  decoded.constant = static_cast<std::int64_t>(a);
  decoded.constant2 = in_registers ? 1 : 0;
  decoded.takes_sums_in_flight = true;
  return decoded;
}

Decoded decode_wgmma(Statement& s) {
  const std::string_view what = s.take_one({"fence", "mma_async", "commit_group", "wait_group"});
  if (!s.take("sync") || !s.take("aligned")) s.fail("lacks .sync.aligned");
  if (what == "fence") return {.together = &execute_fence};
  if (what == "commit_group") return {.together = &execute_commit};
  if (what == "wait_group") return {.together = &execute_wait, .constant = s.number(0)};
  if (what == "mma_async") return decode_product(s);
  s.fail("is not known");
}

constexpr Opcode kOpcodes[] = {{"wgmma", decode_wgmma}};

}  // namespace

std::span<const Opcode> warpgroup_opcodes() { return kOpcodes; }

}  // namespace vitgen::ptx
