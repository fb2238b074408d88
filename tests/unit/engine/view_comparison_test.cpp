// SPDX-License-Identifier: Apache-2.0
#include "engine/view_comparison.hpp"

#include <gtest/gtest.h>

#include "fakes/wire.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// A connection that the packets show as ESTABLISHED.
struct ViewComparisonTest : testing::Test {
  Wire wire;
  TcpModel model{
      {}, 5, [](const IpAddress& ip) { return ip == Wire::server().ip; }};
  ViewComparison comparison;

  ViewComparisonTest() {
    std::vector<EndpointChange> changes;
    model.observe(wire.open(), changes);
  }
  void sweep(Duration at, TcpState kernel, bool complete = true) {
    comparison.begin();
    comparison.add({.tuple = {Wire::server(), Wire::client()},
                    .at = Instant(at),
                    .to = kernel,
                    .quality = Quality::Kernel,
                    .socket = {.cookie = 7}},
                   model);
    comparison.end(complete);
  }
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const auto& [states, number] : comparison.counts()) all += number;
    return all;
  }
};

TEST_F(ViewComparisonTest, AgreementIsNotCounted) {
  sweep(1h, TcpState::Established);
  sweep(1h + 5s, TcpState::Established);
  EXPECT_EQ(count(), 0U);
}

TEST_F(ViewComparisonTest, ADifferenceThatLastsIsCountedOnceByItsStates) {
  sweep(1h, TcpState::CloseWait);
  EXPECT_EQ(count(), 0U) << "packets may be late";
  sweep(1h + 5s, TcpState::CloseWait);
  sweep(1h + 10s, TcpState::CloseWait);
  ASSERT_EQ(count(), 1U);
  EXPECT_EQ(comparison.counts().begin()->first,
            std::pair(TcpState::CloseWait, TcpState::Established));
}

TEST_F(ViewComparisonTest, ADifferenceWithinTheGuardTimeIsNone) {
  sweep(1h, TcpState::CloseWait);
  sweep(1h + 500ms, TcpState::CloseWait);
  EXPECT_EQ(count(), 0U);
}

TEST_F(ViewComparisonTest, AnotherDifferenceBeginsAnew) {
  sweep(1h, TcpState::CloseWait);
  sweep(1h + 5s, TcpState::LastAck);
  EXPECT_EQ(count(), 0U);
}

TEST_F(ViewComparisonTest, ABrokenSweepForgetsNothing) {
  sweep(1h, TcpState::CloseWait);
  comparison.begin();
  comparison.end(false);
  sweep(1h + 5s, TcpState::CloseWait);
  EXPECT_EQ(count(), 1U);
}

TEST_F(ViewComparisonTest, WhatThePacketsDoNotShowAgrees) {
  for (int i = 0; i < 2; ++i) {
    comparison.begin();
    comparison.add({.tuple = {Wire::server(), {Wire::client().ip, 1}},
                    .at = Instant(1h + i * 5s),
                    .to = TcpState::CloseWait,
                    .socket = {.cookie = 8}},
                   model);
    comparison.end(true);
  }
  EXPECT_EQ(count(), 0U);
}

}  // namespace
}  // namespace tcpstated
