// SPDX-License-Identifier: Apache-2.0
// What is inferred about what was not captured: state-model.md A6, connections
// met midway, captures of one side.
#include <gtest/gtest.h>

#include "fakes/segment_script.hpp"

namespace tcpstated {
namespace {

/// Data of C was not captured: from here on the connection shows a gap.
const std::string kGap = kOpen + "C>S data 10 unseen; S>C ACK;";

TEST(TcpModelGap, MakesEverythingInferred) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kGap + "C>S FIN | FIN-WAIT-1? CLOSE-WAIT?"), "");
  EXPECT_EQ(wire.quality('S'), Quality::Inferred);
}

TEST(TcpModelGap, OfALocalSenderShowsInItsOwnSequence) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "S>C data 10 unseen; S>C data 10;"
                              "S>C FIN | CLOSE-WAIT? FIN-WAIT-1?"),
            "");
}

TEST(TcpModelGap, SilenceMeansThatTheFinWasAcknowledged) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kGap + "C>S FIN; S>C FIN; C>S ACK unseen"
                             "        | TIME-WAIT? LAST-ACK?;"
                             "+1400ms | FIN-WAIT-2? LAST-ACK?;"
                             "+100ms  | TIME-WAIT? CLOSED"),
            "");
  EXPECT_EQ(wire.last_reason(), ChangeReason::Silence);
}

TEST(TcpModelGap, SilenceSaysNothingIfNothingWasLost) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN lost; +10s"), "");
  EXPECT_EQ(wire.state('S'), TcpState::LastAck);
}

TEST(TcpModelGap, SilenceIsMeasuredByTheLastPause) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kGap + "C>S FIN; S>C FIN; +1s; S>C FIN again; +2400ms"),
            "");
  EXPECT_EQ(wire.state('S'), TcpState::LastAck);
  EXPECT_EQ(wire.play("+200ms"), "");
  EXPECT_EQ(wire.state('S'), TcpState::Closed);
}

TEST(TcpModelInferredFin, FollowsFromThePeersAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN unseen; S>C ACK"
                              "| FIN-WAIT-2? CLOSE-WAIT?"),
            "");
  EXPECT_EQ(wire.quality('S'), Quality::Inferred);
}

TEST(TcpModelInferredFin, FollowsFromItsOwnSequence) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kGap + "C>S FIN unseen; S>C ACK unseen; S>C data 10;"
                             "C>S ACK | FIN-WAIT-2? CLOSE-WAIT?"),
            "");
}

TEST(TcpModelInferredFin, OfAnAnswerIsAPassiveClose) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kGap + "C>S FIN; S>C FIN unseen; C>S ACK"
                             "| TIME-WAIT? CLOSED"),
            "");
}

TEST(TcpModelInferredFin, IsWithdrawnWhenDataFollows) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 1 unseen; S>C ACK"
                              "              | FIN-WAIT-2? CLOSE-WAIT?;"
                              "C>S data 5    | ESTAB?      ESTAB?"),
            "");
}

TEST(TcpModelInferredFin, IsReplacedByTheFinItself) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 1 unseen; S>C ACK; C>S FIN"
                              "| FIN-WAIT-1? CLOSE-WAIT?"),
            "");
}

TEST(TcpModelInferredFin, IsConfirmedByACopy) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN unseen; S>C ACK lost; S>C FIN lost;"
                              "+200ms; C>S FIN seq=1 ack=1"
                              "        | CLOSING? LAST-ACK?;"
                              "C>S FIN seq=1 ack=2 | CLOSING? CLOSED"),
            "");
}

TEST(TcpModelInferredFin, IsNotWithdrawnOnceItWasSeen) {
  SegmentScript wire;
  EXPECT_EQ(
      wire.play(kOpen + "C>S FIN unseen; S>C ACK lost; +200ms;"
                        "C>S FIN seq=1          | FIN-WAIT-1? CLOSE-WAIT?;"
                        "C>S data 5 seq=2 lost  | FIN-WAIT-1? CLOSE-WAIT?"),
      "");
}

TEST(TcpModelInferredFin, IsNoKeepalive) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kGap + "S>C ACK seq=-1; C>S ACK; C>S ACK seq=-1; S>C ACK"
                             "| ESTAB ESTAB"),
            "");
}

