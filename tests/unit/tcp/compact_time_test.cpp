// SPDX-License-Identifier: Apache-2.0
#include "tcp/compact_time.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr Instant kNoon{1'700'000'000s + 123'456'789ns};

TEST(CompactInstant, KeepsEveryNanosecond) {
  for (const Instant at : {kNoon, Instant{}, Instant::min(), Instant::max()})
    EXPECT_EQ(Instant(CompactInstant(at)), at);
}

TEST(Stamp, KeepsMicrosecondsForAnHour) {
  const Stamp stamp = kNoon;
  for (const Duration later : {0ns, 1ns, 5'000'000ns, 3'600'000'000'000ns})
    EXPECT_EQ(stamp.seen_from(kNoon + later), kNoon - 789ns);
}

TEST(Stamp, NeverLiesInTheFuture) {
  const Stamp stamp = kNoon;
  for (const Duration later :
       {Duration(72min), Duration(5h), Duration(9999h)}) {
    EXPECT_LE(stamp.seen_from(kNoon + later), kNoon + later);
    EXPECT_GT(stamp.seen_from(kNoon + later), kNoon + later - 72min);
  }
}

TEST(Pause, EndsAt71Minutes) {
  EXPECT_EQ(Duration(Pause(1500us)), 1500us);
  EXPECT_EQ(Duration(Pause(1999ns)), 1us);
  EXPECT_EQ(Duration(Pause(100h)), 4'294'967'295us);
  EXPECT_EQ(Duration(Pause(-1s)), 0s);
}

}  // namespace
}  // namespace tcpstated
