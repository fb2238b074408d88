// SPDX-License-Identifier: Apache-2.0
// Every surface that people and programs read, as it looks for one host.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/exposition.hpp"
#include "api/json_views.hpp"
#include "api/metrics.hpp"
#include "api/pages.hpp"
#include "base/strings.hpp"
#include "fakes/golden.hpp"
#include "unit/api/example_world.hpp"

namespace tcpstated {
namespace {

const ExampleWorld& world() {
  static const ExampleWorld kWorld = example_world();
  return kWorld;
}

/// The text is one line of JSON; the golden file has a line per member.
void expect_golden_json(const std::string& name, const std::string& json) {
  EXPECT_EQ(std::ranges::count(json, '\n'), 1) << name;
  boost::system::error_code error;
  EXPECT_TRUE(boost::json::parse(json, error).is_object() && !error) << json;
  expect_golden(name, indented(json));
}

std::string overview() {
  return overview_page(world().daemon, world().view, {}, "localhost:19293");
}

TEST(GoldenText, Overview) { expect_golden("overview.txt", overview()); }

TEST(GoldenText, TheOverviewOfTheManualIsOneScreen) {
  const std::string page = overview();
  EXPECT_LE(std::ranges::count(page, '\n'), 24);
  for (const std::string_view line : lines_of(page))
    EXPECT_LE(display_width(line), 80U + 1U) << line;  // and its line end
}

TEST(GoldenText, OverviewWithoutALeak) {
  ExampleWorld calm = world();
  calm.view.leaked = 0;
  calm.view.leak_groups.clear();
  calm.view.tcp = {};
  calm.view.trend.reset();
  expect_golden("overview_calm.txt",
                overview_page(calm.daemon, calm.view, {}, "localhost:19293"));
}

TEST(GoldenText, OverviewInTrouble) {
  ExampleWorld bad = world();
  bad.view.backends[1].up = false;
  bad.view.backends[1].detail = "cannot send to netlink: No buffer space";
  bad.daemon.abilities[0] = {
      .name = "process names",
      .available = false,
      .missing = "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
      .effect = "sockets held by processes of other users stay without a name",
      .how = "run it as root"};
  bad.view.mptcp[TcpState::CloseWait] = 2;
  bad.view.mptcp[TcpState::Established] = 5;
  Holders nobody{.attribution = Attribution::NotPermitted};
  bad.view.leak_groups[0].process.reset();
  bad.view.leak_groups[0].oldest.holders =
      std::make_shared<const Holders>(nobody);
  bad.view.leak_groups[1].other_processes = 3;
  expect_golden("overview_trouble.txt",
                overview_page(bad.daemon, bad.view, {}, "[::1]:19293"));
}

/// A host whose kernel is not asked.
ExampleWorld packets_only() {
  ExampleWorld tap = world();
  see_packets(tap);
  tap.view.views.kernel = false;
  tap.view.tcp = {};
  tap.view.trend.reset();
  tap.view.listeners.clear();
  const ObservedEnd peer{.endpoint = *Endpoint::parse("10.0.0.7:51001"),
                         .state = TcpState::FinWait2,
                         .quality = Quality::Confirmed,
                         .since = kNoon - std::chrono::minutes(5)};
  Connection row = close_wait(std::chrono::minutes(5));
  row.quality = Quality::Confirmed;
  row.socket = {.cookie = 1};
  Leak forgotten = leak(row, LeakCause::Unknown,
                        std::make_shared<const Holders>(
                            Holders{.attribution = Attribution::PacketsOnly,
                                    .holders = {},
                                    .candidates = {}}));
  forgotten.peer = peer;
  tap.leaks.total = tap.view.leaked = 1;
  tap.leaks.oldest = {forgotten};
  tap.leaks.groups = tap.view.leak_groups = group_leaks({&forgotten});
  tap.page.rows = {{.connection = row,
                    .cause = LeakCause::Unknown,
                    .leaked = true,
                    .listener = {},
                    .holders = forgotten.holders,
                    .peer = peer}};
  return tap;
}

TEST(GoldenText, OverviewOfPackets) {
  const ExampleWorld tap = packets_only();
  expect_golden("overview_packets.txt",
                overview_page(tap.daemon, tap.view, {}, "localhost:19293"));
}

TEST(GoldenText, LeaksSeenInPackets) {
  const ExampleWorld tap = packets_only();
  expect_golden("leaks_packets.txt", leaks_page(tap.view, {}, tap.leaks));
}

TEST(GoldenText, StatesOfBothViews) {
  ExampleWorld both = world();
  see_packets(both);
  expect_golden("states_both.txt", states_page(both.view));
}

TEST(GoldenText, ConnectionSeenInPackets) {
  const ExampleWorld tap = packets_only();
  expect_golden("connection_packets.txt",
                connection_page(tap.page.rows.front(), kNoon));
}

TEST(GoldenJson, ConnectionsSeenInPackets) {
  const ExampleWorld tap = packets_only();
  expect_golden_json("connections_packets.json",
                     connections_json(tap.page, tap.view));
}

TEST(GoldenText, NothingIsSaidBeforeTheFirstSweep) {
  ExampleWorld early = world();
  early.view = {};
  early.view.backends = world().view.backends;
  expect_golden("overview_early.txt",
                overview_page(early.daemon, early.view, {}, "localhost"));
  EXPECT_TRUE(states_page(early.view).starts_with("The first sweep"));
  EXPECT_FALSE(leaks_page(early.view, {}, {}).contains("No leaks"));
  EXPECT_FALSE(listeners_page(early.view, {}).contains("No socket"));
}

TEST(GoldenText, Leaks) {
  expect_golden("leaks.txt", leaks_page(world().view, {}, world().leaks));
}

TEST(GoldenText, LeaksAreAllShownIfTheyFit) {
  LeakListing all = world().leaks;
  all.total = all.oldest.size();
  EXPECT_FALSE(leaks_page(world().view, {}, all).contains("?limit"));
}

TEST(GoldenText, NoMoreLeaksAreOfferedThanAPageTakes) {
  LeakListing many = world().leaks;
  many.total = 123'456;
  EXPECT_TRUE(leaks_page(world().view, {}, many)
                  .contains("The oldest 3 of 123456. ?limit=10000 shows"));
}

TEST(GoldenText, NoLeaks) {
  expect_golden("leaks_none.txt",
                leaks_page(world().view, {.threshold = std::chrono::hours(1)},
                           {.at = kNoon}));
}

TEST(GoldenText, Connections) {
  expect_golden(
      "connections.txt",
      connections_page(world().page,
                       "localhost:19293/connections?limit=4&after=400"));
}

TEST(GoldenText, Connection) {
  expect_golden("connection.txt", connection_page(world().page.rows[1], kNoon));
}

TEST(GoldenText, UnacceptedConnection) {
  const Leak& leak = world().leaks.oldest[2];
  expect_golden("connection_unaccepted.txt",
                connection_page({.connection = leak.connection,
                                 .cause = leak.cause,
                                 .leaked = true,
                                 .listener = leak.listener,
                                 .holders = leak.holders},
                                kNoon));
}

TEST(GoldenText, Listeners) {
  expect_golden("listeners.txt", listeners_page(world().view, world().owners));
}

TEST(GoldenText, Processes) {
  expect_golden("processes.txt", processes_page(world().processes));
}

TEST(GoldenText, States) {
  expect_golden("states.txt", states_page(world().view));
}

TEST(GoldenText, Status) {
  expect_golden("status.txt", status_page(world().daemon, world().view));
}

TEST(GoldenJson, Overview) {
  expect_golden_json("overview.json",
                     overview_json(world().daemon, world().view));
}

TEST(GoldenJson, Status) {
  expect_golden_json("status.json", status_json(world().daemon, world().view));
}

TEST(GoldenJson, States) {
  expect_golden_json("states.json", states_json(world().view));
}

TEST(GoldenJson, Leaks) {
  expect_golden_json("leaks.json", leaks_json(world().view, world().leaks));
}

TEST(GoldenJson, Connections) {
  expect_golden_json("connections.json",
                     connections_json(world().page, world().view));
}

TEST(GoldenJson, Connection) {
  expect_golden_json("connection.json", connection_json(world().page.rows[1],
                                                        kNoon, world().view));
}

TEST(GoldenJson, Listeners) {
  expect_golden_json("listeners.json",
                     listeners_json(world().view, world().owners));
}

TEST(GoldenJson, Processes) {
  expect_golden_json("processes.json",
                     processes_json(world().processes, world().view));
}

TEST(GoldenJson, Config) {
  expect_golden_json("config.json", config_json(Config{}));
}

TEST(GoldenMetrics, TheWholeText) {
  const Log log({});
  expect_golden("metrics.txt",
                to_text_exposition(collect_metrics(
                    {.daemon = world().daemon,
                     .view = world().view,
                     .self = world().self,
                     .log = log,
                     .reload = {.successful = true,
                                .last_success = world().daemon.started},
                     .http = {.connections = 2}},
                    true)));
}

}  // namespace
}  // namespace tcpstated
