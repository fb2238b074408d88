// SPDX-License-Identifier: Apache-2.0
#include "tcp/conversation.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

End established() {
  End end;
  end.seen = end.sent_syn = true;
  end.got_syn = end.syn_acked = Receipt::Confirmed;
  return end;
}

TEST(StateOf, HandshakeFollowsFromThreeFacts) {
  End end;
  EXPECT_EQ(state_of(end), TcpState::Closed);
  end.sent_syn = true;
  EXPECT_EQ(state_of(end), TcpState::SynSent);
  end.got_syn = Receipt::Presumed;
  EXPECT_EQ(state_of(end), TcpState::SynReceived);
  end.syn_acked = Receipt::Presumed;
  EXPECT_EQ(state_of(end), TcpState::Established);
}

TEST(StateOf, CloseFollowsFromThreeFactsAndWhoWasFirst) {
  struct Row {
    bool sent;
    bool acked;
    bool got;
    TcpState active;
    TcpState passive;
  };
  using enum TcpState;
  for (const Row& row : {Row{false, false, false, Established, Established},
                         Row{false, false, true, CloseWait, CloseWait},
                         Row{true, false, false, FinWait1, FinWait1},
                         Row{true, true, false, FinWait2, FinWait2},
                         Row{true, false, true, Closing, LastAck},
                         Row{true, true, true, TimeWait, Closed}}) {
    End end = established();
    end.sent_fin = row.sent;
    if (row.acked) end.fin_acked = Receipt::Confirmed;
    if (row.got) end.got_fin = Receipt::Confirmed;
    EXPECT_EQ(state_of(end), row.active);
    end.passive_close = true;
    EXPECT_EQ(state_of(end), row.passive);
  }
}

TEST(StateOf, ServerWithEarlyDataMayCloseBeforeItsLastAck) {
  End end = established();
  end.syn_acked = Receipt::No;
  end.sent_fin = true;
  EXPECT_EQ(state_of(end), TcpState::FinWait1);
}

TEST(StateOf, DeadAndExpiredAreClosed) {
  End end = established();
  end.expired = true;
  EXPECT_EQ(state_of(end), TcpState::Closed);
  end = established();
  end.dead = Receipt::Presumed;
  EXPECT_EQ(state_of(end), TcpState::Closed);
}

TEST(QualityOf, OneFactOnItsWayMakesRemoteStatePresumed) {
  using SetFact = void (*)(End&);
  constexpr Receipt kPresumed = Receipt::Presumed;
  for (const SetFact presume : {
           SetFact([](End& end) { end.got_syn = kPresumed; }),
           SetFact([](End& end) { end.syn_acked = kPresumed; }),
           SetFact([](End& end) { end.got_fin = kPresumed; }),
           SetFact([](End& end) { end.fin_acked = kPresumed; }),
           SetFact([](End& end) { end.dead = kPresumed; }),
       }) {
    End end = established();
    EXPECT_EQ(quality_of(end, established(), false), Quality::Confirmed);
    presume(end);
    EXPECT_EQ(quality_of(end, established(), false), Quality::Presumed);
    end.local = true;
    EXPECT_EQ(quality_of(end, established(), false), Quality::Confirmed);
  }
}

TEST(QualityOf, GapMakesEvenLocalStateInferred) {
  End end = established();
  end.local = true;
  EXPECT_EQ(quality_of(end, established(), true), Quality::Inferred);
}

TEST(EndWindow, IsUnitsTimesScale) {
  End end;
  end.offer(65535, 14);
  EXPECT_EQ(end.window(), 65535U << 14U);
  end.offer_unknown();
  EXPECT_EQ(end.window(), 1U << 24U);
}

TEST(QualityOf, UnseenEndIsUnknown) {
  End end = established();
  end.seen = false;
  EXPECT_EQ(quality_of(end, established(), true), Quality::Unknown);
}

}  // namespace
}  // namespace tcpstated