TEST(TcpModelInferredFin, NeedsAGap) {
  // Lost on the path before it came to us: it will come again.
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN unseen lost; C>S ACK | ESTAB ESTAB"),
            "");
}

TEST(TcpModelGap, AckFarBeyondAllSentIsNoGap) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "S>C data 1; C>S ACK ack=99999999;"
                              "C>S FIN | FIN-WAIT-1 CLOSE-WAIT?"),
            "");
}

// Losses that the backend reports.

TEST(TcpModelLoss, SilenceAfterItMeansThatTheFinWasAcknowledged) {
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN; C>S ACK unseen"), "");
  wire.lose();
  EXPECT_EQ(wire.play("+1400ms; | FIN-WAIT-2? LAST-ACK"), "");
  EXPECT_EQ(wire.play("+100ms"), "");
  EXPECT_EQ(wire.state('S'), TcpState::Closed);
  EXPECT_EQ(wire.last_reason(), ChangeReason::Silence);
}

TEST(TcpModelLoss, WhatSilenceSaysIsInferred) {
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen + "S>C FIN; C>S ACK unseen"), "");
  wire.lose();
  EXPECT_EQ(wire.play("+2s | CLOSE-WAIT? FIN-WAIT-2?"), "");
  EXPECT_EQ(wire.quality('C'), Quality::Inferred);
}

TEST(TcpModelLoss, IsNoticedLateIfItIsReportedLate) {
  // One silence is 1.5 s; then 3 s, 6 s and so on after the FIN.
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN; +5s"), "");
  wire.lose();
  ASSERT_EQ(wire.play("+900ms"), "");
  EXPECT_EQ(wire.state('S'), TcpState::LastAck);
  ASSERT_EQ(wire.play("+100ms"), "");
  EXPECT_EQ(wire.state('S'), TcpState::Closed);
}

TEST(TcpModelLoss, BeforeTheFinSaysNothing) {
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen), "");
  wire.lose();
  ASSERT_EQ(wire.play("C>S FIN; S>C FIN; +100s"), "");
  EXPECT_EQ(wire.state('S'), TcpState::LastAck);
}

TEST(TcpModelLoss, ACopyOfTheFinAfterItSaysThatItWasNotAcknowledged) {
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN"), "");
  wire.lose();
  ASSERT_EQ(wire.play("+400ms; S>C FIN again; +100s"), "");
  EXPECT_EQ(wire.state('S'), TcpState::LastAck);
}

TEST(TcpModelLoss, AckBeyondAllWeSawShowsAFinThatWeMissed) {
  // S closed: its CLOSE-WAIT is no leak.
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK; S>C FIN unseen"), "");
  wire.lose();
  EXPECT_EQ(wire.play("C>S ACK | TIME-WAIT? CLOSED"), "");
}

TEST(TcpModelLoss, WithoutItSuchAnAckIsThrownAway) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK; C>S ACK ack=2"
                              "| FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelLoss, OwnSequenceShowsAFinThatWeMissed) {
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen + "C>S FIN unseen; S>C ACK unseen"), "");
  wire.lose();
  EXPECT_EQ(wire.play("C>S ACK; S>C ACK | FIN-WAIT-2? CLOSE-WAIT?"), "");
  EXPECT_EQ(wire.quality('S'), Quality::Inferred);
}

TEST(TcpModelLoss, OfLongAgoSaysNothingOfANewSegment) {
  SegmentScript wire;
  ASSERT_EQ(wire.play(kOpen), "");
  wire.lose();
  EXPECT_EQ(wire.play("S>C ACK; C>S FIN unseen lost; C>S ACK | ESTAB ESTAB"),
            "");
}

TEST(TcpModelLoss, NeverMakesAConfirmedCloseWait) {
  for (const std::string guess :
       {"C>S FIN unseen; C>S ACK", "C>S data 1 unseen; C>S ACK",
        "S>C data 1 unseen; C>S ACK", "C>S FIN unseen; S>C ACK"}) {
    SegmentScript wire;
    ASSERT_EQ(wire.play(kOpen + "C>S data 5; S>C ACK"), "");
    wire.lose();
    ASSERT_EQ(wire.play(guess + "; +100s"), "");
    for (const EndpointChange& change : wire.changes())
      if (change.to == TcpState::CloseWait) {
        EXPECT_EQ(change.quality, Quality::Inferred) << guess;
      }
  }
}

