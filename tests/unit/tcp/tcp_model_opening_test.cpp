// SPDX-License-Identifier: Apache-2.0
// How connections begin: state-model.md A4 and A8, one row a test.
#include <gtest/gtest.h>

#include <set>

#include "fakes/segment_script.hpp"

namespace tcpstated {
namespace {

TEST(TcpModelOpening, HandshakeEstablishesBothEnds) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN     | SYN-SENT     CLOSED       ;"
                      "S>C SYN,ACK | ESTABLISHED? SYN-RECEIVED ;"
                      "C>S ACK     | ESTABLISHED  ESTABLISHED  "),
            "");
}

TEST(TcpModelOpening, RemoteServerIsPresumedUntilItGoesOn) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK | ESTABLISHED SYN-RECEIVED ;"
                      "C>S ACK              | ESTABLISHED ESTABLISHED? ;"
                      "S>C data 10          | ESTABLISHED ESTABLISHED  "),
            "");
}

TEST(TcpModelOpening, RetransmittedSynChangesNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; +1s; C>S SYN again | SYN-SENT CLOSED"), "");
  EXPECT_EQ(wire.changes().size(), 1U);
}

TEST(TcpModelOpening, RetransmittedSynToEstablishedServerChangesNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S SYN id=9 | ESTAB ESTAB"), "");
}

TEST(TcpModelOpening, OtherIsnFromSynSentIsANewAttempt) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; C>S SYN isn=77000 | SYN-SENT CLOSED"), "");
  ASSERT_EQ(wire.changes().size(), 3U);
  EXPECT_EQ(wire.changes()[1].reason, ChangeReason::Superseded);
  EXPECT_NE(wire.changes()[2].connection, wire.changes()[0].connection);
}

TEST(TcpModelOpening, CrossingSynsAreASimultaneousOpen) {
  for (const Beside beside : {Beside::S, Beside::Both}) {
    SegmentScript wire(beside);
    const std::string c = beside == Beside::S ? "?" : "";
    EXPECT_EQ(
        wire.play("C>S SYN lost        | SYN-SENT CLOSED                ;"
                  "S>C SYN             | SYN-RECEIVED" +
                  c +
                  " SYN-RECEIVED;"
                  "C>S SYN,ACK         | SYN-RECEIVED ESTABLISHED        ;"
                  "S>C SYN,ACK         | ESTABLISHED" +
                  c + " ESTABLISHED"),
        "");
  }
}

TEST(TcpModelOpening, SplitHandshakeEstablishesBothEnds) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C ACK    | SYN-SENT     CLOSED        ;"
                      "S>C SYN             | SYN-RECEIVED SYN-RECEIVED? ;"
                      "C>S SYN,ACK         | SYN-RECEIVED ESTABLISHED?  ;"
                      "S>C ACK             | ESTABLISHED  ESTABLISHED  "),
            "");
}

TEST(TcpModelOpening, SynMayBeCapturedAfterItsAnswer) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN unseen; S>C SYN,ACK | ESTAB? SYN-RECV?;"
                      "C>S SYN again               | ESTAB? SYN-RECV ;"
                      "C>S ACK                     | ESTAB  ESTAB;"
                      "+1s; S>C SYN,ACK seq=0 ack=1 | ESTAB  SYN-RECV"),
            "");
}

TEST(TcpModelOpening, SynAckOfAnUnsentSynIsIgnored) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK ack=99 | SYN-SENT CLOSED;"
                      "C>S RST seq=99              | SYN-SENT CLOSED"),
            "");
}

TEST(TcpModelOpening, LateSynAckShowsThatTheLastAckWasLost) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK; C>S ACK | ESTAB ESTAB    ; +1s;"
                      "S>C SYN,ACK again             | ESTAB SYN-RECV "),
            "");
  EXPECT_EQ(wire.last_reason(), ChangeReason::AckLost);
  EXPECT_EQ(wire.play("C>S ACK | ESTAB ESTAB"), "");
}

TEST(TcpModelOpening, SynAckThatCrossedTheAckChangesNothing) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "+100ms; S>C SYN,ACK again | ESTAB ESTAB"), "");
}

TEST(TcpModelOpening, SynAckAfterAcknowledgedDataChangesNothing) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S data 10; S>C ACK; +1s;"
                              "S>C SYN,ACK seq=0 | ESTAB ESTAB"),
            "");
}

TEST(TcpModelOpening, LastAckMayComeWithData) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK; C>S ACK unseen lost;"
                      "C>S data 5 | ESTABLISHED ESTABLISHED"),
            "");
}

