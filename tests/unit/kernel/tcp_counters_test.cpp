// SPDX-License-Identifier: Apache-2.0
#include "kernel/tcp_counters.hpp"

#include <gtest/gtest.h>

#include "fakes/fake_proc.hpp"

namespace tcpstated {
namespace {

constexpr std::string_view kSnmp =
    "Ip: Forwarding DefaultTTL\n"
    "Ip: 1 64\n"
    "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens CurrEstab OutRsts\n"
    "Tcp: 1 200 120000 -1 7 491 23\n"
    "Udp: InDatagrams\n"
    "Udp: 5\n";
constexpr std::string_view kNetstat =
    "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"
    "TcpExt: 0 11 12\n"
    "IpExt: InNoRoutes\n"
    "IpExt: 0\n"
    "MPTcpExt: MPCapableSYNRX MPCurrEstab\n"
    "MPTcpExt: 3 4\n";
constexpr std::string_view kSockstat =
    "sockets: used 300\n"
    "TCP: inuse 31 orphan 2 tw 17 alloc 40 mem 3\n"
    "UDP: inuse 1 mem 0\n";
constexpr std::string_view kSockstat6 =
    "TCP6: inuse 9\n"
    "UDP6: inuse 0\n";

std::string message(CounterFile file, std::string_view text) {
  TcpCounters counters;
  const auto parsed = parse_counters(file, text, counters);
  return parsed ? "" : parsed.error().message;
}

TEST(ParseCounters, EveryFileGivesItsOwn) {
  TcpCounters counters;
  ASSERT_TRUE(parse_counters(CounterFile::Snmp, kSnmp, counters));
  ASSERT_TRUE(parse_counters(CounterFile::Netstat, kNetstat, counters));
  ASSERT_TRUE(parse_counters(CounterFile::Sockstat, kSockstat, counters));
  ASSERT_TRUE(parse_counters(CounterFile::Sockstat6, kSockstat6, counters));
  EXPECT_EQ(counters, (TcpCounters{.curr_estab = 491,
                                   .resets_sent = 23,
                                   .inuse_ipv4 = 31,
                                   .inuse_ipv6 = 9,
                                   .orphans = 2,
                                   .time_wait = 17,
                                   .allocated = 40,
                                   .listen_overflows = 11,
                                   .listen_drops = 12,
                                   .mptcp_curr_estab = 4}));
}

TEST(ParseCounters, ColumnsAreFoundByNameWhereverTheyAre) {
  TcpCounters counters;
  ASSERT_TRUE(parse_counters(
      CounterFile::Snmp, "Tcp: OutRsts New CurrEstab\nTcp: 1 2 3\n", counters));
  EXPECT_EQ(counters.curr_estab, 3U);
  EXPECT_EQ(counters.resets_sent, 1U);
  ASSERT_TRUE(parse_counters(CounterFile::Sockstat,
                             "TCP: new 9 tw 8 alloc 7 orphan 6 inuse 5\n",
                             counters));
  EXPECT_EQ(counters.inuse_ipv4, 5U);
  EXPECT_EQ(counters.time_wait, 8U);
}

TEST(ParseCounters, AMissingColumnIsAnErrorThatNamesFileAndItem) {
  EXPECT_EQ(message(CounterFile::Snmp, "Tcp: OutRsts\nTcp: 1\n"),
            "'/proc/net/snmp' item 'Tcp: CurrEstab' is missing");
  EXPECT_EQ(
      message(CounterFile::Netstat, "TcpExt: ListenOverflows\nTcpExt: 1\n"),
      "'/proc/net/netstat' item 'TcpExt: ListenDrops' is missing");
  EXPECT_EQ(message(CounterFile::Sockstat, "TCP: inuse 1 orphan 2 alloc 3\n"),
            "'/proc/net/sockstat' item 'TCP: tw' is missing");
  EXPECT_EQ(message(CounterFile::Sockstat6, ""),
            "'/proc/net/sockstat6' item 'TCP6: inuse' is missing");
}

TEST(ParseCounters, AValueWithoutANameIsNotTakenForAMissingItem) {
  EXPECT_EQ(message(CounterFile::Snmp, "Tcp: OutRsts\nTcp: 1 2 3\n"),
            "'/proc/net/snmp' item 'Tcp: CurrEstab' is missing");
}

TEST(ParseCounters, ANameWithoutAValueIsMissing) {
  EXPECT_EQ(message(CounterFile::Snmp, "Tcp: OutRsts CurrEstab\nTcp: 1\n"),
            "'/proc/net/snmp' item 'Tcp: CurrEstab' is missing");
  EXPECT_EQ(message(CounterFile::Snmp, "Tcp: OutRsts CurrEstab\n"),
            "'/proc/net/snmp' item 'Tcp: CurrEstab' is missing");
  EXPECT_EQ(message(CounterFile::Sockstat6, "TCP6: inuse\n"),
            "'/proc/net/sockstat6' item 'TCP6: inuse' is missing");
}

TEST(ParseCounters, GarbageIsAnErrorThatNamesFileLineAndItem) {
  EXPECT_EQ(message(CounterFile::Snmp,
                    "Ip: A\nIp: 1\nTcp: CurrEstab OutRsts\nTcp: 4\x1b 5\n"),
            "'/proc/net/snmp' item 'Tcp: CurrEstab' line 4: '4\\x1b' is not a "
            "number");
  EXPECT_EQ(message(CounterFile::Sockstat,
                    "sockets: used 1\nTCP: inuse -1 orphan 0 tw 0 alloc 0\n"),
            "'/proc/net/sockstat' item 'TCP: inuse' line 2: '-1' is not a "
            "number");
  EXPECT_EQ(message(CounterFile::Snmp,
                    "Tcp: CurrEstab OutRsts\nTcp: 18446744073709551616 5\n"),
            "'/proc/net/snmp' item 'Tcp: CurrEstab' line 2: "
            "'18446744073709551616' is not a number");
}

TEST(ParseCounters, AKernelWithoutMptcpHasNoneOfItsConnections) {
  TcpCounters counters;
  EXPECT_TRUE(parse_counters(
      CounterFile::Netstat,
      "TcpExt: ListenOverflows ListenDrops\nTcpExt: 1 2\n", counters));
  EXPECT_EQ(counters.mptcp_curr_estab, 0U);
}

TEST(ParseCounters, ASectionIsNotTakenForOneItIsAPrefixOf) {
  TcpCounters counters;
  ASSERT_TRUE(parse_counters(
      CounterFile::Sockstat,
      "TCP6: inuse 99\nTCP: inuse 1 orphan 0 tw 0 alloc 0\n", counters));
  EXPECT_EQ(counters.inuse_ipv4, 1U);
}

struct TcpCountersReaderTest : testing::Test {
  FakeProc proc;
  TcpCountersReader reader{proc.root()};

