// Scales, ticks and the drawings' invariants.

#include <gtest/gtest.h>

#include <regex>

#include "tests/report/sample.h"
#include "tools/report/history.h"
#include "tools/report/kinds.h"
#include "tools/report/peers_chart.h"
#include "tools/report/roofline.h"
#include "tools/report/svg.h"
#include "tools/report/time_chart.h"

namespace vitgen {
namespace {

using testing::sample_facts;
using testing::sample_tuning;

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST(Svg, ScalesAreLinearOrLogarithmic) {
  const Scale linear{0, 10, 100, 200, false};
  EXPECT_DOUBLE_EQ(linear(5), 150);
  const Scale log{1, 100, 0, 10, true};
  EXPECT_DOUBLE_EQ(log(10), 5);
  EXPECT_DOUBLE_EQ((Scale{3, 3, 7, 9, false}(3)), 7) << "no width";
}

TEST(Svg, TicksAreRoundNumbersInTheRange) {
  EXPECT_EQ(linear_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(linear_ticks(1, 4.5, 4), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(linear_ticks(2, 2, 4), (std::vector<double>{2}));
  EXPECT_EQ(log_ticks(0.9, 21), (std::vector<double>{1, 2, 5, 10, 20}));
  EXPECT_EQ(log_ticks(1e-3, 1e3).size(), 7u) << "powers of ten only";
  EXPECT_TRUE(log_ticks(0, 1).empty()) << "no decades without end";
  EXPECT_EQ(tick_text(linear_ticks(0, 1, 4).front()), "0");
  EXPECT_EQ(tick_text(0.2), "0.2");
}

TEST(Svg, TextAndTitlesAreEscaped) {
  EXPECT_NE(svg_text(0, 0, "<a>", "c").find("&lt;a&gt;"), std::string::npos);
  for (int marker = 0; marker < kMarkers; ++marker) {
    EXPECT_NE(svg_marker(marker, 0, 0, 1, "c", "<a>").find("<title>&lt;a&gt;</title>"),
              std::string::npos);
  }
}

TEST(Kinds, OpsComeByTimeAndSurplusOnesShareAColour) {
  BenchRecord record = sample_facts().bench;
  const Kinds kinds(record);
  EXPECT_EQ(kinds.ops(), (std::vector<std::string>{"linear", "layer_norm", "pool"}));
  EXPECT_EQ(kinds.style("layer_norm"), "k1");
  record.cells.resize(1);
  record.cells[0].kernels.clear();
  for (int i = 0; i < 12; ++i) {
    record.cells[0].kernels.push_back({.name = {},
                                       .op = "op" + std::to_string(100 + i),
                                       .spec = {},
                                       .choice = {},
                                       .provenance = {},
                                       .steps = {},
                                       .cost = {}});
  }
  EXPECT_EQ(Kinds(record).style("op111"), "k7");
}

// All coordinates of markers and texts, as pixels.
std::vector<double> coordinates(const std::string& svg, const char* attribute) {
  std::vector<double> values;
  const std::regex pattern(std::string(" ") + attribute + "=\"(-?[0-9.]+)\"");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), pattern);
       it != std::sregex_iterator(); ++it) {
    values.push_back(std::stod((*it)[1]));
  }
  return values;
}

TEST(Roofline, HasItsKernelsInsideAndNumbered) {
  const BenchRecord record = sample_facts().bench;
  const Kinds kinds(record);
  for (const double width : {1000.0, 340.0}) {
    const std::string svg = roofline(record, record.cells[0], kinds, width, 400, "wide");
    EXPECT_EQ(count(svg, "class=\"dot "), 2u) << "the pool takes no time and lies outside";
    EXPECT_NE(svg.find(">1</text>"), svg.npos);
    EXPECT_NE(svg.find(">2</text>"), svg.npos);
    EXPECT_NE(svg.find("peak of multiply-adds 1000 GF/s"), svg.npos);
    EXPECT_NE(svg.find("memory 20.00 GB/s"), svg.npos);
    EXPECT_EQ(svg.find("L3"), svg.npos) << "there is none";
    for (const char* x : {"x", "x1", "x2", "cx"}) {
      for (const double value : coordinates(svg, x)) {
        EXPECT_GE(value, 0);
        EXPECT_LE(value, width);
      }
    }
    for (const char* y : {"y", "y1", "y2", "cy"}) {
      for (const double value : coordinates(svg, y)) {
        EXPECT_GE(value, 0);
        EXPECT_LE(value, 400);
      }
    }
  }
}

TEST(Roofline, OfAGpuNamesItsProductsAndIsInTeraflops) {
  BenchRecord record = sample_facts().bench;
  record.gpu = BenchGpu{.name = "a GPU", .l2 = 50 << 20, .factors = DType::f16};
  record.peaks[0].gflops = 850000;
  record.peaks[0].memory_gbs = 4100;
  record.peaks[0].l2_gbs = 7000;
  const std::string svg = roofline(record, record.cells[0], Kinds(record), 1000, 400, "wide");
  for (const char* word : {"peak of f16 products 850.0 TF/s", "memory 4100 GB/s", "L2 7000 GB/s",
                           ">TF/s</text>", ">500</text>"}) {
    EXPECT_NE(svg.find(word), svg.npos) << word;
  }
  EXPECT_EQ(svg.find(">GF/s</text>"), svg.npos);
}

TEST(TimeChart, BarsFillTheWidthAndTheStripHasEveryStep) {
  const BenchRecord record = sample_facts().bench;
  const Kinds kinds(record);
  const std::string bars = share_chart(record, kinds, 1000, "wide");
  double total = 0;
  for (const double width : coordinates(bars, "width")) total += width;
  EXPECT_NEAR(total, 2 * 1000, 1) << "two cells";
  EXPECT_NE(bars.find("linear 74 %"), bars.npos);
  EXPECT_EQ(count(step_strip(record.cells[0], kinds, 1000, "wide"), "class=\"step "), 4u);
  EXPECT_EQ(step_strip(CellTimes{}, kinds, 1000, "wide"), "");
}

TEST(History, BestSoFarFallsAndRejectionsStandApart) {
  const std::vector<TuningHistory> histories = sample_tuning();
  EXPECT_EQ(best_trial(histories[0]), 2u);
  EXPECT_EQ(best_trial(histories[1]), 1u) << "none";
  const std::string svg = history_chart(histories[0], 1000, "wide");
  EXPECT_EQ(count(svg, "class=\"trial\""), 2u);
  EXPECT_EQ(count(svg, "class=\"rejected\""), 2u);
  EXPECT_EQ(history_chart(histories[1], 1000, "wide"), "");
  const Json json = history_json(histories);
  EXPECT_DOUBLE_EQ(json[0]["best_gflops"], 80);
  EXPECT_EQ(json[0]["best_trial"], 3);
  EXPECT_EQ(json[0]["recorded"], "a(t=1)");
  EXPECT_EQ(json[0]["counts"]["rejected_code"], 2);
  EXPECT_FALSE(json[1].contains("best_us"));
}

}  // namespace
}  // namespace vitgen
