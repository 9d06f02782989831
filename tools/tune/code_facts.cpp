#include "tools/tune/code_facts.h"

#include <fmt/format.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>
#include <optional>

#include "generators/base/error.h"
#include "tools/tune/mca.h"

namespace vitgen {

namespace {

constexpr int kSpillShare = 4;   // more than one spill for so many FMAs is too much
constexpr int kTileBits = 8192;  // 16 rows of 64 bytes

struct Loop {
  std::span<const CodeLine> body;  // with its back branch
  CodeFacts facts;
  int vector_instructions = 0;
};

int register_bits(llvm::StringRef name) {
  if (name.starts_with("ZMM")) return 512;
  if (name.starts_with("YMM")) return 256;
  if (name.starts_with("XMM")) return 128;
  if (name.starts_with("TMM")) return kTileBits;
  return 0;
}

int widest_register(const TargetCode& code, const llvm::MCInst& inst) {
  int bits = 0;
  for (const llvm::MCOperand& operand : inst) {
    if (!operand.isReg() || operand.getReg() == 0) continue;
    bits = std::max(bits, register_bits(code.registers->getName(operand.getReg())));
  }
  return bits;
}

// x86 memory operands are base, scale, index, displacement, segment.
bool fixed_stack_slot(const TargetCode& code, const llvm::MCInst& inst) {
  const llvm::MCInstrDesc& about = code.instructions->get(inst.getOpcode());
  if (!about.mayLoad() && !about.mayStore()) return false;
  for (unsigned i = 0; i + 3 < inst.getNumOperands(); ++i) {
    const llvm::MCOperand& base = inst.getOperand(i);
    const llvm::MCOperand& index = inst.getOperand(i + 2);
    if (!base.isReg() || base.getReg() == 0 || !inst.getOperand(i + 1).isImm()) continue;
    if (!index.isReg() || index.getReg() != 0) continue;
    if (llvm::StringRef(code.registers->getName(base.getReg())) == "RSP") return true;
  }
  return false;
}

bool is_fma(llvm::StringRef name) {
  for (const char* start : {"VFMADD", "VFNMADD", "VFMSUB", "VFNMSUB", "VPDP", "VDPBF16", "TDP"}) {
    if (name.starts_with(start)) return true;
  }
  return false;
}

// "VFMADD231SSr": one product in the lowest lane.
bool is_scalar(llvm::StringRef name) { return name.contains("SS") || name.contains("SD"); }

void read_line(const TargetCode& code, const llvm::MCInst& inst, Loop& loop) {
  const llvm::StringRef name = code.instructions->getName(inst.getOpcode());
  const int bits = widest_register(code, inst);
  loop.facts.vector_bits = std::max(loop.facts.vector_bits, bits);
  loop.vector_instructions += bits > 0;
  loop.facts.calls += code.instructions->get(inst.getOpcode()).isCall();
  loop.facts.spills += bits > 0 && fixed_stack_slot(code, inst);
  if (!is_fma(name)) return;
  constexpr int kFloatBits = 32;
  loop.facts.fmas += !is_scalar(name);
  loop.facts.flops += is_scalar(name) ? 2 : 2.0 * bits / kFloatBits;
}

bool inside(const Loop& a, const Loop& b) {
  const auto first = a.body.front().address, last = a.body.back().address;
  const auto outer_first = b.body.front().address, outer_last = b.body.back().address;
  const bool same = first == outer_first && last == outer_last;
  return !same && first >= outer_first && last <= outer_last;
}

bool is_return(const TargetCode& code, const CodeLine& line) {
  return code.instructions->get(line.inst.getOpcode()).isReturn();
}

std::vector<Loop> innermost_loops(const TargetCode& code, std::span<const CodeLine> lines) {
  std::vector<Loop> all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].target == kNoTarget || lines[i].target > lines[i].address) continue;
    const auto begin = std::ranges::lower_bound(lines, lines[i].target, {}, &CodeLine::address);
    if (begin == lines.end() || begin->address != lines[i].target) continue;
    const auto first = static_cast<std::size_t>(begin - lines.begin());
    const std::span<const CodeLine> body = lines.subspan(first, i - first + 1);
    // A branch back past the end of another path is no loop of neighbouring lines.
    const auto returns = [&](const CodeLine& line) { return is_return(code, line); };
    if (std::ranges::none_of(body, returns)) all.push_back({.body = body, .facts = {}});
  }
  std::vector<Loop> innermost;
  for (const Loop& loop : all) {
    const auto contained = [&](const Loop& other) { return inside(other, loop); };
    if (std::ranges::none_of(all, contained)) innermost.push_back(loop);
  }
  return innermost;
}

