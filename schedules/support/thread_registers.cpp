#include "schedules/support/thread_registers.h"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "generators/base/error.h"

namespace vitgen {

using Halide::Expr;
using namespace Halide::Internal;

namespace {

/// Replaces the index of each access to one allocation by `slot(index)`; the index it passes is
/// free of let variables.
class MapIndices : public IRMutator {
 public:
  MapIndices(std::string allocation, std::function<int(const Expr&)> slot)
      : allocation_(std::move(allocation)), slot_(std::move(slot)) {}

  const std::vector<std::string>& threads() const { return threads_; }  ///< loop variables met

 private:
  using IRMutator::visit;

  Stmt visit(const For* op) override {
    if (op->for_type == ForType::GPUThread) threads_.push_back(op->name);
    return IRMutator::visit(op);
  }
  Stmt visit(const LetStmt* op) override { return visit_let<Stmt>(op); }
  Expr visit(const Let* op) override { return visit_let<Expr>(op); }
  Expr visit(const Load* op) override {
    if (op->name != allocation_) return IRMutator::visit(op);
    return Load::make(op->type, op->name, mapped(op->index), op->image, op->param, op->predicate,
                      {});
  }
  Stmt visit(const Store* op) override {
    if (op->name != allocation_) return IRMutator::visit(op);
    return Store::make(op->name, mutate(op->value), mapped(op->index), op->param, op->predicate,
                       {});
  }

  template <class Result, class LetNode>
  Result visit_let(const LetNode* op) {
    const Expr value = mutate(op->value);
    lets_.emplace_back(op->name, op->value);
    const Result body = mutate(op->body);
    lets_.pop_back();
    return LetNode::make(op->name, value, body);
  }

  int mapped(Expr index) const {
    for (auto let = lets_.rbegin(); let != lets_.rend(); ++let) {
      index = substitute(let->first, let->second, index);
    }
    return slot_(simplify(index));
  }

  std::string allocation_;
  std::function<int(const Expr&)> slot_;
  std::vector<std::pair<std::string, Expr>> lets_;
  std::vector<std::string> threads_;
};

[[noreturn]] void fail(const std::string& allocation) {
  throw Error(ExitCode::internal, "THREAD_REGISTERS",
              "the threads of a block do not keep fixed elements of " + allocation);
}

/// The elements that a thread touches, numbered from 0.
class Slots {
 public:
  Slots(const Allocate& op) : name_(op.name) {
    std::vector<Expr> indices;
    MapIndices collect(name_, [&](const Expr& index) {
      indices.push_back(index);
      return 0;
    });
    collect.mutate(op.body);
    threads_ = collect.threads();
    if (threads_.empty()) return;
    for (const Expr& index : indices) {
      if (is_const(simplify(index - indices.front()))) slots_[of_thread_0(index)] = 0;
    }
    int count = 0;
    for (auto& [element, slot] : slots_) slot = count++;
  }

  bool empty() const { return slots_.empty(); }
  int count() const { return static_cast<int>(slots_.size()); }

  /// Where a guard leaves a single thread, its number may have been put into the index. No thread
  /// but 0 keeps an element of thread 0, so any other thread's number is noticed here.
  int slot(const Expr& index) const {
    const auto found = slots_.find(of_thread_0(index));
    if (found == slots_.end()) fail(name_);
    return found->second;
  }

 private:
  /// The element that thread 0 touches where a thread touches `index`.
  std::int64_t of_thread_0(Expr index) const {
    for (const std::string& thread : threads_) index = substitute(thread, 0, index);
    const auto value = as_const_int(simplify(index));
    if (!value) fail(name_);
    return *value;
  }

  std::string name_;
  std::vector<std::string> threads_;
  std::map<std::int64_t, int> slots_;  ///< by the element of thread 0
};

class ThreadRegisters : public IRMutator {
 private:
  using IRMutator::visit;

  Stmt visit(const Allocate* op) override {
    if (op->memory_type != Halide::MemoryType::Register) return IRMutator::visit(op);
    const Slots slots(*op);
    if (slots.empty()) return IRMutator::visit(op);  // already inside one thread
    MapIndices renumber(op->name, [&](const Expr& index) { return slots.slot(index); });
    return Allocate::make(op->name, op->type, op->memory_type, {slots.count()}, op->condition,
                          mutate(renumber.mutate(op->body)), op->new_expr, op->free_function,
                          op->padding);
  }
};

}  // namespace

std::shared_ptr<IRMutator> thread_registers() { return std::make_shared<ThreadRegisters>(); }

}  // namespace vitgen
