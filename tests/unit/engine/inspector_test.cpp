// SPDX-License-Identifier: Apache-2.0
#include "engine/inspector.hpp"

#include <gtest/gtest.h>

#include "unit/engine/engine_world.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

struct InspectorTest : testing::Test {
  FakeKernel kernel;
  FakeProc proc;
  Inspector inspector{kernel.view(), ProcessIndex(proc.root())};

  FakeProcess process(std::int32_t pid, std::string_view command) {
    return proc.process(pid, command);
  }
  std::vector<std::uint64_t> unwatched(const ListingQuery& query) {
    const auto rows = inspector.list_unwatched(query);
    EXPECT_TRUE(rows);
    std::vector<std::uint64_t> ids;
    for (const ListedConnection& row : *rows) ids.push_back(row.connection.id);
    return ids;
  }
  /// The holders that a search for one inode finds.
  std::shared_ptr<const Holders> search(std::uint64_t inode) {
    const HolderAnswer answer = inspector.find_holders({.unknown = {inode}});
    EXPECT_EQ(answer.entries.size(), 1U);
    return answer.entries.at(0).holders;
  }
};

std::string socket_link(std::uint64_t inode) {
  return "socket:[" + std::to_string(inode) + "]";
}

TEST_F(InspectorTest, FindsEveryHolderTheOldestFirst) {
  process(20, "child").started(900).fd(4, socket_link(7001));
  process(30, "parent").started(100).fd(3, socket_link(7001));
  const auto holders = search(7001);
  EXPECT_EQ(holders->attribution, Attribution::Found);
  ASSERT_EQ(holders->holders.size(), 2U);
  EXPECT_EQ(holders->holders[0].process->command, "parent");
  EXPECT_EQ(holders->holders[1].process->command, "child");
  EXPECT_EQ(holders->holders[1].fd, 4);
}

TEST_F(InspectorTest, AnInodeThatNobodyHoldsIsNotFound) {
  process(20, "other").fd(4, socket_link(1));
  EXPECT_EQ(search(7001)->attribution, Attribution::NotFound);
}

TEST_F(InspectorTest, HoldersThatStillHoldAreNotSearchedAgain) {
  process(20, "java").fd(4, socket_link(7001));
  const auto known = search(7001);
  EXPECT_TRUE(
      inspector.find_holders({.known = {{7001, known}}}).entries.empty());
}

TEST_F(InspectorTest, AHolderThatClosedItIsSearchedAgain) {
  FakeProcess java = process(20, "java").fd(4, socket_link(7001));
  const auto known = search(7001);
  java.close(4);
  process(21, "heir").fd(9, socket_link(7001));
  const HolderAnswer again = inspector.find_holders({.known = {{7001, known}}});
  ASSERT_EQ(again.entries.size(), 1U);
  EXPECT_EQ(again.entries[0].holders->holders.at(0).process->command, "heir");
}

TEST_F(InspectorTest, NewHoldersAreFoundHalfAMinuteLater) {
  process(20, "java").fd(4, socket_link(7001));
  const auto known = search(7001);
  process(21, "forked").fd(4, socket_link(7001));
  kernel.advance(29s);
  EXPECT_TRUE(
      inspector.find_holders({.known = {{7001, known}}}).entries.empty());
  kernel.advance(1s);
  const HolderAnswer again = inspector.find_holders({.known = {{7001, known}}});
  ASSERT_EQ(again.entries.size(), 1U);
  EXPECT_EQ(again.entries[0].holders->holders.size(), 2U);
}

TEST_F(InspectorTest, ASearchCostsAndNoSearchCostsNothing) {
  for (int pid = 10; pid < 200; ++pid)
    process(pid, "x").fd(4, socket_link(static_cast<std::uint64_t>(pid)));
  const auto known = search(7001);
  EXPECT_GT(inspector.last_search_cost(), 0ns);
  (void)inspector.find_holders({.known = {{7001, known}}});
  EXPECT_EQ(inspector.last_search_cost(), 0ns);
}

TEST_F(InspectorTest, ListsWhatTheTableDoesNotHave) {
  kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::CloseWait);
  kernel.add("10.0.0.1:80", "10.0.0.2:3", TcpState::FinWait2);
  kernel.add("10.0.0.1:80", "10.0.0.2:4", TcpState::FinWait2).socket.kind =
      SocketKind::TimeWait;
  kernel.add("10.0.0.1:80", "10.0.0.2:5", TcpState::TimeWait).socket.kind =
      SocketKind::TimeWait;
  kernel.add("10.0.0.1:80", "10.0.0.2:6", TcpState::SynReceived).socket.kind =
      SocketKind::Request;
  kernel.add("10.0.0.1:80", "10.0.0.2:7", TcpState::Established)
      .socket.protocol = Protocol::Mptcp;
  EXPECT_EQ(unwatched({}), (std::vector<std::uint64_t>{1, 4, 5, 6, 7}));
}

TEST_F(InspectorTest, ListsOneProtocolIfAsked) {
  kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  kernel.add("10.0.0.1:80", "10.0.0.2:2", TcpState::Established)
      .socket.protocol = Protocol::Mptcp;
  EXPECT_EQ(unwatched({.filter = {.protocol = Protocol::Mptcp}}),
            std::vector<std::uint64_t>{2});
  EXPECT_EQ(unwatched({.filter = {.protocol = Protocol::Tcp}}),
            std::vector<std::uint64_t>{1});
}

TEST_F(InspectorTest, AKernelWithoutMptcpHasNoSuchRows) {
  kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  kernel.mptcp = false;
  EXPECT_EQ(unwatched({}), std::vector<std::uint64_t>{1});
}

