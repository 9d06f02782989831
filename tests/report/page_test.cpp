// The page shows what its documents say, runs nothing that a file wrote, and needs nothing else.

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/report/sample.h"
#include "tools/report/html.h"
#include "tools/report/peers.h"

namespace vitgen {
namespace {

using testing::sample_facts;
using testing::sample_peers;
using testing::sample_tuning;

ReportFacts full_facts() {
  ReportFacts facts = sample_facts();
  facts.peers = parse_peers({.name = "p.json", .root = sample_peers(), .codes = peers_codes()});
  facts.tuning = sample_tuning();
  return facts;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

// The JSON document that the page carries under this id.
Json document(const std::string& page, const std::string& id) {
  const std::string open = "<script type=\"application/json\" id=\"" + id + "\">";
  const std::size_t begin = page.find(open);
  if (begin == page.npos) return nullptr;
  const std::size_t from = begin + open.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(ReportPage, EveryFigureIsTheRoundedFigureOfItsDocument) {
  const std::string page = report_page(full_facts());
  const std::regex shown("<span data-of=\"([a-z]+):([^\"]*)\">([^<]*)</span>");
  std::map<std::string, Json> documents;
  std::size_t figures = 0;
  for (auto it = std::sregex_iterator(page.begin(), page.end(), shown);
       it != std::sregex_iterator(); ++it, ++figures) {
    const std::string id = (*it)[1], pointer = (*it)[2], text = (*it)[3];
    if (!documents.contains(id)) documents[id] = document(page, id);
    const double value = documents[id].at(Json::json_pointer(pointer)).get<double>();
    const std::size_t dot = text.find('.');
    const std::size_t decimals = dot == text.npos ? 0 : text.size() - dot - 1;
    EXPECT_NEAR(std::stod(text), value, 0.5000001 * std::pow(10, -static_cast<double>(decimals)))
        << id << pointer;
  }
  EXPECT_EQ(figures, count(page, "data-of=\""));
  EXPECT_EQ(documents.size(), 3u) << "bench, peers, tuning";
  // Two cells with 8 figures on their card, 2 in the summary, 7 for each of 3 kernels and 4 steps.
  EXPECT_GE(figures, 2 * (8 + 2 + 7 * 7));
}

TEST(ReportPage, CarriesTheBenchmarkThatItShows) {
  const ReportFacts facts = full_facts();
  EXPECT_EQ(document(report_page(facts), "bench"), bench_json(facts.bench));
}

TEST(ReportPage, NeedsNothingFromElsewhere) {
  const std::string page = report_page(full_facts());
  for (const char* word :
       {"http:", "https:", "src=", "href=", "@import", "url(", "<link", "<img"}) {
    EXPECT_EQ(page.find(word), page.npos) << word;
  }
  EXPECT_NE(page.find("prefers-color-scheme: dark"), page.npos);
  EXPECT_NE(page.find("width=device-width"), page.npos);
}

// What it looks like no test can say; that it is there, in both schemes, it can.
TEST(ReportPage, ATableThatIsCutOffHasAShadeAtItsEdge) {
  const std::string page = report_page(full_facts());
  EXPECT_EQ(count(page, "--shade: "), 2u);
  const std::size_t rule = page.find(".scroll { overflow-x: auto;");
  ASSERT_NE(rule, page.npos);
  const std::string style = page.substr(rule, page.find('}', rule) - rule);
  EXPECT_EQ(count(style, "local no-repeat"), 2u);
  EXPECT_EQ(count(style, "scroll no-repeat"), 2u);
}

TEST(ReportPage, NamesWhatItIsAbout) {
  const std::string page = report_page(full_facts());
  for (const char* word :
       {"<title>vit: an architecture, 3x24x24: vitgen report</title>",
        "<h1>vit: an architecture, 3x24x24</h1>", "a model of 2 blocks", "image f32 3 x 24 x 24",
        "an isa", "a CPU", "2026-11-23T10:35:47Z", "vitgen 0.1.0, Halide 21.0.0, LLVM 19.1.7",
        "1 thread, batch 1", "2 threads, batch 1", "blocks.*.fc", "layer norm",
        "cpu/linear(<wbr>m_r=6)", "<b>openvino</b>", "rejected code", "12 spills",
        "none of 1 trial was measured"}) {
    EXPECT_NE(page.find(word), page.npos) << word;
  }
}

TEST(ReportPage, OfAGpuNamesItAndWhatItsPeakIsOf) {
  ReportFacts facts = sample_facts();
  facts.bench.gpu = BenchGpu{.name = "a <GPU>", .l2 = 50 << 20, .factors = DType::bf16};
  const std::string page = report_page(facts);
  for (const char* word :
       {"<dt>GPU</dt><dd>a &lt;GPU&gt;</dd>", "<dt>host</dt><dd>a CPU</dd>", "bf16 products GF/s",
        "peak of bf16 products 1000 GF/s", "GPU: a &lt;GPU&gt;, L2 51200 KiB", "Host: a CPU",
        "such as LayerNorm, cannot reach it"}) {
    EXPECT_NE(page.find(word), page.npos) << word;
  }
  EXPECT_EQ(page.find("L3 GB/s"), page.npos) << "a GPU has none";
  facts.bench.gpu->factors = DType::f32;
  EXPECT_EQ(report_page(facts).find("cannot reach it"), page.npos);
}

TEST(ReportPage, LeavesOutWhatIsNotThere) {
  const std::string page = report_page(sample_facts());
  EXPECT_EQ(page.find("Other programs"), page.npos);
  EXPECT_EQ(page.find("How it was tuned"), page.npos);
  EXPECT_NE(page.find("The machine"), page.npos);
}

// Elements and attributes in text that a file may hold; the second is what may stand in the page.
constexpr std::string_view kHostile = "</script><img src=x onerror=alert(1)>\"'&<b>\x1b[2J\xff";

TEST(ReportPage, TextOfFilesNeverBecomesMarkup) {
  ReportFacts facts = full_facts();
  const std::string hostile(kHostile);
  BenchRecord& bench = facts.bench;
  bench.gpu = BenchGpu{.name = hostile};
  for (std::string* text : {&bench.date, &bench.vitgen, &bench.halide, &bench.llvm, &bench.library,
                            &bench.text, &bench.isa, &bench.cpu, &facts.model, &facts.input,
                            &facts.outputs, &facts.peers->cpu, &facts.peers->date}) {
    *text = hostile;
  }
  for (CellTimes& cell : bench.cells) {
    for (KernelTime& kernel : cell.kernels) {
      kernel.name = kernel.op = kernel.spec = kernel.choice = kernel.provenance = kernel.steps =
          hostile;
    }
    for (StepTime& step : cell.steps) step.name = hostile;
  }
  facts.peers->versions = {{hostile, hostile}};
  for (PeerCell& cell : facts.peers->cells) {
    cell.model = hostile;
    for (PeerFigures& each : cell.programs) each.name = hostile;
  }
  for (TuningHistory& history : facts.tuning) {
    history.steps = history.spec = history.machine = hostile;
    for (TrialPoint& trial : history.trials) trial.choice = trial.reason = hostile;
    history.trials.back().status = hostile;
  }
  const std::string page = report_page(facts);
  EXPECT_EQ(count(page, "<img"), 0u);
  EXPECT_EQ(count(page, "<script"), 4u) << "three documents and the page's own";
  EXPECT_EQ(count(page, "</script>"), 4u);
  EXPECT_EQ(page.find('\x1b'), page.npos);
  EXPECT_EQ(page.find('\xff'), page.npos);
  // An attribute that the text opened would have its quote unescaped.
  EXPECT_EQ(count(page, "alert(1)>\""), 0u);
  EXPECT_EQ(document(page, "bench")["cells"].size(), 2u);
}

TEST(ReportPage, ACellWithoutWorkIsShownToo) {
  ReportFacts facts = sample_facts();
  for (CellTimes& cell : facts.bench.cells) {
    cell.kernels.clear();
    cell.steps.clear();
  }
  facts.bench.peaks[0].gflops = facts.bench.peaks[0].memory_gbs = 0;
  const std::string page = report_page(facts);
  EXPECT_EQ(page.find("nan"), page.npos);
  EXPECT_EQ(page.find("inf\""), page.npos);
}

TEST(Html, EscapesTextAndScripts) {
  EXPECT_EQ(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escaped("\x07"), "\\x07");
  const Json json = {{"k", "</script>&\xff"}};
  EXPECT_EQ(script_json(json).find('<'), std::string::npos);
  EXPECT_EQ(Json::parse(script_json(json))["k"], "</script>&\xEF\xBF\xBD");
}

}  // namespace
}  // namespace vitgen
