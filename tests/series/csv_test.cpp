// Time series as text: what is read is what stands there, and what does not fit is refused by line.

#include "tools/series/csv.h"

#include <gmock/gmock.h>

#include <fstream>
#include <limits>

#include "tests/base/support.h"

namespace vitgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SeriesTable table_of(const std::string& text) {
  const testing::Scratch folder;
  const std::string path = folder.at("series.csv");
  std::ofstream(path) << text;
  return read_csv(path);
}

testing::Thrown refusal(const std::string& text) {
  return testing::thrown_by([&] { table_of(text); });
}

TEST(Csv, NumbersAreReadLineByLine) {
  const SeriesTable table = table_of("1,2.5\n-3e2, 4\r\n\n");
  EXPECT_EQ(table.columns, 2u);
  EXPECT_EQ(table.rows(), 2u);
  EXPECT_TRUE(table.names.empty());
  EXPECT_THAT(table.values, ElementsAre(1, 2.5f, -300, 4));
}

TEST(Csv, TheFirstLineMayNameTheVariablesAndTheFirstColumnBeADate) {
  const SeriesTable table = table_of(
      "\xEF\xBB\xBF"
      "date,HUFL,OT\n2016-07-01 00:00:00,5.827,30.531\nx,1,2\n");
  EXPECT_THAT(table.names, ElementsAre("HUFL", "OT"));
  EXPECT_THAT(table.values, ElementsAre(5.827f, 30.531f, 1, 2));
}

// As tables of hundreds of consumers have them; read as a step, they would be part of the forecast.
TEST(Csv, NamesMayBeNumbers) {
  const SeriesTable table = table_of("date,0,1\n2016-07-01,5,6\n2016-07-02,7,8\n");
  EXPECT_THAT(table.names, ElementsAre("0", "1"));
  EXPECT_THAT(table.values, ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(table_of("2016-07-01,5,6\n2016-07-02,7,8\n").values, ElementsAre(5, 6, 7, 8));
}

TEST(Csv, AFirstStepWithoutAValueIsNoLineOfNamesNorADate) {
  EXPECT_THAT(refusal("1,nan\n2,3\n").message, HasSubstr("line 1: 'nan'"));
  EXPECT_THAT(refusal("inf,1,2\n3,4,5\n").message, HasSubstr("line 1: 'inf'"));
  EXPECT_THAT(refusal("1e99,1,2\n3,4,5\n").message, HasSubstr("line 1: '1e99'"));
}

TEST(Csv, WhatIsSmallerThanAnyFloatIsZero) {
  EXPECT_THAT(table_of("1e-46,-1e-320\n1e-45,2\n").values,
              ElementsAre(0.0f, 0.0f, std::numeric_limits<float>::denorm_min(), 2));
}

TEST(Csv, WhatIsNoNumberIsRefusedWithItsLine) {
  const testing::Thrown word = refusal("a,b\n1,2\n3,four\n");
  EXPECT_EQ(word.code, "CSV_FORMAT");
  EXPECT_THAT(word.message, HasSubstr("line 3: 'four'"));
  EXPECT_THAT(refusal("1,2\n3\n").message, HasSubstr("line 2: 1 fields, the first line has 2"));
  EXPECT_EQ(refusal("1,nan\n2,3\n1,inf\n").code, "CSV_FORMAT");
  EXPECT_EQ(refusal("1,2\n1e99,2\n").code, "CSV_FORMAT");
  EXPECT_EQ(refusal("").code, "CSV_FORMAT");
  EXPECT_EQ(refusal("a,b\n").code, "CSV_FORMAT");
}

TEST(Csv, WhatIsWrittenReadsBackToTheBit) {
  const testing::Scratch folder;
  const SeriesTable table{{"x", "y"}, 2, {0.1f, 1.0f / 3, 1e-30f, 16777217.0f, -0.0f, 3e38f}};
  const std::string path = folder.at("out.csv");
  write_csv(path, table);
  const SeriesTable back = read_csv(path);
  EXPECT_EQ(back.names, table.names);
  EXPECT_EQ(back.values, table.values);
}

}  // namespace
}  // namespace vitgen
