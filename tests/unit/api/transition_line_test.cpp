// SPDX-License-Identifier: Apache-2.0
#include "api/transition_line.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tcpstated {
namespace {

EndpointChange example() {
  return {.connection = 7,
          .tuple = {{IpAddress::v4(0x0a000001), 80},
                    {IpAddress::v4(0x0a000007), 51312}},
          .at = Instant(std::chrono::nanoseconds(1'000'000'001)),
          .from = TcpState::Established,
          .to = TcpState::CloseWait,
          .quality = Quality::Confirmed,
          .reason = ChangeReason::Segment,
          .local = true};
}

std::string line_of(const EndpointChange& change,
                    const WallAnchor& anchor = {}) {
  std::string text;
  append_transition_line(text, change, anchor);
  return text;
}

TEST(TransitionLine, SaysWhoWhenAndWhat) {
  EXPECT_EQ(line_of(example()),
            R"({"time":"1970-01-01T00:00:01.000000001Z","type":"transition",)"
            R"("connection":"7","endpoint":"10.0.0.1:80",)"
            R"("peer":"10.0.0.7:51312","side":"local","from":"established",)"
            R"("to":"close_wait","quality":"confirmed","reason":"segment"})"
            "\n");
}

TEST(TransitionLine, TellsTheFarSide) {
  EndpointChange change = example();
  change.local = false;
  EXPECT_TRUE(line_of(change).contains(R"("side":"remote")"));
}

TEST(TransitionLine, TimesAreThoseOfTheWall) {
  const WallAnchor anchor{.event = example().at,
                          .wall = WallTime(std::chrono::days(365))};
  EXPECT_TRUE(line_of(example(), anchor)
                  .starts_with(R"({"time":"1971-01-01T00:00:00.000000000Z")"));
}

TEST(TransitionLine, IsStrictJsonForEveryStateQualityAndReason) {
  EndpointChange change = example();
  change.tuple.remote = {*IpAddress::parse("2001:db8::7"), 51312};
  for (const TcpStateInfo& state : kTcpStates)
    for (std::size_t quality = 0; quality < kQualityLabels.size(); ++quality)
      for (std::size_t reason = 0; reason < kChangeReasonLabels.size();
           ++reason) {
        change.to = state.state;
        change.quality = static_cast<Quality>(quality);
        change.reason = static_cast<ChangeReason>(reason);
        const std::string line = line_of(change);
        boost::system::error_code error;
        const auto value = boost::json::parse(line, error);
        ASSERT_FALSE(error) << line;
        ASSERT_EQ(value.at("to").as_string(), state.label);
        ASSERT_EQ(value.at("peer").as_string(), "[2001:db8::7]:51312");
        ASSERT_EQ(line.find('\n'), line.size() - 1);
      }
}

TEST(TransitionLine, IsAppended) {
  std::string text = "before\n";
  append_transition_line(text, example(), {});
  EXPECT_EQ(text, "before\n" + line_of(example()));
}

}  // namespace
}  // namespace tcpstated
