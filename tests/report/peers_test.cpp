// What tools/bench_peers.py writes is read, and damage is named.

#include "tools/report/peers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/base/support.h"
#include "tests/report/sample.h"

namespace vitgen {
namespace {

using testing::code_of;
using testing::sample_peers;
using testing::Scratch;
using testing::thrown_by;

PeerRecord parsed(const Json& json) {
  return parse_peers({.name = "p.json", .root = json, .codes = peers_codes()});
}

TEST(Peers, CellsHaveTheirProgramsAndTheFastestOfThem) {
  const PeerRecord record = parsed(sample_peers());
  ASSERT_EQ(record.cells.size(), 2u);
  const PeerCell& first = record.cells[0];
  EXPECT_EQ(first.model, "vit_tiny");
  EXPECT_EQ(first.threads, 1);
  EXPECT_DOUBLE_EQ(first.own_median_ms, 10);
  EXPECT_EQ(first.programs[first.best].name, "openvino");
  EXPECT_EQ(record.cells[1].batch, 8);
  EXPECT_EQ(record.cells[1].programs[record.cells[1].best].name, "openvino")
      << "an older vitgen is no other program";
  EXPECT_NEAR(record.geometric_mean(), std::sqrt(0.8 * 0.45), 1e-15);
}

TEST(Peers, OnlyAnOlderVitgenIsComparedWithIt) {
  Json json = sample_peers();
  json["cells"]["vit_base:2:8"]["figures"].erase("openvino");
  EXPECT_EQ(parsed(json).cells[1].programs[0].name, "vitgen_before");
  EXPECT_EQ(parsed(json).cells[1].best, 0u);
}

TEST(Peers, EveryDamageIsNamed) {
  const auto with = [&](const std::string& pointer, const Json& value) {
    Json json = sample_peers();
    json[Json::json_pointer(pointer)] = value;
    return thrown_by([&] { parsed(json); });
  };
  const std::string openvino = "/cells/vit_tiny:1:1/figures/openvino";
  EXPECT_EQ(with(openvino + "/ratio", Json::array({1, 2})).code, "PEERS_RANGE");
  EXPECT_EQ(with(openvino + "/ratio/0", "x").code, "PEERS_FIELD");
  EXPECT_EQ(with(openvino + "/median_ms", -1).code, "PEERS_RANGE");
  EXPECT_EQ(with(openvino, 3).code, "PEERS_FIELD");
  EXPECT_EQ(with("/cells", 3).code, "PEERS_FIELD");
  EXPECT_EQ(with("/cells", Json::object()).code, "PEERS_RANGE");
  EXPECT_EQ(with("/cells/vit:x:1", sample_peers()["cells"]["vit_tiny:1:1"]).code, "PEERS_RANGE");
  EXPECT_EQ(with("/cells/vit", sample_peers()["cells"]["vit_tiny:1:1"]).code, "PEERS_RANGE");
  EXPECT_EQ(with("/versions/openvino", 3).code, "PEERS_FIELD");
  EXPECT_EQ(with("/cells/vit_tiny:1:1/figures", Json::object()).code, "PEERS_FIELD");
  const auto thrown = with(openvino + "/least_ms", nullptr);
  EXPECT_NE(thrown.message.find("openvino"), std::string::npos) << thrown.message;
  EXPECT_EQ(thrown.exit, ExitCode::bad_input);
}

TEST(Peers, AFileThatIsNoJsonIsRefused) {
  const Scratch scratch;
  EXPECT_EQ(code_of([&] { read_peers(scratch.write("p.json", "[1,")); }), "PEERS_JSON");
  EXPECT_EQ(code_of([&] { read_peers(scratch.write("p.json", "[1]")); }), "PEERS_FIELD");
  EXPECT_EQ(code_of([&] { read_peers(scratch.at("absent")); }), "IO_OPEN");
}

}  // namespace
}  // namespace vitgen
