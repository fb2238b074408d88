// SPDX-License-Identifier: Apache-2.0
#include "leak/judge.hpp"

#include <gtest/gtest.h>

#include "fakes/rows.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

const LeakPolicy kPolicy;

TEST(Judge, ASocketWithoutInodeWasNeverAccepted) {
  Connection row = close_wait(5min, 1);
  row.socket.inode = 0;
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::NeverAccepted);
  row.socket.receive_queue = 1000;  // whatever the client sent before
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::NeverAccepted);
}

TEST(Judge, TheReceiveQueueTellsWhatWasNotRead) {
  EXPECT_EQ(judge(kPolicy, close_wait(5min, 1001), kNoon),
            LeakCause::UnreadData);
  EXPECT_EQ(judge(kPolicy, close_wait(5min, 2), kNoon), LeakCause::UnreadData);
  EXPECT_EQ(judge(kPolicy, close_wait(5min, 1), kNoon), LeakCause::UnreadEof);
  EXPECT_EQ(judge(kPolicy, close_wait(5min, 0), kNoon), LeakCause::NotClosed);
}

TEST(Judge, DataSentAfterTheFinIsAHalfClose) {
  Connection row = close_wait(5min);
  row.socket.times->since_data_sent = 10s;
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::HalfClose);
}

TEST(Judge, DataSentBeforeTheFinIsNot) {
  Connection row = close_wait(5min);
  row.socket.times->since_data_sent = 5min + 1s;
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::NotClosed);
}

TEST(Judge, AWriterThatThePeerDoesNotReadIsAHalfClose) {
  Connection row = close_wait(5min);
  row.socket.send_queue = 4096;
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::HalfClose);
}

TEST(Judge, SilenceEndsTheExcuseOfAHalfClose) {
  Connection row = close_wait(2h);
  row.socket.times->since_data_sent = kPolicy.half_close_grace - 1s;
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::HalfClose);
  row.socket.times->since_data_sent = kPolicy.half_close_grace + 1s;
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::NotClosed);
}

TEST(Judge, WithoutTcpInfoOnlyTheSendQueueExcuses) {
  Connection row = close_wait(5min);
  row.socket.times.reset();
  EXPECT_EQ(judge(kPolicy, row, kNoon), LeakCause::NotClosed);
}

TEST(Judge, OnlyWhatIsOlderThanTheThresholdIsALeak) {
  const Connection young = close_wait(59s);
  const Connection old = close_wait(60s);
  EXPECT_FALSE(is_leak(kPolicy, young, LeakCause::NotClosed, kNoon));
  EXPECT_TRUE(is_leak(kPolicy, old, LeakCause::NotClosed, kNoon));
  EXPECT_FALSE(is_leak(kPolicy, old, LeakCause::HalfClose, kNoon));
}

}  // namespace
}  // namespace tcpstated