TEST(TcpModelOpening, LastAckMayComeWithFin) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK; C>S FIN | FIN-WAIT-1 CLOSE-WAIT"),
            "");
}

TEST(TcpModelOpening, AckToSynSentChangesNothing) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C ACK ack=5000 seq=7 | SYN-SENT CLOSED;"
                      "C>S RST seq=5000                | SYN-SENT CLOSED"),
            "");
}

TEST(TcpModelOpening, AckOfSynSentProvesAnUnseenSynAck) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK unseen; C>S ACK | ESTAB? ESTAB?"),
            "");
  EXPECT_EQ(wire.quality('C'), Quality::Inferred);
  EXPECT_EQ(wire.quality('S'), Quality::Unknown);
}

TEST(TcpModelOpening, OwnServerGoesOnAfterAnUnseenSynAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK unseen; C>S ACK | SYN-SENT CLOSED;"
                      "C>S data 10                          | SYN-SENT CLOSED;"
                      "S>C data 500                         | ESTAB? ESTAB?"),
            "");
}

TEST(TcpModelOpening, OwnAckFarBeyondTheSynProvesNothing) {
  // The challenge of an older connection that we do not know.
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C ACK seq=7 ack=900000 | SYN-SENT CLOSED"),
            "");
}

TEST(TcpModelOpening, DataFromTheServerDoesNotAnswerASyn) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK lost; +300ms; S>C data 10"
                      "| SYN-SENT SYN-RECV"),
            "");
}

TEST(TcpModelOpening, ServerMayBeginAnewBeforeItsAnswerArrived) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK lost; +300ms;"
                      "S>C SYN,ACK isn=900000; C>S ACK | ESTAB ESTAB"),
            "");
}

TEST(TcpModelOpening, RefusedSynClosesBothEnds) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; S>C RST,ACK | CLOSED CLOSED"), "");
  EXPECT_EQ(wire.last_reason(), ChangeReason::Refused);
}

TEST(TcpModelOpening, SameSynAfterARefusalIsANewConnection) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C RST,ACK; +500ms;"
                      "C>S SYN again | SYN-SENT CLOSED; S>C RST,ACK; +500ms;"
                      "C>S SYN again | SYN-SENT CLOSED"),
            "");
  std::set<std::uint64_t> connections;
  for (const EndpointChange& change : wire.changes())
    connections.insert(change.connection);
  EXPECT_EQ(connections.size(), 3U);
}

TEST(TcpModelOpening, NewSynToSynReceivedEndsBoth) {
  // Linux answers with a RST whose SEQ is 0 and drops the request.
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN; S>C SYN,ACK; C>S SYN isn=88000;"
                      "S>C RST,ACK seq=9999999 | CLOSED CLOSED"),
            "");
}

TEST(TcpModelOpening, SynToEstablishedIsChallenged) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S SYN seq=7000 lost | ESTAB ESTAB;"
                              "S>C ACK              | ESTAB ESTAB"),
            "");
}

TEST(TcpModelOpening, SynToLastAckIsChallenged) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN | TIME-WAIT? LAST-ACK;"
                              "C>S SYN seq=9000 lost | TIME-WAIT? LAST-ACK;"
                              "S>C ACK | TIME-WAIT? LAST-ACK"),
            "");
}

TEST(TcpModelOpening, AnsweredSynSupersedesTheOldConnection) {
  SegmentScript wire(Beside::Neither);
  EXPECT_EQ(wire.play(kOpen + "C>S SYN isn=90000      | ESTAB ESTAB?;"
                              "S>C SYN,ACK isn=600000 | ESTAB? SYN-RECV"),
            "");
  EXPECT_NE(wire.changes().back().connection,
            wire.changes().front().connection);
}

TEST(TcpModelOpening, OwnSynSupersedesTheOldConnection) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S SYN isn=90000 | SYN-SENT CLOSED"), "");
}

TEST(TcpModelOpening, RefusedReuseEndsTheOldConnection) {
  // The host restarted: it knows neither the old nor the new connection.
  SegmentScript wire(Beside::Neither);
  EXPECT_EQ(wire.play(kOpen + "C>S SYN isn=90000      | ESTAB ESTAB?;"
                              "S>C RST,ACK seq=0      | CLOSED CLOSED"),
            "");
}

// TIME-WAIT and the next connection of the same ports.

const std::string kServerInTimeWait =
    kOpen +
    "S>C FIN ts=100; C>S ACK ts=100; C>S FIN ts=100; S>C ACK ts=100;"
    "| CLOSED TIME-WAIT;";

