// SPDX-License-Identifier: Apache-2.0
#include "tcp/tcp_state.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace tcpstated {
namespace {

TEST(TcpState, EveryLabelAndRfcNameIsUnderstood) {
  for (const TcpStateInfo& row : kTcpStates) {
    EXPECT_EQ(parse_state(row.label), row.state) << row.label;
    EXPECT_EQ(parse_state(row.rfc_name), row.state) << row.rfc_name;
    EXPECT_EQ(from_kernel(row.kernel), row.state) << row.label;
  }
}

TEST(TcpState, SpellingsOfOtherToolsAreUnderstood) {
  EXPECT_EQ(parse_state("SYN_SEND"), TcpState::SynSent);
  EXPECT_EQ(parse_state("SYN_RECEIVED"), TcpState::SynReceived);
  EXPECT_EQ(parse_state("SYN-RECV"), TcpState::SynReceived);
  EXPECT_EQ(parse_state("TIMED_WAIT"), TcpState::TimeWait);
  EXPECT_EQ(parse_state("FIN_WAIT_1"), TcpState::FinWait1);
  EXPECT_EQ(parse_state("fin_wait2"), TcpState::FinWait2);
  EXPECT_EQ(parse_state("Estab"), TcpState::Established);
  EXPECT_EQ(parse_state("UNCONN"), TcpState::Closed);
  EXPECT_EQ(parse_state("CLOSE"), TcpState::Closed);
}

TEST(TcpState, OtherWordsAreRefused) {
  for (const char* word : {"", "closewait ", "TIME WAIT", "est", "12"})
    EXPECT_EQ(parse_state(word), std::nullopt) << word;
}

TEST(TcpState, KernelValuesOutsideTheRfcAreRefused) {
  EXPECT_EQ(from_kernel(12), TcpState::SynReceived);  // TCP_NEW_SYN_RECV
  EXPECT_EQ(from_kernel(13), std::nullopt);           // TCP_BOUND_INACTIVE
  EXPECT_EQ(from_kernel(0), std::nullopt);
}

TEST(StateSet, TheSweepAsksForAllButEstablishedAndTimeWait) {
  const std::uint32_t mask = kWatchedStates.kernel_mask();
  EXPECT_EQ(mask & 1U << 1U, 0U);
  EXPECT_EQ(mask & 1U << 6U, 0U);
  EXPECT_NE(mask & 1U << 8U, 0U);
  EXPECT_NE(mask & 1U << 3U, 0U);
}

}  // namespace
}  // namespace tcpstated
