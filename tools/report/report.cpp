#include "tools/report/report.h"

#include "tools/emit/embedded_files.h"
#include "tools/emit/text_template.h"
#include "tools/report/sections.h"

namespace vitgen {

namespace {

std::string section(const std::string& id, const std::string& title, const std::string& content) {
  return "<section id=\"" + id + "\">\n<h2>" + title + "</h2>\n" + content + "</section>\n";
}

std::string data(const std::string& id, const Json& json) {
  return "<script type=\"application/json\" id=\"" + id + "\">" + script_json(json) + "</script>\n";
}

std::string facts_list(const ReportFacts& facts) {
  const BenchRecord& bench = facts.bench;
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"input", facts.input},
      {"output", facts.outputs},
      {"instruction set", bench.isa},
      {"GPU", bench.gpu ? bench.gpu->name : ""},
      {bench.gpu ? "host" : "machine", bench.cpu},
      {"measured", bench.date},
      {"made by", "vitgen " + bench.vitgen + ", Halide " + bench.halide + ", LLVM " + bench.llvm}};
  std::string out = "<dl class=\"facts\">\n";
  for (const auto& [name, value] : rows) {
    if (value.empty()) continue;
    out += "<div><dt>" + name + "</dt><dd>" + escaped(value) + "</dd></div>\n";
  }
  return out + "</dl>\n";
}

// The library's name is its user's choice; what model it is stands beside it.
std::string heading(const ReportFacts& facts) {
  const std::string& name = facts.bench.library;
  return escaped(facts.model.empty() ? name : name + ": " + facts.model);
}

}  // namespace

std::string report_page(const ReportFacts& facts) {
  const Json bench = bench_json(facts.bench);
  const Kinds kinds(facts.bench);
  const Source bench_source{"bench", bench};
  std::string sections = figures_section(facts.bench, bench_source);
  std::string documents = data("bench", bench);
  sections += section("time", "Where the time goes", time_section(facts.bench, kinds));
  sections += section("kernels", "Kernels", cells_section(facts.bench, kinds, bench_source));
  if (facts.peers) {
    const Json peers = peers_json(*facts.peers);
    sections += section("peers", "Other programs", peers_section(*facts.peers, {"peers", peers}));
    documents += data("peers", peers);
  }
  if (!facts.tuning.empty()) {
    const Json tuning = history_json(facts.tuning);
    sections +=
        section("tuning", "How it was tuned", tuning_section(facts.tuning, {"tuning", tuning}));
    documents += data("tuning", tuning);
  }
  sections += section("machine", "The machine", machine_section(facts.bench, bench_source));
  return fill_template(embedded_report_page(), {{"TITLE", heading(facts)},
                                                {"TEXT", escaped(facts.bench.text)},
                                                {"FACTS", facts_list(facts)},
                                                {"SECTIONS", sections},
                                                {"DOCUMENTS", documents},
                                                {"STYLE", std::string(embedded_report_style())},
                                                {"SCRIPT", std::string(embedded_report_script())}});
}

}  // namespace vitgen