TEST(TcpModelReuse, NewerIsnReopensTimeWait) {
  SegmentScript wire;
  EXPECT_EQ(wire.play(kServerInTimeWait + "C>S SYN isn=70000 | SYN-SENT CLOSED;"
                                          "S>C SYN,ACK isn=800000"
                                          " | ESTAB? SYN-RECV"),
            "");
}

TEST(TcpModelReuse, NewerTimestampReopensTimeWait) {
  SegmentScript wire;
  EXPECT_EQ(
      wire.play(kServerInTimeWait + "C>S SYN isn=5 ts=200 | SYN-SENT CLOSED"),
      "");
}

TEST(TcpModelReuse, OlderSynIsAnsweredAndResets) {
  SegmentScript wire;
  EXPECT_EQ(
      wire.play(kServerInTimeWait + "C>S SYN isn=5 lost | CLOSED TIME-WAIT;"
                                    "S>C ACK            | CLOSED TIME-WAIT;"
                                    "C>S RST seq=997    | CLOSED CLOSED"),
      "");
}

TEST(TcpModelReuse, OwnPortIsReusedFromTimeWait) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN; C>S ACK | TIME-WAIT CLOSED;"
                              "C>S SYN isn=70000         | SYN-SENT  CLOSED"),
            "");
}

TEST(TcpModelReuse, NewerSynFinEndsTimeWaitAndOpensNothing) {
  SegmentScript wire;
  EXPECT_EQ(
      wire.play(kServerInTimeWait + "C>S SYN,FIN isn=70000 | CLOSED CLOSED"),
      "");
}

TEST(TcpModelReuse, SynOfTheOldConnectionOpensNothing) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "C>S FIN; S>C FIN; C>S ACK   | TIME-WAIT CLOSED;"
                              "C>S SYN id=9 | TIME-WAIT CLOSED"),
            "");
}

// RFC 7413.

TEST(TcpModelFastOpen, ServerMaySendAndCloseBeforeItsLastAck) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN, data 100, tfo | SYN-SENT CLOSED        ;"
                      "S>C SYN,ACK            | ESTAB?   SYN-RECEIVED  ;"
                      "S>C data 50            | ESTAB?   SYN-RECEIVED  ;"
                      "S>C FIN                | CLOSE-WAIT? FIN-WAIT-1 ;"
                      "C>S ACK                | CLOSE-WAIT FIN-WAIT-2"),
            "");
}

TEST(TcpModelFastOpen, DataOfSynThatWasNotTakenIsSentAgain) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN, data 100, tfo; S>C SYN,ACK ack=1;"
                      "C>S data 100 seq=1 | ESTABLISHED? ESTABLISHED;"
                      "C>S FIN            | FIN-WAIT-1   CLOSE-WAIT"),
            "");
}

TEST(TcpModelFastOpen, DataOfSynThatWasNotTakenIsNotReceived) {
  SegmentScript wire;
  EXPECT_EQ(wire.play("C>S SYN, data 100, tfo; S>C SYN,ACK ack=1;"
                      "C>S RST seq=1 | CLOSED CLOSED"),
            "");
}

TEST(TcpModelFastOpen, RemoteServerIsNotConfirmedByDataAlone) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN, data 100, tfo; S>C SYN,ACK; C>S ACK"
                      "                         | ESTAB ESTAB? ;"
                      "S>C data 50 ack=101      | ESTAB ESTAB? ;"
                      "C>S data 10; S>C ACK     | ESTAB ESTAB"),
            "");
}

// ICMP.

TEST(TcpModelHardError, EndsSynSentAndSynReceived) {
  SegmentScript client(Beside::C);
  EXPECT_EQ(client.play("C>S SYN; icmp C | CLOSED CLOSED"), "");
  EXPECT_EQ(client.last_reason(), ChangeReason::HardError);
  SegmentScript server;
  EXPECT_EQ(server.play("C>S SYN; S>C SYN,ACK; icmp S | CLOSED CLOSED"), "");
}

TEST(TcpModelHardError, ChangesNoEstablishedConnection) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play(kOpen + "icmp C | ESTAB ESTAB?"), "");
}

TEST(TcpModelHardError, AboutAnotherSequenceNumberIsIgnored) {
  SegmentScript wire(Beside::C);
  EXPECT_EQ(wire.play("C>S SYN; C>S RST seq=500 lost unseen; icmp C"
                      "| SYN-SENT CLOSED"),
            "");
}

}  // namespace
}  // namespace tcpstated