  void add(std::string_view name, std::string_view text) {
    proc.file("thread-self/net/" + std::string(name), text);
  }
};

TEST_F(TcpCountersReaderTest, ReadsAllFourFiles) {
  add("snmp", kSnmp);
  add("netstat", kNetstat);
  add("sockstat", kSockstat);
  add("sockstat6", kSockstat6);
  const auto counters = reader.read();
  ASSERT_TRUE(counters) << counters.error().message;
  EXPECT_EQ(counters->curr_estab, 491U);
  EXPECT_EQ(counters->mptcp_curr_estab, 4U);
  EXPECT_EQ(counters->allocated, 40U);
  EXPECT_EQ(counters->inuse_ipv6, 9U);
}

TEST_F(TcpCountersReaderTest, AHostWithoutIpv6HasNoSockstat6) {
  add("snmp", kSnmp);
  add("netstat", kNetstat);
  add("sockstat", kSockstat);
  const auto counters = reader.read();
  ASSERT_TRUE(counters) << counters.error().message;
  EXPECT_EQ(counters->inuse_ipv6, 0U);
}

TEST_F(TcpCountersReaderTest, AnyOtherMissingFileIsAnError) {
  add("snmp", kSnmp);
  add("netstat", kNetstat);
  const auto counters = reader.read();
  ASSERT_FALSE(counters);
  EXPECT_NE(counters.error().message.find("net/sockstat'"), std::string::npos)
      << counters.error().message;
  EXPECT_EQ(counters.error().code, std::errc::no_such_file_or_directory);
}

TEST(TcpCountersReader, UnderstandsTheKernelOfThisHost) {
  const auto counters = TcpCountersReader().read();
  ASSERT_TRUE(counters) << counters.error().message;
  EXPECT_GE(counters->allocated, counters->orphans);
}

}  // namespace
}  // namespace tcpstated
