// SPDX-License-Identifier: Apache-2.0
#include "tcp/traffic.hpp"

#include <gtest/gtest.h>

#include "fakes/segment_script.hpp"

namespace tcpstated {
namespace {

/// Of C (index 0) and S (index 1) after the segments of `script`.
Traffic traffic_of(const std::string& script) {
  TcpModelOptions options;
  options.keep_traffic = true;
  SegmentScript wire(Beside::Neither, options);
  EXPECT_EQ(wire.play(script), "");
  Traffic traffic;
  std::size_t connections = 0;
  wire.model().visit([&](const ObservedConnection& connection) {
    traffic = *connection.traffic;
    ++connections;
  });
  EXPECT_EQ(connections, 1U) << script;
  return traffic;
}

std::string history(const std::string& script) {
  return traffic_of(script).history;
}

std::string_view verdict(const std::string& script) {
  return conn_state(traffic_of(script));
}

TEST(History, IsInUpperCaseForTheOriginator) {
  EXPECT_EQ(history(kOpen + "C>S data 9; S>C; S>C data 9; C>S"), "ShADad");
}

TEST(History, TheOriginatorSendsTheSyn) {
  EXPECT_EQ(history("S>C SYN; C>S SYN,ACK; S>C"), "ShA");
}

TEST(History, AnAnswerSeenFirstTurnsTheDirectionAround) {
  EXPECT_EQ(history("C>S SYN unseen; S>C SYN,ACK; C>S"), "^hA");
  EXPECT_EQ(traffic_of("C>S SYN unseen; S>C SYN,ACK").originator, 0);
}

TEST(History, AServicePortSeenFirstTurnsTheDirectionAround) {
  EXPECT_EQ(history("C>S SYN unseen; S>C SYN,ACK unseen; C>S unseen;"
                    "S>C data 9; C>S"),
            "^dA");
  EXPECT_EQ(history("C>S SYN unseen; S>C SYN,ACK unseen; C>S; S>C data 9"),
            "Ad");
}

TEST(History, DataIsNoAckAndNeitherIsWrittenBesideAFin) {
  EXPECT_EQ(history("C>S SYN; S>C SYN,ACK; C>S data 9; S>C FIN data 9"),
            "ShDf");
}

TEST(History, DataInASynIsNotWritten) {
  EXPECT_EQ(history("C>S SYN tfo data 9; S>C SYN,ACK; C>S"), "ShA");
}

TEST(History, ARepeatedFlagIsWrittenForAnotherNumberOnly) {
  EXPECT_EQ(history(kOpen + "C>S FIN; +1s; C>S again"), "ShAF");
  EXPECT_EQ(history(kOpen + "C>S RST; C>S RST; C>S RST seq=+7"), "ShARR");
  EXPECT_EQ(history("C>S SYN; +1s; C>S again; S>C SYN,ACK; C>S"), "ShA");
}

TEST(History, OddFlagsHaveLettersOfTheirOwn) {
  EXPECT_EQ(history(kOpen + "C>S FIN,RST"), "ShAI");
  EXPECT_EQ(history(kOpen + "S>C SYN,RST; S>C SYN,RST"), "ShAq");
  EXPECT_EQ(history(kOpen + "C>S SYN,FIN"), "ShAQ");
}

TEST(History, AZeroWindowIsWrittenBehindItsSegment) {
  EXPECT_EQ(history(kOpen + "C>S data 9; S>C win=0"), "ShADaw");
}

TEST(History, AZeroWindowDoesNotMatterToAPeerThatSentFin) {
  EXPECT_EQ(history(kOpen + "C>S FIN; S>C win=0"), "ShAFa");
  EXPECT_EQ(history(kOpen + "S>C FIN; S>C win=0"), "ShAfaw");
}

TEST(History, ManyZeroWindowsAreWrittenAtPowersOfTen) {
  std::string script = kOpen;
  for (int i = 0; i < 9; ++i) script += "S>C win=0;";
  EXPECT_EQ(history(script), "ShAaw");
  EXPECT_EQ(history(script + "S>C win=0;"), "ShAaww");
  for (int i = 0; i < 90; ++i) script += "S>C win=0;";
  EXPECT_EQ(history(script), "ShAaww");
  EXPECT_EQ(history(script + "S>C win=0;"), "ShAawww");
}

TEST(History, PayloadAgainIsWrittenAtPowersOfTen) {
  std::string script = kOpen + "C>S data 9;";
  EXPECT_EQ(history(script), "ShAD");
  for (int i = 0; i < 9; ++i) script += "C>S again;";
  EXPECT_EQ(history(script), "ShADT");
  EXPECT_EQ(history(script + "C>S again;"), "ShADTT");
}

TEST(Retransmissions, AreSegmentsWithNothingNew) {
  const Traffic traffic =
      traffic_of(kOpen + "C>S data 9; C>S again; C>S again; S>C data 9");
  EXPECT_EQ(traffic.ends[0].retransmissions, 2U);
  EXPECT_EQ(traffic.ends[0].bytes, 9U);
  EXPECT_EQ(traffic.ends[0].segments, 5U);
  EXPECT_EQ(traffic.ends[1].retransmissions, 0U);
}

TEST(Retransmissions, APartialOverlapCountsItsNewBytes) {
  const Traffic traffic =
      traffic_of(kOpen + "C>S data 100; C>S data 100 seq=-40");
  EXPECT_EQ(traffic.ends[0].retransmissions, 0U);
  EXPECT_EQ(traffic.ends[0].bytes, 160U);
}

TEST(Retransmissions, SynAndFinAgainAreSome) {
  EXPECT_EQ(traffic_of("C>S SYN; +1s; C>S again").ends[0].retransmissions, 1U);
  EXPECT_EQ(traffic_of("C>S SYN; S>C SYN,ACK; +1s; S>C again")
                .ends[1]
                .retransmissions,
            1U);
  EXPECT_EQ(
      traffic_of(kOpen + "C>S FIN; +1s; C>S again").ends[0].retransmissions,
      1U);
}

TEST(Retransmissions, AKeepaliveProbeIsNone) {
  const Traffic traffic =
      traffic_of(kOpen + "C>S data 9; C>S seq=-1; S>C; C>S seq=-1 data 1; S>C");
  EXPECT_EQ(traffic.ends[0].retransmissions, 0U);
  EXPECT_EQ(traffic.ends[0].bytes, 9U);
  EXPECT_FALSE(traffic.history.contains('T')) << traffic.history;
}

TEST(Retransmissions, AnAckOrAResetIsNone) {
  const Traffic traffic = traffic_of(kOpen + "C>S; C>S; C>S RST; C>S RST");
  EXPECT_EQ(traffic.ends[0].retransmissions, 0U);
}

TEST(Bytes, ThoseThatWereOvertakenCountOnce) {
  const Traffic traffic = traffic_of(
      kOpen + "C>S data 100 seq=101; C>S data 100 seq=1; C>S data 100 seq=201");
  EXPECT_EQ(traffic.ends[0].bytes, 200U + 100U);
}

TEST(Bytes, ThoseThatWereLostBeforeUsCount) {
  EXPECT_EQ(
      traffic_of(kOpen + "C>S data 100 unseen; C>S data 50; S>C").ends[0].bytes,
      150U);
}

TEST(Bytes, SynAndFinAreNone) {
  const Traffic traffic =
      traffic_of(kOpen + "C>S FIN data 9; S>C FIN; C>S; S>C");
  EXPECT_EQ(traffic.ends[0].bytes, 9U);
  EXPECT_EQ(traffic.ends[1].bytes, 0U);
}

TEST(Bytes, DataInASynCounts) {
  EXPECT_EQ(traffic_of("C>S SYN tfo data 9; S>C SYN,ACK; C>S").ends[0].bytes,
            9U);
}

TEST(Bytes, TextInAResetIsNoData) {
  EXPECT_EQ(traffic_of(kOpen + "C>S RST data 9").ends[0].bytes, 0U);
}

TEST(Bytes, ANumberFarFromAllElseCountsNothing) {
  EXPECT_EQ(
      traffic_of(kOpen + "C>S data 9; C>S data 9 seq=900000000").ends[0].bytes,
      9U);
}

TEST(Bytes, GoOnBeyondFourGigabytes) {
  Traffic traffic;
  Segment segment{.payload = 1U << 25};
  segment.flags.ack = true;
  for (int i = 0; i < 200; ++i) {
    note_segment(traffic, 0, segment, segment.seq);
    segment.seq = segment.seq + segment.payload;
  }
  EXPECT_EQ(traffic.ends[0].bytes, 200ULL << 25);
}

TEST(Handshake, LastsFromTheFirstSynToTheAckOfItsAnswer) {
  EXPECT_EQ(
      traffic_of("C>S SYN; +20ms; S>C SYN,ACK; C>S; +5s; C>S data 9").handshake,
      std::chrono::milliseconds(24));
  EXPECT_EQ(traffic_of("C>S SYN lost; +1s; C>S again; S>C SYN,ACK; C>S data 9")
                .handshake,
            std::chrono::milliseconds(1006));
}

TEST(Handshake, IsUnknownUntilTheSynAckIsAcknowledged) {
  EXPECT_FALSE(traffic_of("C>S SYN; S>C SYN,ACK").handshake);
  EXPECT_FALSE(traffic_of("C>S SYN; S>C SYN,ACK; C>S RST").handshake);
  EXPECT_FALSE(traffic_of("C>S SYN; S>C SYN,ACK; C>S ack=0").handshake);
}

TEST(Handshake, IsUnknownIfTheSynWasNotSeen) {
  EXPECT_FALSE(traffic_of("C>S SYN unseen; S>C SYN,ACK; C>S").handshake);
}

TEST(Closing, IsOfWhoClosedFirst) {
  const Traffic traffic = traffic_of(kOpen + "S>C FIN; C>S FIN; S>C");
  EXPECT_EQ(traffic.closed, CloseMethod::Fin);
  EXPECT_EQ(traffic.closed_by, 1);
}

TEST(Closing, AResetBehindAFinChangesNothing) {
  const Traffic traffic = traffic_of(kOpen + "S>C FIN; C>S RST");
  EXPECT_EQ(traffic.closed, CloseMethod::Fin);
  EXPECT_EQ(traffic.closed_by, 1);
}

TEST(Closing, ARefusalIsAReset) {
  const Traffic traffic = traffic_of("C>S SYN; S>C RST,ACK");
  EXPECT_EQ(traffic.closed, CloseMethod::Reset);
  EXPECT_EQ(traffic.closed_by, 1);
}

TEST(Closing, AnUnansweredSynTimesOut) {
  EXPECT_EQ(traffic_of("C>S SYN; +5s").closed, CloseMethod::Timeout);
}

TEST(Closing, AHardErrorMakesItUnreachable) {
  EXPECT_EQ(traffic_of("C>S SYN; icmp C").closed, CloseMethod::Unreachable);
}

TEST(Closing, NothingClosedIsOpen) {
  EXPECT_EQ(traffic_of(kOpen).closed, CloseMethod::Open);
}

TEST(Closing, WhatTheReceiverThrowsAwayClosesNothing) {
  Traffic traffic;
  Segment segment;
  segment.flags.rst = true;
  note_segment(traffic, 0, segment, std::nullopt, false);
  EXPECT_EQ(traffic.closed, CloseMethod::Open);
  note_segment(traffic, 0, segment, std::nullopt, true);
  EXPECT_EQ(traffic.closed, CloseMethod::Reset);
}

// The verdicts in the order of state-model.md C.

TEST(ConnState, ASynAnsweredByAResetIsRejected) {
  EXPECT_EQ(verdict("C>S SYN; S>C RST,ACK"), "REJ");
  EXPECT_EQ(verdict("C>S SYN; +1s; C>S again; S>C RST,ACK"), "REJ");
}

TEST(ConnState, ResetsOfBothWithoutAByteAreRejected) {
  EXPECT_EQ(verdict(kOpen + "C>S RST; S>C RST"), "REJ");
  EXPECT_EQ(verdict(kOpen + "C>S data 9; C>S RST; S>C RST"), "RSTR");
}

TEST(ConnState, AResetOfAResponderWhoseOriginatorIsUnseenIsRstrh) {
  EXPECT_EQ(verdict("C>S SYN unseen; S>C SYN,ACK; S>C RST"), "RSTRH");
}

TEST(ConnState, AResetOfTheResponderIsRstr) {
  EXPECT_EQ(verdict(kOpen + "S>C RST"), "RSTR");
  EXPECT_EQ(verdict(kOpen + "C>S FIN; S>C RST"), "RSTR");
  EXPECT_EQ(verdict(kOpen + "C>S data 9; C>S FIN; S>C RST; C>S RST"), "RSTR");
}

TEST(ConnState, ASynAndAResetOfItsSenderAreRstos0) {
  EXPECT_EQ(verdict("C>S SYN; C>S RST"), "RSTOS0");
  EXPECT_EQ(verdict("C>S SYN; C>S RST; C>S RST seq=+3"), "RSTOS0");
}

TEST(ConnState, MoreThanASynBeforeAResetIsOther) {
  EXPECT_EQ(verdict("C>S SYN; C>S ack=1; C>S RST"), "OTH");
  EXPECT_EQ(verdict("C>S SYN unseen; S>C SYN,ACK unseen; C>S; C>S RST"), "OTH");
}

TEST(ConnState, AResetOfTheOriginatorIsRsto) {
  EXPECT_EQ(verdict(kOpen + "C>S data 9; C>S RST"), "RSTO");
  EXPECT_EQ(verdict("C>S SYN; S>C SYN,ACK; C>S RST"), "RSTO");
  EXPECT_EQ(verdict(kOpen + "S>C FIN; C>S; C>S RST"), "RSTO");
}

TEST(ConnState, FinsOfBothAreAnOrderlyEnd) {
  EXPECT_EQ(verdict(kOpen + "C>S FIN; S>C FIN; C>S"), "SF");
}

TEST(ConnState, AResetBehindBothFinsChangesNothing) {
  EXPECT_EQ(verdict(kOpen + "C>S FIN; S>C FIN; C>S RST"), "SF");
  EXPECT_EQ(verdict(kOpen + "C>S FIN; S>C FIN; S>C RST"), "SF");
}

TEST(ConnState, AFinBehindFinAndResetOfThePeerMakesAnOrderlyEnd) {
  EXPECT_EQ(verdict(kOpen + "C>S FIN; C>S RST; S>C FIN"), "SF");
  EXPECT_EQ(verdict(kOpen + "C>S RST; S>C FIN"), "RSTO");
}

TEST(ConnState, AFinOfTheOriginatorAloneIsS2) {
  EXPECT_EQ(verdict(kOpen + "C>S FIN; S>C"), "S2");
}

TEST(ConnState, AFinToAResponderThatIsUnseenIsSh) {
  EXPECT_EQ(verdict("C>S SYN; C>S FIN ack=1"), "SH");
}

TEST(ConnState, AFinOfTheResponderAloneIsS3) {
  EXPECT_EQ(verdict(kOpen + "S>C FIN; C>S"), "S3");
}

TEST(ConnState, AFinToAnOriginatorThatIsUnseenIsShr) {
  EXPECT_EQ(verdict("C>S SYN unseen; S>C SYN,ACK; S>C FIN"), "SHR");
}

TEST(ConnState, ASynWithoutAnAnswerIsS0) {
  EXPECT_EQ(verdict("C>S SYN"), "S0");
  EXPECT_EQ(verdict("C>S SYN; +1s; C>S again; +3s; C>S again"), "S0");
}

TEST(ConnState, AnAnsweredSynIsS1) {
  EXPECT_EQ(verdict("C>S SYN; S>C SYN,ACK"), "S1");
  EXPECT_EQ(verdict(kOpen + "C>S data 9; S>C data 9"), "S1");
}

TEST(ConnState, ASimultaneousOpenIsS1) {
  EXPECT_EQ(verdict("C>S SYN; S>C SYN; C>S SYN,ACK; S>C SYN,ACK"), "S1");
}

TEST(ConnState, AnAnswerAndItsAckAreS1) {
  EXPECT_EQ(verdict("C>S SYN unseen; S>C SYN,ACK; C>S"), "S1");
}

TEST(ConnState, AnAnswerThatOvertookItsSynIsS1) {
  EXPECT_EQ(verdict("C>S SYN unseen; S>C SYN,ACK; C>S SYN seq=0"), "S1");
}

TEST(ConnState, ALoneAnswerIsOther) {
  EXPECT_EQ(verdict("C>S SYN unseen; S>C SYN,ACK"), "OTH");
}

TEST(ConnState, WhatWasMetInTheMiddleIsOther) {
  const std::string midway = "C>S SYN unseen; S>C SYN,ACK unseen;";
  EXPECT_EQ(verdict(midway + "C>S data 9; S>C"), "OTH");
  EXPECT_EQ(verdict(midway + "C>S FIN; S>C FIN; C>S"), "SF");
}

}  // namespace
}  // namespace tcpstated
