#pragma once
// What can be told of a kernel from its code without running it: of a CPU's the innermost loops
// that do its work, what spoils them, and how long the CPU's model says that they take; of a GPU's
// what its assembler says.

#include <string>
#include <string_view>

namespace vitgen {

/// Of a kernel's hot loops: the innermost loops with at least half of the products of the largest;
/// where nothing is multiplied and added, the innermost loop with the most vector instructions.
struct CodeFacts {
  int loops = 0;
  int instructions = 0;  ///< per iteration of each, summed
  int fmas = 0;          ///< vector products with a sum: FMAs, dot products, tile products
  double flops = 0;      ///< operations of FMAs, those of single numbers too
  int vector_bits = 0;   ///< of the widest register
  int spills = 0;        ///< vector and tile registers loaded from or stored to a fixed stack slot
  int calls = 0;
  double mca_cycles = 0;  ///< per iteration of each, summed; 0: not known
  /// Floating-point operations of FMAs per cycle, if each loop does the same number; 0: not known.
  double flops_per_cycle = 0;
  // Of code for a GPU, the most of its entries; 0 where nobody was asked.
  int registers = 0;         ///< of a thread
  int spilled_bytes = 0;     ///< of a thread: registers stored to memory and loaded again
  bool loses_speed = false;  ///< as its assembler says: AssemblerReport::losses
};

/// Facts of an ELF object for x86-64, as seen by LLVM's model of `cpu`. Throws CODE_FACTS if it is
/// none.
CodeFacts code_facts(std::string_view object, std::string_view cpu);

/// Why code with such facts cannot be the fastest; empty if nothing speaks against it.
/// `wants_fmas`: the op is made of products. `vector_bits`: of the machine.
std::string code_fault(const CodeFacts& facts, bool wants_fmas, int vector_bits);

}  // namespace vitgen
