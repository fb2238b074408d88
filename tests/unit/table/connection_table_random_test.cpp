// SPDX-License-Identifier: Apache-2.0
// The table against the simplest thing that could be one, over thousands of
// random steps: rows that come, change, go, and are swept away.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "table/connection_table.hpp"

namespace tcpstated {
namespace {

StateChange observed(std::uint64_t cookie, TcpState state) {
  StateChange change;
  change.tuple = {*Endpoint::parse("10.0.0.1:80"),
                  *Endpoint::parse("10.0.0.2:1")};
  change.to = state;
  change.quality = Quality::Kernel;
  change.socket.cookie = cookie;
  return change;
}

std::map<std::uint64_t, TcpState> contents(const ConnectionTable& table) {
  std::map<std::uint64_t, TcpState> rows;
  table.visit([&](const Connection& row) { rows[row.id] = row.state; });
  return rows;
}

struct RandomTable : testing::TestWithParam<unsigned> {
  std::mt19937 random{GetParam()};
  ConnectionTable table{{.max_connections = 5000}, GetParam()};
  std::map<std::uint64_t, TcpState> expected;

  TcpState any_state() {
    constexpr std::array kStates{TcpState::Listen, TcpState::CloseWait,
                                 TcpState::LastAck, TcpState::SynSent};
    return kStates[random() % kStates.size()];
  }
  void observe(std::uint64_t cookie) {
    const bool gone = random() % 4 == 0;
    const TcpState state = gone ? TcpState::Closed : any_state();
    table.apply(observed(cookie, state));
    if (gone)
      expected.erase(cookie);
    else
      expected[cookie] = state;
  }
  /// Mentions most rows; the others have gone.
  void sweep() {
    table.begin_snapshot();
    const auto before = expected;
    for (const auto& [cookie, state] : before)
      if (random() % 8 == 0)
        expected.erase(cookie);
      else
        table.apply(observed(cookie, state));
    std::vector<Transition> closed;
    table.end_snapshot({}, true, closed);
    EXPECT_EQ(closed.size(), before.size() - expected.size());
  }
};

TEST_P(RandomTable, HoldsWhatWasObservedAndNothingElse) {
  for (int step = 0; step < 4000; ++step) {
    if (step % 500 == 499)
      sweep();
    else
      observe(1 + random() % 1500);
  }
  EXPECT_EQ(contents(table), expected);
  EXPECT_EQ(table.size(), expected.size());
  for (const auto& [cookie, state] : expected) {
    const Connection* row = table.find(observed(cookie, state).key());
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->state, state);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTable, testing::Range(1U, 21U));

}  // namespace
}  // namespace tcpstated