void read_loop(const TargetCode& code, Loop& loop) {
  loop.facts.loops = 1;
  loop.facts.instructions = static_cast<int>(loop.body.size());
  for (const CodeLine& line : loop.body) read_line(code, line.inst, loop);
}

// A half: loops of one nest differ by the rows or columns of their tiles, not by more.
std::vector<Loop> hot_loops(std::vector<Loop> loops) {
  const auto work = [](const Loop& loop) { return loop.facts.flops; };
  const auto vectors = [](const Loop& loop) { return loop.vector_instructions; };
  if (loops.empty()) return loops;
  const double most = work(*std::ranges::max_element(loops, {}, work));
  if (most == 0) return {*std::ranges::max_element(loops, {}, vectors)};
  std::erase_if(loops, [&](const Loop& loop) { return 2 * work(loop) < most; });
  return loops;
}

CodeFacts sum_of(const TargetCode& code, const std::vector<Loop>& hot) {
  CodeFacts sum;
  double cycles_per_flop = 0;  // summed over the loops
  bool known = !hot.empty();
  for (const Loop& loop : hot) {
    // What a call does is not known, and LLVM warns of it on stderr.
    const double cycles = loop.facts.calls > 0 ? 0 : loop_cycles(code, loop.body);
    known = known && cycles > 0 && loop.facts.flops > 0;
    if (known) cycles_per_flop += cycles / loop.facts.flops;
    ++sum.loops;
    sum.instructions += loop.facts.instructions;
    sum.fmas += loop.facts.fmas;
    sum.flops += loop.facts.flops;
    sum.vector_bits = std::max(sum.vector_bits, loop.facts.vector_bits);
    sum.spills += loop.facts.spills;
    sum.calls += loop.facts.calls;
    sum.mca_cycles += cycles;
  }
  if (known) sum.flops_per_cycle = static_cast<double>(hot.size()) / cycles_per_flop;
  return sum;
}

[[noreturn]] void no_object(llvm::Error error) {
  throw Error(ExitCode::internal, "CODE_FACTS",
              "an object file cannot be read: " + printable(llvm::toString(std::move(error))));
}

}  // namespace

CodeFacts code_facts(std::string_view object, std::string_view cpu) {
  auto file = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(object.data(), object.size()), "kernel"));
  if (!file) no_object(file.takeError());
  const TargetCode code(cpu);
  std::vector<std::vector<CodeLine>> sections;
  std::vector<Loop> loops;
  for (const llvm::object::SectionRef& section : (*file)->sections()) {
    if (!section.isText()) continue;
    auto bytes = section.getContents();
    if (!bytes) no_object(bytes.takeError());
    sections.push_back(code.decode({bytes->bytes_begin(), bytes->size()}));
    for (Loop& loop : innermost_loops(code, sections.back())) {
      read_loop(code, loop);
      loops.push_back(std::move(loop));
    }
  }
  return sum_of(code, hot_loops(std::move(loops)));
}

std::string code_fault(const CodeFacts& facts, bool wants_fmas, int vector_bits) {
  // With more registers than there are a thread waits for memory inside of its loops.
  if (facts.spilled_bytes > 0) {
    return fmt::format("{} bytes of spilled registers a thread, which has {}", facts.spilled_bytes,
                       facts.registers);
  }
  if (facts.loses_speed) return "products wait for one another, as the assembler says";
  if (facts.calls > 0) return fmt::format("{} calls in the hot loop", facts.calls);
  // One load in passing is cheap; sums that go through memory are not, and there are many of them.
  if (facts.spills * kSpillShare > (wants_fmas ? facts.fmas : facts.instructions)) {
    return fmt::format("{} spills and {} FMAs in the hot loop", facts.spills, facts.fmas);
  }
  if (!wants_fmas) return {};
  if (facts.fmas == 0) return "no FMA in a loop";
  if (facts.vector_bits < vector_bits) {
    return fmt::format("vectors of {} bits, the machine has {}", facts.vector_bits, vector_bits);
  }
  return {};
}

}  // namespace vitgen