TEST_F(InspectorTest, PagesGoOnAfterTheLastId) {
  for (int i = 0; i < 9; ++i)
    kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  EXPECT_EQ(unwatched({.after = 4, .limit = 2}),
            (std::vector<std::uint64_t>{5, 6, 7}));
}

TEST_F(InspectorTest, HeldInodesRestrictTheList) {
  for (int i = 0; i < 3; ++i)
    kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::TimeWait).socket.inode = 0;
  EXPECT_EQ(unwatched({.inodes = std::make_shared<const InodeSet>(
                           InodeSet{kernel.socket(2).socket.inode})}),
            std::vector<std::uint64_t>{2});
}

TEST_F(InspectorTest, ABrokenDumpIsAnErrorAndNoShortList) {
  for (int i = 0; i < 4; ++i)
    kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  kernel.break_off_dumps = true;
  EXPECT_FALSE(inspector.list_unwatched({}));
  EXPECT_FALSE(inspector.report_processes());
}

TEST_F(InspectorTest, ARefusedDumpIsAnError) {
  kernel.refuse_dumps = Error{"no tcp_diag here", {}};
  EXPECT_EQ(inspector.list_unwatched({}).error().message, "no tcp_diag here");
  EXPECT_EQ(inspector.report_processes().error().message, "no tcp_diag here");
}

TEST_F(InspectorTest, NamesTheHoldersOfRowsThatAreFiles) {
  process(20, "java").fd(4, socket_link(7001));
  std::vector<ListedConnection> rows(3);
  rows[0].connection.socket.inode = 7001;
  rows[1].connection.socket.inode = 0;  // no file
  rows[2].connection.socket.inode = 7002;
  inspector.name_holders(rows);
  EXPECT_EQ(rows[0].holders->holders.at(0).process->command, "java");
  EXPECT_EQ(rows[1].holders, nullptr);
  EXPECT_EQ(rows[2].holders->attribution, Attribution::NotFound);
}

TEST_F(InspectorTest, HoldersThatAreKnownStay) {
  process(20, "java").fd(4, socket_link(7001));
  const auto known = std::make_shared<const Holders>(
      Holders{.attribution = Attribution::NotFound});
  std::vector<ListedConnection> rows(1);
  rows[0].connection.socket.inode = 7001;
  rows[0].holders = known;
  inspector.name_holders(rows);
  EXPECT_EQ(rows[0].holders, known);
}

TEST_F(InspectorTest, HoldersThatWereNotSearchedYetAreSearched) {
  process(20, "java").fd(4, socket_link(7001));
  std::vector<ListedConnection> rows(1);
  rows[0].connection.socket.inode = 7001;
  rows[0].holders = std::make_shared<const Holders>();
  inspector.name_holders(rows);
  EXPECT_EQ(rows[0].holders->attribution, Attribution::Found);
}

TEST_F(InspectorTest, ReportsSocketsPerProcessAndState) {
  const auto held = [&](TcpState state) {
    return kernel.add("10.0.0.1:80", "10.0.0.2:1", state).socket.inode;
  };
  process(20, "java")
      .fd(4, socket_link(held(TcpState::Established)))
      .fd(5, socket_link(held(TcpState::CloseWait)))
      .fd(6, socket_link(held(TcpState::CloseWait)));
  process(21, "nginx").fd(4, socket_link(held(TcpState::Listen)));
  held(TcpState::CloseWait);  // nobody's
  kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::TimeWait).socket.inode = 0;
  const auto report = inspector.report_processes();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->processes.size(), 2U);
  EXPECT_EQ(report->processes[0].process->command, "java");
  EXPECT_EQ(report->processes[0].counts.total(), 3U);
  EXPECT_EQ(report->processes[0].counts[TcpState::CloseWait], 2U);
  EXPECT_EQ(report->processes[1].counts[TcpState::Listen], 1U);
  EXPECT_EQ(report->unowned.total(), 2U);
  EXPECT_EQ(report->unowned[TcpState::TimeWait], 1U);
}

TEST_F(InspectorTest, ASocketWithSeveralDescriptorsCountsOncePerProcess) {
  const auto inode =
      kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Listen).socket.inode;
  process(20, "a").fd(4, socket_link(inode)).fd(5, socket_link(inode));
  process(21, "b").fd(4, socket_link(inode));
  const auto report = inspector.report_processes();
  ASSERT_EQ(report->processes.size(), 2U);
  EXPECT_EQ(report->processes[0].counts.total(), 1U);
  EXPECT_EQ(report->processes[1].counts.total(), 1U);
}

/// Its subflows have its inode (kernel-views.md).
TEST_F(InspectorTest, AnMptcpConnectionCountsOnceInItsOwnState) {
  StateChange& subflow =
      kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
  subflow.socket.inode = 500;
  StateChange& connection =
      kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::CloseWait);
  connection.socket.inode = 500;
  connection.socket.protocol = Protocol::Mptcp;
  process(20, "a").fd(4, socket_link(500));
  const auto report = inspector.report_processes();
  ASSERT_EQ(report->processes.size(), 1U);
  EXPECT_EQ(report->processes[0].counts[TcpState::CloseWait], 1U);
  EXPECT_EQ(report->processes[0].counts.total(), 1U);
}

TEST(InspectorWithoutProc, SaysSo) {
  FakeKernel kernel;
  Inspector inspector(kernel.view(), ProcessIndex("/nowhere"));
  EXPECT_FALSE(inspector.report_processes());
  EXPECT_FALSE(inspector.scan(InodeFilter::all()));
  EXPECT_TRUE(inspector.find_holders({.unknown = {1}}).entries.empty());
}

}  // namespace
}  // namespace tcpstated
