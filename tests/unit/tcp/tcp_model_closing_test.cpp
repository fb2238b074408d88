// SPDX-License-Identifier: Apache-2.0
// How connections end by FIN: state-model.md A4 and A8, one row a test.
#include <gtest/gtest.h>

#include "fakes/segment_script.hpp"

namespace tcpstated {
namespace {

TEST(TcpModelClosing, ClientClosesFirst) {
  SegmentScript wire(Beside::Both);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN | FIN-WAIT-1 CLOSE-WAIT ;"
                              "S>C ACK | FIN-WAIT-2 CLOSE-WAIT ;"
                              "S>C FIN | TIME-WAIT  LAST-ACK   ;"
                              "C>S ACK | TIME-WAIT  CLOSED     "),
            "");
}

TEST(TcpModelClosing, FinCarriesTheAckOfTheOther) {
  SegmentScript wire(Beside::Both);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN | TIME-WAIT LAST-ACK"), "");
}

TEST(TcpModelClosing, CloseWaitOfRemoteIsPresumedUntilItAcks) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN | FIN-WAIT-1 CLOSE-WAIT? ;"
                              "S>C ACK | FIN-WAIT-2 CLOSE-WAIT  "),
            "");
}

TEST(TcpModelClosing, CloseWaitStaysForever) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK; +999999s;"
                              "| CLOSED CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, FinsCrossing) {
  for (const Beside beside : {Beside::C, Beside::S, Beside::Both}) {
    SegmentScript wire(beside);
    ASSERT_EQ(wire.play(kOpen + "C>S FIN lost; S>C FIN ack=1"), "");
    EXPECT_EQ(wire.state('C'), TcpState::Closing);
    EXPECT_EQ(wire.state('S'), TcpState::Closing);
    ASSERT_EQ(wire.play("C>S ACK seq=2 ack=2; S>C ACK seq=2 ack=2"), "");
    EXPECT_EQ(wire.state('C'), TcpState::TimeWait);
    EXPECT_EQ(wire.state('S'), TcpState::TimeWait);
  }
}

TEST(TcpModelClosing, RetransmittedFinDoesNotLeaveCloseWait) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK lost; +300ms;"
                              "C>S FIN again | FIN-WAIT-1 CLOSE-WAIT;"
                              "S>C ACK       | FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, RetransmittedFinDoesNotLeaveLastAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN lost; +300ms;"
                              "C>S FIN again; | FIN-WAIT-1 LAST-ACK"),
            "");
}

TEST(TcpModelClosing, FinSentAgainRevokesAnAckThatGotLost) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK lost | FIN-WAIT-2? CLOSE-WAIT;"
                              "+300ms; C>S FIN again | FIN-WAIT-1 CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, FinThatCrossedItsAckRevokesNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK; C>S FIN again"
                              "| FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, AckBeyondTheFinIsIgnored) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "S>C data 1; S>C FIN; C>S ACK ack=50"
                              "| CLOSE-WAIT FIN-WAIT-1"),
            "");
}

TEST(TcpModelClosing, AckFromBeyondItsFinWasNoPassiveClose) {
  SegmentScript wire;  // C closed first; its FIN was lost before us
  EXPECT_EQ(wire.play(kOpen + "C>S FIN lost unseen; S>C FIN; C>S ACK;"
                              "C>S FIN seq=1 | CLOSING TIME-WAIT"),
            "");
}

TEST(TcpModelClosing, UnlessTheOtherFinHadBeenSentTwice) {
  SegmentScript wire;  // then C may have answered the first with its own
  EXPECT_EQ(wire.play(kOpen + "S>C FIN; C>S FIN lost unseen; S>C FIN again;"
                              "C>S ACK; C>S FIN seq=1 | LAST-ACK TIME-WAIT"),
            "");
}

TEST(TcpModelClosing, LateFinOfAPassiveCloseIsIgnoredOnceAllIsOver) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN; C>S ACK | TIME-WAIT CLOSED;"
                              "+60s          | CLOSED CLOSED;"
                              "S>C FIN again | CLOSED CLOSED"),
            "");
}

TEST(TcpModelClosing, FinOutOfOrderWaitsForTheHole) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 100 unseen lost;"
                              "C>S FIN           | FIN-WAIT-1 ESTABLISHED;"
                              "C>S data 100 seq=1 | FIN-WAIT-1 CLOSE-WAIT;"
                              "S>C ACK           | FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, AckAcrossTheHoleDeliversTheFin) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 100 unseen; C>S FIN"
                              "        | FIN-WAIT-1  ESTABLISHED;"
                              "S>C ACK | FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, FinBeyondTheWindowIsIgnored) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "S>C ACK win=1000; C>S FIN seq=2000 lost"
                              "| ESTABLISHED ESTABLISHED"),
            "");
}

TEST(TcpModelClosing, FinWithFutureAckIsIgnored) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN ack=99 lost | ESTAB ESTAB"), "");
}

TEST(TcpModelClosing, FinWithoutAckIsIgnored) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN noack lost | ESTAB ESTAB"), "");
}

TEST(TcpModelClosing, FinIntoAClosedWindowWaitsForItsAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 10; S>C ACK win=0;"
                              "C>S FIN         | FIN-WAIT-1  ESTABLISHED;"
                              "S>C ACK win=500 | FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, PartialAckStaysInFinWait1) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S data 100; C>S FIN; S>C ACK ack=51"
                              "| FIN-WAIT-1 CLOSE-WAIT?"),
            "");
}

