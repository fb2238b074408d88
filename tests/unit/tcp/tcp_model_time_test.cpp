// SPDX-License-Identifier: Apache-2.0
// What time does: state-model.md A5 (presumptions) and A7 (timers), and the
// size of the table.
#include <gtest/gtest.h>

#include "fakes/segment_script.hpp"

namespace tcpstated {
namespace {

const std::string kServerCloses = kOpen + "S>C FIN; C>S ACK; ";

TEST(TcpModelTimers, TimeWaitLasts60Seconds) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kServerCloses + "C>S FIN; S>C ACK; +59s"
                                      "     | CLOSED TIME-WAIT;"
                                      "+1s  | CLOSED CLOSED"),
            "");
  EXPECT_EQ(wire.last_reason(), ChangeReason::Timeout);
}

TEST(TcpModelTimers, TimeWaitBeginsAgainWithACopyOfTheFin) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kServerCloses + "C>S FIN; S>C ACK lost; +50s;"
                                      "C>S FIN again; S>C ACK; +59s"
                                      "     | CLOSED TIME-WAIT;"
                                      "+1s  | CLOSED CLOSED"),
            "");
}

TEST(TcpModelTimers, TimerTellsItsOwnTime) {
  SegmentScript wire;
  ASSERT_EQ(wire.play(kServerCloses + "C>S FIN"), "");
  const Instant entered = wire.now();
  ASSERT_EQ(wire.play("S>C ACK; +3600s"), "");
  EXPECT_EQ(wire.changes().back().at, entered + std::chrono::seconds(60));
}

TEST(TcpModelTimers, FinWait2OfAnOrphanLasts60Seconds) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kServerCloses + "+59s | CLOSE-WAIT FIN-WAIT-2;"
                                      "+1s  | CLOSE-WAIT CLOSED"),
            "");
}

TEST(TcpModelTimers, FinWait2ThatAnswersLaterWasNoOrphan) {
  SegmentScript wire(Beside::C);  // C leaked, and closes after an hour
  EXPECT_EQ(wire.play(kServerCloses + "+3600s   | CLOSE-WAIT CLOSED  ;"
                                      "C>S FIN  | LAST-ACK   CLOSED  ;"
                                      "S>C ACK  | CLOSED     TIME-WAIT"),
            "");
}

TEST(TcpModelTimers, SynSentEndsWhenItMissesItsSlot) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; +1s; C>S SYN again; +2s; C>S SYN again; +4s;"
                      "C>S SYN again; +9s | SYN-SENT CLOSED;"
                      "+2s                | CLOSED   CLOSED"),
            "");
}

TEST(TcpModelTimers, FirstPauseOfARemoteSynMayBe3Seconds) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; +3s | SYN-SENT CLOSED; +1s | CLOSED CLOSED"),
            "");
}

TEST(TcpModelTimers, SynSentEndsAfter131Seconds) {
  TcpModelOptions options;
  options.syn_sent = std::chrono::seconds(5);
  SegmentScript wire(Beside::C, options);
  EXPECT_EQ(wire.play("C>S SYN; +1s; C>S SYN again; +1s; C>S SYN again; +1s;"
                      "C>S SYN again; +1s; C>S SYN again | SYN-SENT CLOSED;"
                      "+1s                               | CLOSED   CLOSED"),
            "");
  EXPECT_EQ(TcpModelOptions{}.syn_sent, std::chrono::seconds(131));
}

TEST(TcpModelTimers, SynThatComesBackWasNotGivenUp) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; +5s            | CLOSED   CLOSED;"
                      "C>S SYN again           | SYN-SENT CLOSED;"
                      "S>C SYN,ACK; C>S ACK    | ESTAB    ESTAB"),
            "");
}

TEST(TcpModelTimers, SynThatComesBackIsWaitedForAnew) {
  TcpModelOptions options;
  options.syn_sent = std::chrono::seconds(5);
  SegmentScript wire(Beside::S, options);
  EXPECT_EQ(wire.play("C>S SYN; +9s            | CLOSED   CLOSED;"
                      "C>S SYN again; +3s      | SYN-SENT CLOSED"),
            "");
}

TEST(TcpModelTimers, FinWait1ThatComesBackIsWaitedForAnew) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; +121s | CLOSED     CLOSE-WAIT;"
                              "C>S ACK; +119s | FIN-WAIT-1 CLOSE-WAIT"),
            "");
}

TEST(TcpModelTimers, NothingIsToldOfThePast) {
  // The answer to a SYN of long ago begins a connection of that age.
  SegmentScript wire(Beside::Neither);
  ASSERT_EQ(wire.play(kOpen + "C>S SYN isn=90000; +10s;"
                              "S>C SYN,ACK isn=600000; +1s"),
            "");
  Instant last;
  for (const EndpointChange& change : wire.changes()) {
    EXPECT_GE(change.at, last);
    last = change.at;
  }
}

