#pragma once
// A network of any kind as one value: its hyper-parameters by name, and what its kind makes of
// them.
//
// A kind is a struct of hyper-parameters with `static constexpr std::string_view kind`, `visit` and
// `==`, and beside it these free functions:
//   void check(const Spec&);                             throws CFG_RANGE, CFG_INCONSISTENT, ...
//   Spec sized_for(const Spec&, const PlanOptions&);     with the input's size of the options
//   Plan lower(const Spec&, const PlanOptions&);         the kernel calls
//   std::string summary(const Spec&);                    its sizes in half a line

#include <string>
#include <string_view>

#include "generators/base/visit.h"
#include "generators/plan/plan.h"
#include "generators/plan/plan_options.h"

namespace vitgen {

/// What a kind of network can do, over the text form of its hyper-parameters.
struct NetworkKind {
  std::string_view name;
  void (*check)(const Fields& fields);
  Fields (*sized_for)(const Fields& fields, const PlanOptions& options);
  Plan (*lower)(const Fields& fields, const PlanOptions& options);
  std::string (*summary)(const Fields& fields);
};

template <class Spec>
inline constexpr NetworkKind kNetworkKind = {
    Spec::kind, [](const Fields& fields) { check(from_fields<Spec>(fields)); },
    [](const Fields& fields, const PlanOptions& options) {
      return to_fields(sized_for(from_fields<Spec>(fields), options));
    },
    [](const Fields& fields, const PlanOptions& options) {
      return lower(from_fields<Spec>(fields), options);
    },
    [](const Fields& fields) { return summary(from_fields<Spec>(fields)); }};

/// One of no kind has no fields, and nothing may be asked of it.
class Network {
 public:
  Network() = default;
  template <class Spec>
    requires requires { Spec::kind; }
  explicit Network(const Spec& spec) : kind_(&kNetworkKind<Spec>), fields_(to_fields(spec)) {}

  std::string_view kind() const { return kind_ ? kind_->name : ""; }
  const Fields& fields() const { return fields_; }
  std::string summary() const { return kind_->summary(fields_); }
  /// The same network for the input size of `options`: the one that its plan will have.
  Network sized_for(const PlanOptions& options) const {
    Network sized = *this;
    sized.fields_ = kind_->sized_for(fields_, options);
    return sized;
  }
  /// Its plan, checked, with its arena assigned; throws what the kind's lower() throws.
  Plan lower(const PlanOptions& options) const { return kind_->lower(fields_, options); }

  /// The hyper-parameters of a network of the kind Spec.
  template <class Spec>
  Spec as() const {
    if (kind() != Spec::kind) {
      throw Error(
          ExitCode::internal, "NETWORK_KIND",
          "a network of kind '" + std::string(kind()) + "' is no " + std::string(Spec::kind));
    }
    return from_fields<Spec>(fields_);
  }
  bool operator==(const Network&) const = default;

 private:
  const NetworkKind* kind_ = nullptr;
  Fields fields_;
};

}  // namespace vitgen