// Connections that exist already.

const std::string kUnseenOpen =
    "C>S SYN unseen; S>C SYN,ACK unseen; C>S ACK unseen;";

TEST(TcpModelMidway, DataIsEstablishedAndUnknown) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kUnseenOpen + "C>S data 10 | ESTAB? ESTAB?"), "");
  EXPECT_EQ(wire.quality('C'), Quality::Unknown);
  EXPECT_EQ(wire.quality('S'), Quality::Unknown);
}

TEST(TcpModelMidway, IsConfirmedOnceBothSentData) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kUnseenOpen + "C>S data 10; S>C ACK     | ESTAB? ESTAB?;"
                                    "S>C data 10              | ESTAB  ESTAB"),
            "");
}

TEST(TcpModelMidway, FinOfUnknownHistoryIsNoConfirmedCloseWait) {
  // S may have closed before we looked: then this is TIME-WAIT.
  SegmentScript wire;
  EXPECT_EQ(wire.play(kUnseenOpen + "C>S data 1; S>C ACK; C>S FIN; S>C ACK"
                                    "| FIN-WAIT-2? CLOSE-WAIT?"),
            "");
  EXPECT_EQ(wire.quality('S'), Quality::Inferred);
  EXPECT_EQ(wire.play("S>C data 1; | FIN-WAIT-2? CLOSE-WAIT"), "");
}

TEST(TcpModelMidway, FinFirstIsFinWait1) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kUnseenOpen + "C>S FIN | FIN-WAIT-1? CLOSE-WAIT?"), "");
}

TEST(TcpModelMidway, RstFirstIsNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kUnseenOpen + "C>S RST | CLOSED CLOSED"), "");
  EXPECT_EQ(wire.model().size(), 0U);
}

TEST(TcpModelMidway, SynAckFirstIsAHandshake) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN unseen; S>C SYN,ACK | ESTAB? SYN-RECV?;"
                      "C>S ACK                     | ESTAB? ESTAB?"),
            "");
}

TEST(TcpModelMidway, ResetIsTakenFromThePlaceWhereItStands) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kUnseenOpen + "C>S data 10; S>C ACK; C>S RST"
                                    "| CLOSED CLOSED"),
            "");
}

// Captures of one side.

TEST(TcpModelOneSided, UnseenEndIsUnknown) {
  SegmentScript wire(Beside::Neither);
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK unseen; C>S ACK; C>S data 10;"
                      "S>C ACK unseen; C>S FIN; S>C FIN unseen; C>S ACK"),
            "");
  EXPECT_EQ(wire.quality('C'), Quality::Inferred);
  EXPECT_EQ(wire.quality('S'), Quality::Unknown);
}

TEST(TcpModelOneSided, UnseenEndIsNeverBetterThanUnknown) {
  SegmentScript wire(Beside::Neither);
  ASSERT_EQ(wire.play("C>S SYN unseen; S>C SYN,ACK; C>S ACK unseen;"
                      "S>C data 100; S>C data 100; S>C FIN"),
            "");
  for (const EndpointChange& change : wire.changes())
    if (change.tuple.local.port == 40000) {
      EXPECT_EQ(change.quality, Quality::Unknown);
    }
}

TEST(TcpModelOneSided, IsForgottenAfterFiveMinutes) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kUnseenOpen + "C>S ACK; +299s | ESTAB? ESTAB?;"
                                    "+1s            | CLOSED CLOSED; +30s"),
            "");
  EXPECT_EQ(wire.model().size(), 0U);
}

TEST(TcpModelOneSided, IsRememberedOnceBothEndsWereSeen) {
  SegmentScript wire;
  EXPECT_EQ(
      wire.play(kUnseenOpen + "C>S ACK; S>C ACK; +9999s; | ESTAB? ESTAB?"), "");
}

}  // namespace
}  // namespace tcpstated
