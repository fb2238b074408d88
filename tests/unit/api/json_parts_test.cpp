// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <limits>

#include "api/json_parts.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

TEST(JsonText, NumbersAreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(to_text(7380.5), "7380.5");
  EXPECT_EQ(to_text(0.00042), "0.00042");
  EXPECT_EQ(to_text(5.0), "5");
  EXPECT_EQ(to_text(-0.25), "-0.25");
  EXPECT_EQ(to_text(9007199254740993), "9007199254740993");
}

TEST(JsonText, IsReadBackAsTheSame) {
  const json::value value{
      {"empty", json::object()},
      {"none", json::array()},
      {"nested", {{"a", {1, 2, {{"b", nullptr}}}}, {"c", true}}},
      {"quoted", "\x1b\\\"/ü\n"},
      {"fraction", 7380.123457},
      {"small", -0.000001},
      {"least", std::numeric_limits<std::int64_t>::min()},
      {"most", std::numeric_limits<std::uint64_t>::max()}};
  const std::string text = to_text(value);
  EXPECT_EQ(json::serialize(json::parse(text)), json::serialize(value));
  EXPECT_EQ(text.find('\n'), text.npos);
}

TEST(JsonText, ANumberThatIsNoneIsNull) {
  EXPECT_EQ(to_text(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(to_text(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(JsonText, EveryNumberFits) {
  EXPECT_EQ(to_text(std::numeric_limits<double>::max()).size(), 309U);
  EXPECT_GT(to_text(-std::numeric_limits<double>::denorm_min()).size(), 300U);
}

TEST(JsonSeconds, AreRoundedToMicroseconds) {
  EXPECT_EQ(to_text(to_seconds(7380s + 123456789ns)), "7380.123457");
  EXPECT_EQ(to_text(to_seconds(0s)), "0");
  EXPECT_EQ(to_text(to_seconds(-1500ms)), "-1.5");
}

}  // namespace
}  // namespace tcpstated
