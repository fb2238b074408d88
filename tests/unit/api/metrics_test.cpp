// SPDX-License-Identifier: Apache-2.0
#include "api/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "api/exposition.hpp"
#include "fakes/golden.hpp"
#include "unit/api/example_world.hpp"

namespace tcpstated {
namespace {

using prometheus::MetricFamily;

struct MetricsTest : testing::Test {
  ExampleWorld world = example_world();
  Log log{{}, {}, [](std::string_view) {}};
  std::size_t max_processes = 20;

  std::vector<MetricFamily> collect(bool exporter = true) {
    return collect_metrics({.daemon = world.daemon,
                            .view = world.view,
                            .self = world.self,
                            .log = log,
                            .reload = {},
                            .max_processes = max_processes},
                           exporter);
  }
  MetricFamily family(std::string_view name) {
    for (MetricFamily& candidate : collect())
      if (candidate.name == name) return candidate;
    ADD_FAILURE() << name << " is not there";
    return {};
  }
  /// The value of the only series whose label has this value.
  double value(std::string_view name, std::string_view label_value) {
    for (const auto& metric : family(name).metric)
      for (const auto& label : metric.label)
        if (label.value == label_value)
          return metric.gauge.value + metric.counter.value;
    ADD_FAILURE() << name << " has no series " << label_value;
    return -1;
  }
  double sum(std::string_view name) {
    double total = 0;
    for (const auto& metric : family(name).metric) total += metric.gauge.value;
    return total;
  }
  /// One leaked socket of a process of its own.
  void add_leak(std::size_t number, LeakCause cause) {
    const auto id = static_cast<std::uint64_t>(number) + 1;
    const auto who = process(static_cast<std::int32_t>(10'000 + number),
                             "worker" + std::to_string(number), "pool.service");
    auto full = std::make_shared<Process>(*who);
    full->open_fds = 5;
    full->max_fds = 1024;
    const Leak made = leak(close_wait(std::chrono::hours(1), 0, id), cause,
                           found({holder(full, 3)}));
    world.view.leak_groups.push_back({.process = full,
                                      .other_processes = 0,
                                      .cause = cause,
                                      .sockets = 1 + number % 7,
                                      .oldest = made});
    world.view.leaked += 1 + number % 7;
  }
};

std::size_t count_series(const std::vector<MetricFamily>& families) {
  std::size_t series = 0;
  for (const MetricFamily& family : families) series += family.metric.size();
  return series;
}

TEST_F(MetricsTest, EveryStateIsAlwaysThere) {
  for (const bool empty : {false, true}) {
    if (empty) world.view = {.ready = true};
    const MetricFamily states = family("tcpstate_connections");
    ASSERT_EQ(states.metric.size(), kTcpStateCount);
    std::set<std::string> names;
    for (const auto& metric : states.metric)
      names.insert(metric.label.at(0).value);
    for (const TcpStateInfo& row : kTcpStates)
      EXPECT_TRUE(names.contains(std::string(row.label))) << row.label;
  }
}

TEST_F(MetricsTest, StatesHaveTheCountsOfTheView) {
  EXPECT_EQ(value("tcpstate_connections", "established"), 443);
  EXPECT_EQ(value("tcpstate_connections", "close_wait"), 48);
  EXPECT_EQ(value("tcpstate_connections", "syn_sent"), 0);
}

TEST_F(MetricsTest, CausesAreAPartitionOfCloseWait) {
  world.view.tcp[TcpState::CloseWait] = 60;
  world.view.mptcp[TcpState::CloseWait] = 5;
  EXPECT_EQ(value("tcpstate_close_wait_sockets", "not_closed"), 47);
  EXPECT_EQ(value("tcpstate_close_wait_sockets", "half_close"), 0);
  EXPECT_EQ(value("tcpstate_close_wait_sockets", "unattributed"), 17);
  EXPECT_EQ(sum("tcpstate_close_wait_sockets"), 65);
}

TEST_F(MetricsTest, ACauseThatWasJudgedBeforeTheCountMovedIsNotNegative) {
  world.view.tcp[TcpState::CloseWait] = 3;
  EXPECT_EQ(value("tcpstate_close_wait_sockets", "unattributed"), 0);
}

TEST_F(MetricsTest, LeakedSeriesSumUpToTheLeakedSockets) {
  EXPECT_EQ(sum("tcpstate_close_wait_leaked_sockets"), 48);
  for (std::size_t i = 0; i < 5000; ++i)
    add_leak(i, static_cast<LeakCause>(i % 4));
  EXPECT_EQ(sum("tcpstate_close_wait_leaked_sockets"),
            static_cast<double>(world.view.leaked));
}

TEST_F(MetricsTest, SeriesStayFewWhateverTheHostHas) {
  max_processes = 100;  // the most that the configuration takes
  for (std::size_t i = 0; i < 5000; ++i)
    add_leak(i, static_cast<LeakCause>(i % 4));
  for (std::uint16_t port = 1; port <= 5000; ++port) {
    const Endpoint local{IpAddress::v4(0x7f000001), port};
    world.view.listeners.push_back({local, Protocol::Tcp, 1, port, 128, {}});
  }
  const auto families = collect();
  EXPECT_LE(count_series(families), kMaxSeries);
  EXPECT_EQ(family("tcpstate_accept_queue_length").metric.size(), 100U);
  EXPECT_EQ(family("tcpstated_listeners_omitted").metric.at(0).gauge.value,
            5002 - 100);
}

TEST_F(MetricsTest, ListenersWithTheFullestQueuesAreShown) {
  for (std::uint16_t port = 1; port <= 200; ++port)
    world.view.listeners.push_back({{IpAddress::v4(0x7f000001), port},
                                    Protocol::Tcp,
                                    1,
                                    port == 7 ? 99U : 0U,
                                    128,
                                    {}});
  EXPECT_EQ(value("tcpstate_accept_queue_length", "7"), 99);
  EXPECT_EQ(value("tcpstate_accept_queue_length", "443"), 1);
}

TEST_F(MetricsTest, NoSeriesIsThereTwice) {
  for (std::size_t i = 0; i < 300; ++i) add_leak(i % 30, LeakCause::UnreadEof);
  const std::string text = to_text_exposition(collect());
  std::set<std::string_view> seen;
  for (const std::string_view line : lines_of(text))
    if (!line.starts_with('#')) {
      EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
}

TEST_F(MetricsTest, TheOldestAgeIsZeroWithoutASocket) {
  EXPECT_EQ(sum("tcpstate_close_wait_oldest_age_seconds"), 123 * 60);
  world.view.oldest_close_wait.reset();
  EXPECT_EQ(sum("tcpstate_close_wait_oldest_age_seconds"), 0);
}

TEST_F(MetricsTest, BeforeTheFirstSweepNoSocketIsCounted) {
  world.view = {};
  for (const MetricFamily& family : collect())
    EXPECT_FALSE(family.name.starts_with("tcpstate_")) << family.name;
}

TEST_F(MetricsTest, ABackendThatNobodyWantsIsNotDown) {
  for (const auto& metric : family("tcpstated_backend_up").metric)
    EXPECT_NE(metric.label.at(0).value, "pcap");
}

TEST_F(MetricsTest, BackendsAreUpOrNot) {
  EXPECT_EQ(value("tcpstated_backend_up", "sock_diag"), 1);
  world.view.backends[1].up = false;
  EXPECT_EQ(value("tcpstated_backend_up", "sock_diag"), 0);
}

TEST_F(MetricsTest, LogMessagesAreCountedByLevel) {
  log.warn("one");
  log.warn("two");
  EXPECT_EQ(value("tcpstated_log_messages_total", "warn"), 2);
  EXPECT_EQ(value("tcpstated_log_messages_total", "error"), 0);
}

TEST_F(MetricsTest, WithoutExporterMetricsOnlyThoseOfTheHostAreLeft) {
  for (const MetricFamily& family : collect(false)) {
    EXPECT_FALSE(family.name.starts_with("process_")) << family.name;
    EXPECT_FALSE(family.name.starts_with("tcpstated_http_")) << family.name;
  }
  EXPECT_LT(collect(false).size(), collect(true).size());
}

/// A group of sockets that closed and are still open.
void add_detached_group(HostView& view) {
  LeakGroup group = view.leak_groups.front();
  group.cause = LeakCause::Detached;
  group.sockets = 3;
  view.leak_groups.push_back(group);
}

TEST_F(MetricsTest, DetachedSocketsAreNotInCloseWait) {
  const double before = sum("tcpstate_close_wait_leaked_sockets");
  add_detached_group(world.view);
  EXPECT_EQ(sum("tcpstate_detached_sockets"), 3);
  EXPECT_EQ(sum("tcpstate_close_wait_leaked_sockets"), before);
}

TEST_F(MetricsTest, WithoutEventsNothingIsSaidAboutTransitions) {
  world.view.events.reset();
  EXPECT_TRUE(family("tcpstate_transitions_total").metric.empty());
  EXPECT_TRUE(family("tcpstate_connections_opened_total").metric.empty());
  EXPECT_TRUE(family("tcpstate_state_duration_seconds").metric.empty());
}

TEST_F(MetricsTest, ATransitionThatIsNotOrdinaryHasASeriesOnceItHappened) {
  const auto before = family("tcpstate_transitions_total").metric.size();
  world.view.events->totals
      .transitions[index(TcpState::SynSent)][index(TcpState::SynReceived)] = 1;
  EXPECT_EQ(family("tcpstate_transitions_total").metric.size(), before + 1);
}

TEST_F(MetricsTest, EveryFamilyOfTheTableIsCollectedOnce) {
  see_packets(world);
  add_detached_group(world.view);
  const auto families = collect();
  ASSERT_EQ(families.size(), metrics().size());
  for (std::size_t i = 0; i < families.size(); ++i) {
    EXPECT_EQ(families[i].name, metrics()[i].name);
    EXPECT_FALSE(families[i].metric.empty()) << families[i].name;
  }
}

TEST_F(MetricsTest, WithoutAKernelNothingIsSaidInItsName) {
  see_packets(world);
  world.view.views.kernel = false;
  for (const MetricFamily& family : collect()) {
    EXPECT_NE(family.name, "tcpstate_connections");
    EXPECT_NE(family.name, "tcpstate_accept_queue_length");
  }
}

TEST_F(MetricsTest, EndsSeenInPacketsAreCountedByStateAndSide) {
  see_packets(world);
  EXPECT_EQ(family("tcpstate_observed_connections").metric.size(), 22U);
  EXPECT_EQ(sum("tcpstate_observed_connections"), 5);
}

TEST_F(MetricsTest, WhatWasLostOrUnreadableIsLost) {
  world.view.backends.front().stats.lost = 3;
  world.view.backends.front().stats.rejected = 4;
  EXPECT_EQ(
      value("tcpstated_events_lost_total", world.view.backends.front().name),
      7);
}

TEST(MetricTable, NamesFollowTheRules) {
  static const std::regex kName(
      "(tcpstate|tcpstated|process)_[a-z]+(_[a-z0-9]+)*");
  std::set<std::string_view> names;
  for (const MetricInfo& metric : metrics()) {
    const std::string name(metric.name);
    EXPECT_TRUE(std::regex_match(name, kName)) << name;
    EXPECT_TRUE(names.insert(metric.name).second) << name << " twice";
    EXPECT_EQ(name.ends_with("_total"),
              metric.type == prometheus::MetricType::Counter)
        << name << ": counters, and only counters, end with _total";
  }
}

TEST(MetricTable, HelpIsASentenceOfItsOwn) {
  std::set<std::string_view> helps;
  for (const MetricInfo& metric : metrics()) {
    EXPECT_TRUE(helps.insert(metric.help).second) << metric.name;
    EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
    EXPECT_EQ(metric.help.find_first_of("\\\n"), metric.help.npos)
        << metric.name;
  }
}

}  // namespace
}  // namespace tcpstated