TEST(TcpModelTimers, SynReceivedEndsAfter63Seconds) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK; +62s; | CLOSED SYN-RECV;"
                      "+1s"),
            "");
  EXPECT_EQ(wire.state('S'), TcpState::Closed);
}

TEST(TcpModelTimers, UnacknowledgedFinEndsAfter120Seconds) {
  for (const std::string closing :
       {"S>C FIN", "C>S FIN; S>C FIN", "S>C FIN; C>S FIN ack=1"}) {
    SegmentScript wire;
    ASSERT_EQ(wire.play(kOpen + closing + "; +119s"), "");
    EXPECT_NE(wire.state('S'), TcpState::Closed) << closing;
    ASSERT_EQ(wire.play("+1s"), "");
    EXPECT_EQ(wire.state('S'), TcpState::Closed) << closing;
  }
}

TEST(TcpModelTimers, EstablishedIsIdleForever) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "+9999999s | ESTAB ESTAB"), "");
}

// Presumptions about ends that we do not sit beside.

TEST(TcpModelPresumption, UnconfirmedFinFallsBackToEstablished) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "S>C data 1; C>S FIN | FIN-WAIT-1 CLOSE-WAIT?;"
                              "+249ms              | FIN-WAIT-1 CLOSE-WAIT?;"
                              "+1ms                | FIN-WAIT-1 ESTAB"),
            "");
  EXPECT_EQ(wire.last_reason(), ChangeReason::NotConfirmed);
}

TEST(TcpModelPresumption, NextCopyOfTheFinIsPresumedAnew) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN lost; +300ms; C>S FIN again"
                              "        | FIN-WAIT-1 CLOSE-WAIT?;"
                              "S>C ACK | FIN-WAIT-2 CLOSE-WAIT"),
            "");
}

TEST(TcpModelPresumption, CopyOfTheFinLeavesAConfirmedCloseWait) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK lost; C>S FIN again; +1s"
                              "| FIN-WAIT-2 CLOSE-WAIT"),
            "");
}

TEST(TcpModelPresumption, LateAckConfirmsAfterTheFallBack) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; +900ms; S>C ACK"
                              "| FIN-WAIT-2 CLOSE-WAIT"),
            "");
}

TEST(TcpModelPresumption, UnconfirmedSynAckFallsBackToSynSent) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK      | ESTAB?   SYN-RECV;"
                      "+300ms                    | SYN-SENT SYN-RECV;"
                      "+700ms; S>C SYN,ACK again | ESTAB?   SYN-RECV;"
                      "C>S ACK                   | ESTAB    ESTAB"),
            "");
}

TEST(TcpModelPresumption, WhatReachesALocalEndIsAFact) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; +10s; | FIN-WAIT-1 CLOSE-WAIT"), "");
}

TEST(TcpModelPresumption, AckOfFinIsConfirmedByWhatFollowsIt) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK | FIN-WAIT-2? CLOSE-WAIT;"
                              "S>C data 10      | FIN-WAIT-2? CLOSE-WAIT;"
                              "C>S ACK          | FIN-WAIT-2  CLOSE-WAIT"),
            "");
}

TEST(TcpModelPresumption, EarlierDataDoesNotConfirmTheAckOfFin) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "S>C data 10 lost; C>S FIN; S>C ACK;"
                              "C>S ACK ack=11 | FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelPresumption, CloseWaitIsDoubtfulWhileAFinMayBeOnItsWay) {
  SegmentScript wire(Beside::C);  // S closed too, but its FIN is late
  EXPECT_EQ(wire.play(kOpen + "S>C data 1; S>C FIN lost unseen; C>S FIN;"
                              "S>C ACK             | FIN-WAIT-2 CLOSE-WAIT?;"
                              "S>C FIN seq=2 ack=2 | TIME-WAIT  CLOSING"),
            "");
}

TEST(TcpModelPresumption, RetransmittedDataDoesNotConfirmCloseWait) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "S>C data 9 lost; C>S FIN; S>C data 9 seq=1"
                              "        | FIN-WAIT-2 CLOSE-WAIT?;"
                              "S>C ACK | FIN-WAIT-2 CLOSE-WAIT"),
            "");
}

// The table.

TEST(TcpModelTable, ForgetsWhatIsOver) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S RST; +29s"), "");
  EXPECT_EQ(wire.model().size(), 1U);
  EXPECT_EQ(wire.play("+1s"), "");
  EXPECT_EQ(wire.model().size(), 0U);
}

TEST(TcpModelTable, RefusesWhatItHasNoRoomFor) {
  TcpModelOptions options;
  options.max_connections = 0;
  SegmentScript wire(Beside::S, options);
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK | CLOSED CLOSED"), "");
  EXPECT_EQ(wire.model().size(), 0U);
  EXPECT_EQ(wire.model().stats().refused, 2U);
}

}  // namespace
}  // namespace tcpstated
