#include "tools/tune/budget.h"

#include <gtest/gtest.h>

#include "generators/base/error.h"

namespace vitgen {
namespace {

TEST(Budget, SecondsMinutesAndHoursAddUp) {
  EXPECT_EQ(parse_budget("90s", "--budget"), 90);
  EXPECT_EQ(parse_budget("10m", "--budget"), 600);
  EXPECT_EQ(parse_budget("1h", "--budget"), 3600);
  EXPECT_EQ(parse_budget("1h30m", "--budget"), 5400);
  EXPECT_EQ(parse_budget("1h30m5s", "--budget"), 5405);
}

TEST(Budget, AnythingElseIsAUsageErrorThatNamesTheOption) {
  for (const char* text : {"", "10", "m", "10x", "-5m", "1.5h", "10m1h", "5m5m", "10 m", "0s",
                           "101h", "99999999999s", "10m "}) {
    try {
      parse_budget(text, "--budget");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "USAGE") << text;
      EXPECT_EQ(error.exit(), ExitCode::usage);
      EXPECT_NE(std::string(error.what()).find("--budget"), std::string::npos);
      EXPECT_NE(error.hint(), "");
    }
  }
}

}  // namespace
}  // namespace vitgen
