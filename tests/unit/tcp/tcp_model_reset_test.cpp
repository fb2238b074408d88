// SPDX-License-Identifier: Apache-2.0
// RST: state-model.md A4 and A8, one row a test.
#include <gtest/gtest.h>

#include "fakes/segment_script.hpp"

namespace tcpstated {
namespace {

TEST(TcpModelReset, ExactClosesBothEnds) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S RST | CLOSED CLOSED"), "");
  EXPECT_EQ(wire.last_reason(), ChangeReason::Reset);
}

TEST(TcpModelReset, InTheWindowIsChallenged) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S RST seq=100; S>C ACK | ESTAB ESTAB"), "");
}

TEST(TcpModelReset, OldIsIgnored) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 100; S>C ACK; C>S RST seq=50"
                              "| ESTAB ESTAB"),
            "");
}

TEST(TcpModelReset, OutOfTheWindowIsIgnored) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S RST seq=9000000 | ESTAB ESTAB"), "");
}

TEST(TcpModelReset, OlderThanUnacknowledgedDataIsChallenged) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 100; C>S RST seq=1 | ESTAB ESTAB"), "");
}

TEST(TcpModelReset, MayBeOlderIfTheReceiverHasNoRoom) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "S>C ACK win=0; C>S data 1 lost; C>S RST seq=1"
                              "| CLOSED CLOSED"),
            "");
}

TEST(TcpModelReset, AtTheRightEdgeOfTheSackCloses) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 100 unseen lost; C>S data 100;"
                              "S>C ACK sack=201; C>S RST seq=201"
                              "| CLOSED CLOSED"),
            "");
}

TEST(TcpModelReset, OneBeforeRcvNxtAfterTheFinCloses) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK; C>S RST seq=1"
                              "| CLOSED CLOSED"),
            "");
}

TEST(TcpModelReset, WithFinIsAReset) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S RST,FIN,ACK | CLOSED CLOSED"), "");
}

TEST(TcpModelReset, WithSynIsAReset) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S RST,SYN seq=1 | CLOSED CLOSED"), "");
}

TEST(TcpModelReset, WithoutAckDoesNotRefuseASyn) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C RST | SYN-SENT CLOSED"), "");
}

TEST(TcpModelReset, WithAnotherAckDoesNotRefuseASyn) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C RST,ACK ack=9 | SYN-SENT CLOSED"), "");
}

TEST(TcpModelReset, EndsSynReceived) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK; C>S RST | CLOSED CLOSED"), "");
}

TEST(TcpModelReset, EndsLastAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN; C>S RST | CLOSED CLOSED"), "");
}

TEST(TcpModelReset, ExactEndsTimeWaitAndAnyOtherDoesNot) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "S>C FIN; C>S FIN; S>C ACK | CLOSED TIME-WAIT;"
                              "C>S RST seq=1             | CLOSED TIME-WAIT;"
                              "C>S RST seq=50            | CLOSED TIME-WAIT;"
                              "C>S RST seq=2             | CLOSED CLOSED"),
            "");
}

TEST(TcpModelReset, AnswersDataToAnOrphanInFinWait2) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "S>C FIN; C>S ACK; C>S data 10;"
                              "S>C RST seq=2 | CLOSED CLOSED"),
            "");
}

TEST(TcpModelReset, OfUnreadDataClosesItsSenderWhateverThePeerThinks) {
  SegmentScript wire;  // SEQ is not what the client expects
  EXPECT_EQ(wire.play(kOpen + "S>C RST seq=5000 | ESTAB CLOSED"), "");
}

TEST(TcpModelReset, SilencesItsSenderEvenIfThePeerIgnoresIt) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "S>C RST seq=5000; S>C FIN | ESTAB CLOSED"), "");
}

TEST(TcpModelReset, FromSynReceivedMayAnswerAnUnacceptableAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK; C>S ACK ack=77;"
                      "S>C RST seq=77 | ESTAB? SYN-RECV"),
            "");
}

TEST(TcpModelReset, IsJudgedLenientlyAfterAGap) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S data 10 unseen; S>C ACK; C>S data 10;"
                              "C>S RST seq=11 | CLOSED CLOSED"),
            "");
}

TEST(TcpModelReset, InTheWindowMakesCloseWaitOfItsSenderDoubtful) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C ACK | FIN-WAIT-2 CLOSE-WAIT;"
                              "S>C RST seq=500  | FIN-WAIT-2 CLOSE-WAIT?"),
            "");
}

TEST(TcpModelReset, OfNothingKnownIsNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S RST | CLOSED CLOSED"), "");
  EXPECT_EQ(wire.model().size(), 0U);
  EXPECT_EQ(wire.model().stats().ignored, 1U);
}

TEST(TcpModelReset, OfRemoteIsPresumed) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S RST | CLOSED CLOSED"), "");
  EXPECT_EQ(wire.quality('C'), Quality::Confirmed);
  EXPECT_EQ(wire.quality('S'), Quality::Presumed);
}

TEST(TcpModelFlags, SegmentsThatNobodyTakesOpenNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S noack; C>S FIN,noack; C>S SYN,FIN"
                      "| CLOSED CLOSED"),
            "");
  EXPECT_EQ(wire.model().size(), 0U);
}

}  // namespace
}  // namespace tcpstated
