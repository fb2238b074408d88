// SPDX-License-Identifier: Apache-2.0
#include "tcp/copy_filter.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWindow = 1ms;
constexpr std::uint64_t kPath = 0x0123456789abcdefU;

Segment segment() {
  Segment s;
  s.at = Instant{1h};
  s.seq = {1000};
  s.ack = {2000};
  s.payload = 10;
  s.window = 500;
  s.ip_id = 7;
  s.flags.ack = true;
  s.options.timestamp = 99;
  return s;
}

TEST(CopyFilter, KnowsTheSamePacketForAMillisecond) {
  CopyFilter filter(kWindow);
  Segment s = segment();
  EXPECT_FALSE(filter.is_copy(s, kPath));
  s.at += 20us;
  EXPECT_TRUE(filter.is_copy(s, kPath));
  s.at += 980us;
  EXPECT_FALSE(filter.is_copy(s, kPath));
}

TEST(CopyFilter, TellsApartWhatDiffersInAnything) {
  const std::vector<std::function<void(Segment&)>> differences{
      [](Segment& s) { s.seq = s.seq + 1; },
      [](Segment& s) { s.ack = s.ack + 1; },
      [](Segment& s) { ++s.payload; },
      [](Segment& s) { ++s.window; },
      [](Segment& s) { ++s.ip_id; },
      [](Segment& s) { s.flags.fin = true; },
      [](Segment& s) { s.flags.syn = true; },
      [](Segment& s) { ++s.options.timestamp; },
      [](Segment& s) { s.options.sack_edge = {1}; },
  };
  for (std::size_t i = 0; i < differences.size(); ++i) {
    CopyFilter filter(kWindow);
    Segment s = segment();
    EXPECT_FALSE(filter.is_copy(s, kPath));
    differences[i](s);
    EXPECT_FALSE(filter.is_copy(s, kPath)) << i;
  }
}

TEST(CopyFilter, AnswerIsNoCopy) {
  CopyFilter filter(kWindow);
  Segment s = segment();
  EXPECT_FALSE(filter.is_copy(s, kPath));
  EXPECT_FALSE(filter.is_copy(s, ~kPath));
}

}  // namespace
}  // namespace tcpstated