TEST(TcpModelClosing, OnlyTheAckOfItsFinEndsLastAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN lost | TIME-WAIT? LAST-ACK;"
                              "C>S ACK ack=1         | TIME-WAIT? LAST-ACK;"
                              "C>S ACK ack=2         | TIME-WAIT CLOSED"),
            "");
}

TEST(TcpModelClosing, AckOfOldSequenceDoesNotEndLastAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 50; C>S FIN; S>C FIN;"
                              "C>S ACK seq=20 | TIME-WAIT? LAST-ACK"),
            "");
}

TEST(TcpModelClosing, HalfCloseLastsWhileDataFlows) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK; +50s; S>C data 10; C>S ACK;"
                              "+9999s; | FIN-WAIT-2 CLOSE-WAIT"),
            "");
}

TEST(TcpModelClosing, DataAfterTheFinIsIgnored) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK; C>S data 10 lost;"
                              "S>C FIN; C>S ACK seq=2 | TIME-WAIT CLOSED"),
            "");
}

TEST(TcpModelClosing, LateSegmentsOfAClosedConnectionAreNoNewOne) {
  SegmentScript wire;
  EXPECT_EQ(
      wire.play(kOpen + "S>C FIN; C>S FIN; S>C ACK | CLOSED TIME-WAIT;"
                        "+60s          | CLOSED CLOSED;"
                        "C>S FIN again | CLOSED CLOSED;"
                        "S>C RST seq=2; C>S data 1 seq=1 | CLOSED CLOSED"),
      "");
}

TEST(TcpModelClosing, LateSegmentsAfterAResetAreNoNewConnection) {
  SegmentScript wire(Beside::Both);
  EXPECT_EQ(wire.play(kOpen + "C>S RST; S>C data 10; C>S ACK | CLOSED CLOSED"),
            "");
  EXPECT_EQ(wire.changes().size(), 6U);
}

// What is no close.

TEST(TcpModelData, KeepalivesChangeNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 9; S>C ACK; +7200s;"
                              "C>S ACK seq=-1    | ESTAB ESTAB; S>C ACK;"
                              "C>S data 1 seq=-1 | ESTAB ESTAB; S>C ACK;"
                              "C>S FIN           | FIN-WAIT-1 CLOSE-WAIT"),
            "");
}

TEST(TcpModelData, ZeroWindowAndProbesChangeNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 9; S>C ACK win=0; C>S data 1 lost;"
                              "S>C ACK; C>S ACK seq=9; S>C ACK win=600"
                              "| ESTAB ESTAB"),
            "");
}

TEST(TcpModelData, WindowOfAnOvertakenAckIsOld) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S data 10; S>C ACK; S>C ACK ack=1 win=0;"
                              "C>S FIN | FIN-WAIT-1 CLOSE-WAIT?"),
            "");
}

TEST(TcpModelData, SequenceNumbersWrapAround) {
  SegmentScript wire(Beside::Both);
  EXPECT_EQ(
      wire.play("C>S SYN isn=4294967200; S>C SYN,ACK isn=4294967295; C>S ACK;"
                "C>S data 200; S>C ACK; C>S FIN | FIN-WAIT-1 CLOSE-WAIT;"
                "S>C FIN; C>S ACK               | TIME-WAIT  CLOSED"),
      "");
}

TEST(TcpModelData, WindowsAreScaledIfBothEndsSaySo) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN wscale=3; S>C SYN,ACK wscale=4; C>S ACK;"
                      "S>C ACK win=100; C>S data 1000 unseen lost;"
                      "C>S FIN seq=1500; S>C ACK ack=1 |"
                      "FIN-WAIT-1 ESTAB; S>C ACK ack=1501 |"
                      "FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

TEST(TcpModelData, WindowIsNotScaledIfOneEndDoesNot) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK wscale=4; C>S ACK;"
                      "S>C ACK win=100; C>S FIN seq=1500 lost | ESTAB ESTAB"),
            "");
}

TEST(TcpModelData, UnknownWindowScaleLetsFarSegmentsPass) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN unseen; S>C SYN,ACK unseen; C>S ACK unseen;"
                      "C>S data 10; S>C data 10 win=1; C>S data 10;"
                      "C>S FIN seq=900000; S>C ACK ack=900001;"
                      "| FIN-WAIT-2? CLOSE-WAIT"),
            "");
}

// Copies that passed two devices.

TEST(TcpModelCopies, AreCountedAndChangeNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN dup; S>C SYN,ACK dup; C>S ACK dup;"
                      "C>S FIN dup | FIN-WAIT-1 CLOSE-WAIT"),
            "");
  EXPECT_EQ(wire.model().stats().copies, 4U);
  EXPECT_EQ(wire.model().stats().segments, 8U);
}

TEST(TcpModelCopies, RetransmissionHasAnotherIpId) {
  TcpModelOptions options;
  options.duplicate_window = std::chrono::milliseconds(100);
  SegmentScript wire(Beside::S, options);
  EXPECT_EQ(wire.play(kOpen + "C>S data 5 id=7; C>S data 5 seq=1 id=8"), "");
  EXPECT_EQ(wire.model().stats().copies, 0U);
  EXPECT_EQ(wire.play("C>S data 5 seq=1 id=8"), "");
  EXPECT_EQ(wire.model().stats().copies, 1U);
}

TEST(TcpModelCopies, LaterThanTheWindowIsNoCopy) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 5 id=7; C>S data 5 seq=1 id=7"), "");
  EXPECT_EQ(wire.model().stats().copies, 0U);
}

}  // namespace
}  // namespace tcpstated
