// SPDX-License-Identifier: Apache-2.0
#include "tcp/tcp_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "tcp/state_set.hpp"

namespace tcpstated {
namespace {

/// Every spelling that product.md names, and what the tools it names print.
constexpr std::pair<std::string_view, TcpState> kSpellings[] = {
    // RFC 9293
    {"CLOSED", TcpState::Closed},
    {"LISTEN", TcpState::Listen},
    {"SYN-SENT", TcpState::SynSent},
    {"SYN-RECEIVED", TcpState::SynReceived},
    {"ESTABLISHED", TcpState::Established},
    {"FIN-WAIT-1", TcpState::FinWait1},
    {"FIN-WAIT-2", TcpState::FinWait2},
    {"CLOSE-WAIT", TcpState::CloseWait},
    {"CLOSING", TcpState::Closing},
    {"LAST-ACK", TcpState::LastAck},
    {"TIME-WAIT", TcpState::TimeWait},
    // netstat of Windows, Solaris and the BSDs
    {"SYN_SEND", TcpState::SynSent},
    {"SYN_RECEIVED", TcpState::SynReceived},
    {"SYN_RCVD", TcpState::SynReceived},
    {"TIMED_WAIT", TcpState::TimeWait},
    {"FIN_WAIT_1", TcpState::FinWait1},
    {"FIN_WAIT_2", TcpState::FinWait2},
    {"LISTENING", TcpState::Listen},
    // Linux and ss
    {"SYN-RECV", TcpState::SynReceived},
    {"ESTAB", TcpState::Established},
    {"UNCONN", TcpState::Closed},
    {"CLOSE", TcpState::Closed},
    {"FIN_WAIT1", TcpState::FinWait1},
    {"FIN_WAIT2", TcpState::FinWait2},
    // node_exporter
    {"established", TcpState::Established},
    {"syn_sent", TcpState::SynSent},
    {"syn_recv", TcpState::SynReceived},
    {"fin_wait1", TcpState::FinWait1},
    {"fin_wait2", TcpState::FinWait2},
    {"time_wait", TcpState::TimeWait},
    {"close", TcpState::Closed},
    {"close_wait", TcpState::CloseWait},
    {"last_ack", TcpState::LastAck},
    {"listen", TcpState::Listen},
    {"closing", TcpState::Closing},
};

template <typename Change>
std::string changed(std::string_view text, Change change) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), change);
  return result;
}

TEST(TcpState, EveryLabelAndRfcNameIsUnderstood) {
  for (const TcpStateInfo& row : kTcpStates) {
    EXPECT_EQ(parse_state(row.label), row.state) << row.label;
    EXPECT_EQ(parse_state(row.rfc_name), row.state) << row.rfc_name;
    EXPECT_EQ(from_kernel(row.kernel), row.state) << row.label;
  }
}

TEST(TcpState, SpellingsOfOtherToolsAreUnderstood) {
  for (const auto& [spelling, state] : kSpellings)
    EXPECT_EQ(parse_state(spelling), state) << spelling;
}

TEST(TcpState, SpellingsAreUnderstoodInAnyCase) {
  for (const auto& [spelling, state] : kSpellings) {
    const auto lower = changed(spelling, [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    auto upper = changed(spelling, [](unsigned char c) {
      return static_cast<char>(std::toupper(c));
    });
    EXPECT_EQ(parse_state(lower), state) << lower;
    EXPECT_EQ(parse_state(upper), state) << upper;
    upper.back() = lower.back();
    EXPECT_EQ(parse_state(upper), state) << upper;
  }
}

TEST(TcpState, SpellingsAreUnderstoodWithDashesAndUnderscores) {
  for (const auto& [spelling, state] : kSpellings) {
    const auto dashed =
        changed(spelling, [](char c) { return c == '_' ? '-' : c; });
    const auto underscored =
        changed(spelling, [](char c) { return c == '-' ? '_' : c; });
    EXPECT_EQ(parse_state(dashed), state) << dashed;
    EXPECT_EQ(parse_state(underscored), state) << underscored;
  }
  EXPECT_EQ(parse_state("FIN_WAIT-2"), TcpState::FinWait2);
}

TEST(TcpState, OtherWordsAreRefused) {
  for (const char* word :
       {"", "-", "close_wait ", "closewait", "TIME WAIT", "est", "12",
        "fin_wait", "fin_wait_3", "syn", "all", "closed_", "listen-"})
    EXPECT_EQ(parse_state(word), std::nullopt) << word;
}

TEST(TcpState, KernelValuesOutsideTheRfcAreRefused) {
  EXPECT_EQ(from_kernel(12), TcpState::SynReceived);  // TCP_NEW_SYN_RECV
  EXPECT_EQ(from_kernel(13), std::nullopt);           // TCP_BOUND_INACTIVE
  EXPECT_EQ(from_kernel(0), std::nullopt);
  EXPECT_EQ(from_kernel(255), std::nullopt);
}

TEST(StateSet, TheSweepAsksForAllButEstablishedAndTimeWait) {
  const std::uint32_t mask = kWatchedStates.kernel_mask();
  EXPECT_EQ(mask & 1U << 1U, 0U);
  EXPECT_EQ(mask & 1U << 6U, 0U);
  EXPECT_NE(mask & 1U << 8U, 0U);
  EXPECT_NE(mask & 1U << 3U, 0U);
}

TEST(StateSet, ContainsWhatWasPutIn) {
  StateSet set;
  EXPECT_TRUE(set.empty());
  set.insert(TcpState::TimeWait);
  EXPECT_TRUE(set.contains(TcpState::TimeWait));
  EXPECT_FALSE(set.contains(TcpState::Closed));
  EXPECT_EQ(set, StateSet{TcpState::TimeWait});
}

TEST(StateSet, WithoutTakesAwayAndLeavesTheRest) {
  const StateSet rest = StateSet::all().without({TcpState::CloseWait});
  for (const TcpStateInfo& row : kTcpStates)
    EXPECT_EQ(rest.contains(row.state), row.state != TcpState::CloseWait);
  EXPECT_TRUE(rest.without(rest).empty());
}

}  // namespace
}  // namespace tcpstated
