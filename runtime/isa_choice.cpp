#include "runtime/isa_choice.h"

#include <string.h>

#include "runtime/cpu.h"

namespace vitgen::rt {
namespace {

/// Enough for a reason, so that it fits behind the list of variants.
enum : uint32_t { kReasonBytes = 192 };

/// `reason` goes on after "it ".
int try_cpu(const vitgen_isa& isa, Text& reason) {
  const CpuState cpu = cpu_read();
  if ((isa.features & ~cpu_features(cpu)) == 0) return VITGEN_API_OK;
  reason << "lacks ";
  cpu_missing(cpu, isa.features, reason);
  return VITGEN_API_E_ISA;
}

int try_gpu(const vitgen_table& table, const vitgen_api_options& options, IsaChoice& choice,
            Text& reason) {
  reason << "needs a GPU: ";
  if ((options.flags & VITGEN_API_NO_DEVICE) != 0) {
    reason << "flag NO_DEVICE is set";
    return VITGEN_API_E_DEVICE;
  }
  return cuda_model_open(table, choice.isa, options.device, choice.cuda, reason);
}

/// Whether the next variant may serve, instead of telling what is wrong.
bool is_passed_over(int code) { return code == VITGEN_API_E_ISA || code == VITGEN_API_E_DEVICE; }

void list_isas(const vitgen_table& table, Text& why) {
  for (uint32_t i = 0; i < table.isa_count; ++i) why << (i == 0 ? "" : ", ") << table.isas[i].name;
}

int refuse_all(const vitgen_table& table, int code, const char* reason, Text& why) {
  why << "isa: none of ";
  list_isas(table, why);
  why << " can run on this machine; the last one " << reason;
  return code;
}

}  // namespace

int choose_isa(const vitgen_table& table, const vitgen_api_options& options, IsaChoice& choice,
               Text& why) {
  char buffer[kReasonBytes] = "";
  int code = VITGEN_API_E_ISA;
  for (choice = {}; choice.isa < table.isa_count; ++choice.isa) {
    const vitgen_isa& isa = table.isas[choice.isa];
    if (options.isa != nullptr && strcmp(options.isa, isa.name) != 0) continue;
    Text reason = text_in(buffer, sizeof buffer);
    code = isa.capability != 0 ? try_gpu(table, options, choice, reason) : try_cpu(isa, reason);
    if (code == VITGEN_API_OK) return code;
    if (options.isa == nullptr && is_passed_over(code)) continue;
    why << "isa: '" << isa.name << "' cannot run on this machine, it " << buffer;
    return code;
  }
  if (options.isa == nullptr) return refuse_all(table, code, buffer, why);
  why << "isa: no variant '" << Quoted{options.isa, 64} << "' inside; there is ";
  list_isas(table, why);
  return VITGEN_API_E_ISA;
}

}  // namespace vitgen::rt
