// SPDX-License-Identifier: Apache-2.0
// Every row of the table in kernel-views.md section 3: what the events say of
// it, what sock_diag says, and what nobody says.
//
// Not here: the fields pid and comm, which our events do not carry because they
// are arbitrary in a softirq.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <thread>

#include "events_world.hpp"
#include "tun_peer.hpp"

namespace tcpstated {
namespace {

using lab::connect_to;
using lab::Family;
using lab::listen_on;

using Cookies = std::vector<std::uint64_t>;

constexpr std::string_view kOpened = "closed>syn_sent syn_sent>established";
constexpr std::string_view kAccepted =
    "listen>syn_received syn_received>established";

std::string with(std::string_view start, std::string_view end) {
  return std::string(start) + ' ' + std::string(end);
}

struct SectionThree : EventsWorld {
  /// A peer that behaves as its port says, at the other end of a TUN device.
  void make_peer() {
    run("ip tuntap add dev tsd0 mode tun && ip addr add 10.99.0.1/24 dev tsd0 "
        "&& ip link set tsd0 up");
    peer = std::make_unique<lab::TunPeer>("tsd0");
  }
  UniqueFd connect_peer(lab::Behaviour behaviour) {
    sockaddr_in to{.sin_family = AF_INET,
                   .sin_port = htons(static_cast<std::uint16_t>(behaviour))};
    to.sin_addr.s_addr = htonl(0x0a630002);  // 10.99.0.2
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to),
              0);
    return fd;
  }
  std::unique_ptr<lab::TunPeer> peer;
};

TEST_F(SectionThree, ARequestSocketHasNoEvents) {
  make_peer();
  auto listener = listen_on(Family::V4Mapped);
  const std::size_t before = count_events();
  peer->send_syn(false, 40000, listener.port);
  for (int tries = 0; tries < 500; ++tries) {
    const Dump rows = dump({TcpState::SynReceived});
    if (!rows.rows.empty()) {
      EXPECT_EQ(rows.rows.begin()->second.socket.kind, SocketKind::Request);
      EXPECT_EQ(count_events(), before);
      return;
    }
    lab::pause_ms(10);
  }
  FAIL() << "no request socket";
}

TEST_F(SectionThree, AChildIsBornOutOfItsListener) {
  auto listener = listen_on(Family::V4);
  const auto parent = cookie_of(listener.fd.get());
  const Pair pair = connect(listener);
  EXPECT_EQ(story(pair.server_cookie), kAccepted);
  EXPECT_EQ(story(pair.client_cookie), kOpened);
  EXPECT_EQ(story(parent), "closed>listen");
}

TEST_F(SectionThree, AChildOfFastOpenIsBornWithTheSyn) {
  run("sysctl -qw net.ipv4.tcp_fastopen=1543");  // both sides, no cookie
  auto listener = listen_on(Family::V4);
  const int queue = 5;
  ASSERT_EQ(::setsockopt(listener.fd.get(), IPPROTO_TCP, TCP_FASTOPEN, &queue,
                         sizeof queue),
            0);
  sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(listener.port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::sendto(client.get(), "hello", 5, MSG_FASTOPEN,
                     reinterpret_cast<sockaddr*>(&to), sizeof to),
            5);
  const UniqueFd server = lab::accept_from(listener.fd.get());
  EXPECT_EQ(story_to(cookie_of(server.get()), ">established"), kAccepted);
  const auto born = events(cookie_of(server.get())).front();
  EXPECT_EQ(born.receive_queue, 0U);
}

TEST_F(SectionThree, AnActiveCloseEndsInCloseAndARowInTimeWait) {
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  pair.client.reset();
  lab::wait_for_fin(pair.server.get());
  pair.server.reset();
  EXPECT_EQ(story_to(pair.client_cookie, ">closed"),
            with(kOpened,
                 "established>fin_wait_1 fin_wait_1>fin_wait_2 "
                 "fin_wait_2>closed"));
  EXPECT_EQ(story_to(pair.server_cookie, ">closed"),
            with(kAccepted,
                 "established>close_wait close_wait>last_ack "
                 "last_ack>closed"));
  const Dump rows = dump({TcpState::TimeWait});
  ASSERT_EQ(rows.rows.size(), 1U);
  EXPECT_EQ(rows.rows.begin()->second.socket.kind, SocketKind::TimeWait);
  EXPECT_EQ(rows.rows.begin()->first, pair.client_cookie)
      << "the minisock has the cookie that the first event made";
}

TEST_F(SectionThree, AnOrphanInFinWait2IsClosedForEventsAndAMinisockForDumps) {
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  pair.client.reset();
  EXPECT_TRUE(story_to(pair.client_cookie, ">closed")
                  .ends_with("fin_wait_1>fin_wait_2 fin_wait_2>closed"));
  const Dump rows = dump({TcpState::FinWait2});
  ASSERT_EQ(rows.rows.size(), 1U);
  EXPECT_EQ(rows.rows.begin()->second.socket.kind, SocketKind::TimeWait);
}

TEST_F(SectionThree, TheEndOfAMinisockHasNoEvent) {
  run("sysctl -qw net.ipv4.tcp_fin_timeout=1");
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  pair.client.reset();
  const std::string before = story_to(pair.client_cookie, ">closed");
  for (int tries = 0; tries < 500 && !dump({TcpState::FinWait2}).rows.empty();
       ++tries)
    lab::pause_ms(20);
  EXPECT_TRUE(dump({TcpState::FinWait2}).rows.empty());
  EXPECT_EQ(story(pair.client_cookie), before);
}

TEST_F(SectionThree, AHeldFinWait2ThatGetsItsFinIsDetached) {
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  ::shutdown(pair.client.get(), SHUT_WR);
  EXPECT_TRUE(remembered().empty());
  lab::wait_for_fin(pair.server.get());
  pair.server.reset();
  EXPECT_TRUE(
      story_to(pair.client_cookie, ">closed").ends_with("fin_wait_2>closed"));
  EXPECT_EQ(remembered(), Cookies{pair.client_cookie});
  EXPECT_EQ(held_closed(), Cookies{pair.client_cookie});
  pair.client.reset();
  EXPECT_TRUE(remembered().empty());
}

TEST_F(SectionThree, ASimultaneousCloseGoesThroughClosing) {
  make_peer();
  UniqueFd client = connect_peer(lab::Behaviour::ClosesAcross);
  const auto cookie = cookie_of(client.get());
  client.reset();
  EXPECT_TRUE(story_to(cookie, ">closing")
                  .ends_with("established>fin_wait_1 fin_wait_1>closing"));
}

TEST_F(SectionThree, WithoutRoomForTimeWaitTheEventsAreTheSame) {
  run("sysctl -qw net.ipv4.tcp_max_tw_buckets=0");
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  pair.client.reset();
  lab::wait_for_fin(pair.server.get());
  pair.server.reset();
  EXPECT_TRUE(
      story_to(pair.client_cookie, ">closed").ends_with("fin_wait_2>closed"));
  EXPECT_TRUE(dump({TcpState::TimeWait}).rows.empty());
}

TEST_F(SectionThree, AResetSocketIsInNoTableAndDetachedUntilItIsClosed) {
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  reset(pair.client);
  EXPECT_EQ(story_to(pair.server_cookie, ">closed"),
            with(kAccepted, "established>closed"));
  EXPECT_EQ(events(pair.server_cookie).back().error, SocketError::Reset);
  EXPECT_EQ(events(pair.client_cookie).back().error, SocketError::None);
  EXPECT_EQ(dump().rows.count(pair.server_cookie), 0U);
  EXPECT_EQ(remembered(), Cookies{pair.server_cookie});
  EXPECT_EQ(held_closed(), Cookies{pair.server_cookie});
  pair.server.reset();
  EXPECT_TRUE(remembered().empty());
  EXPECT_TRUE(held_closed().empty());
}

TEST_F(SectionThree, AResetInCloseWaitSaysSo) {
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  ::shutdown(pair.client.get(), SHUT_WR);
  lab::wait_for_fin(pair.server.get());
  reset(pair.client);
  EXPECT_EQ(story_to(pair.server_cookie, ">closed"),
            with(kAccepted, "established>close_wait close_wait>closed"));
  EXPECT_EQ(events(pair.server_cookie).back().error, SocketError::Reset);
  EXPECT_EQ(remembered(), Cookies{pair.server_cookie});
}

TEST_F(SectionThree, ADisconnectedSocketKeepsItsCookieAndIsNotHeldClosed) {
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  const sockaddr nowhere{.sa_family = AF_UNSPEC};
  ASSERT_EQ(::connect(pair.client.get(), &nowhere, sizeof nowhere), 0);
  EXPECT_TRUE(
      story_to(pair.client_cookie, ">closed").ends_with("established>closed"));
  EXPECT_TRUE(held_closed() == Cookies{pair.server_cookie})
      << "the process itself let go of it; the other end was reset";
  sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(listener.port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(
      ::connect(pair.client.get(), reinterpret_cast<sockaddr*>(&to), sizeof to),
      0);
  EXPECT_TRUE(story(pair.client_cookie).ends_with(kOpened));
  EXPECT_EQ(cookie_of(pair.client.get()), pair.client_cookie);
  EXPECT_EQ(remembered(), Cookies{pair.server_cookie}) << "it is used again";
}

TEST_F(SectionThree, AListenerThatClosesTakesItsQueueWithIt) {
  auto listener = listen_on(Family::V4);
  const auto parent = cookie_of(listener.fd.get());
  const UniqueFd client = connect_to(Family::V4, listener.port);
  Cookies children;
  (void)count_events();
  for (const auto& [cookie, all] : seen)
    if (all.front().from == TcpState::Listen) children.push_back(cookie);
  ASSERT_EQ(children.size(), 1U);
  listener.fd.reset();
  EXPECT_EQ(story(parent), "closed>listen listen>closed");
  EXPECT_EQ(story_to(children[0], ">closed"),
            with(kAccepted, "established>closed"));
  EXPECT_EQ(remembered(), Cookies{cookie_of(client.get())});
}

TEST_F(SectionThree, PortsAreKnownFromTheFirstEventWithAPortToTheLast) {
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  const auto port = lab::local_port(pair.client.get());
  reset(pair.client);
  (void)story_to(pair.client_cookie, ">closed");
  const auto all = events(pair.client_cookie);
  EXPECT_EQ(all.front().tuple.local.port, 0) << "not chosen yet";
  EXPECT_EQ(all.back().to, TcpState::Closed);
  EXPECT_EQ(all.back().tuple.local.port, port);
}

TEST_F(SectionThree, ATransitionToTheSameStateIsNotReported) {
  make_peer();
  UniqueFd client = connect_peer(lab::Behaviour::IgnoresFin);
  const auto cookie = cookie_of(client.get());
  ::shutdown(client.get(), SHUT_WR);
  client.reset();  // FIN_WAIT1 > FIN_WAIT1
  EXPECT_EQ(story_to(cookie, ">fin_wait_1"),
            with(kOpened, "established>fin_wait_1"));
}

TEST_F(SectionThree, AnMptcpConnectionHasEventsOfItsOwn) {
  const UniqueFd probe(::socket(AF_INET, SOCK_STREAM, lab::kMptcp));
  if (!probe) GTEST_SKIP() << "kernel without MPTCP";
  auto listener = listen_on(Family::V4, {.protocol = lab::kMptcp});
  UniqueFd client = connect_to(Family::V4, listener.port, lab::kMptcp);
  const UniqueFd server = lab::accept_from(listener.fd.get());
  lab::write_all(client.get(), 100);
  lab::read_exactly(server.get(), 100);
  client.reset();
  lab::wait_for_fin(server.get());
  (void)count_events();
  bool waits = false;
  for (const auto& [cookie, all] : seen)
    for (const SocketEvent& event : all)
      waits = waits || (event.to == TcpState::CloseWait &&
                        event.protocol == Protocol::Mptcp);
  EXPECT_TRUE(waits);
  for (const auto& [cookie, row] : dump().rows)
    EXPECT_NE(row.to, TcpState::CloseWait) << "the subflow hides it";
}

TEST_F(SectionThree, ASocketThatIsOlderThanTheProgramsHasNoPast) {
  source.reset();
  auto listener = listen_on(Family::V4);
  Pair pair = connect(listener);
  source = *open_event_source();
  source->set_mode(EventMode::Full);
  EXPECT_EQ(story(pair.client_cookie), "");
  EXPECT_EQ(dump().rows.count(pair.client_cookie), 1U);
  pair.client.reset();
  EXPECT_TRUE(story(pair.client_cookie).starts_with("established>fin_wait_1"));
}

TEST_F(SectionThree, AnotherNamespaceIsTold) {
  std::uint64_t cookie = 0;
  std::jthread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    run("ip link set lo up");  // of this thread's namespace
    const auto listener = listen_on(Family::V4);
    cookie = cookie_of(listener.fd.get());
  }).join();
  std::vector<SocketEvent> all;
  ASSERT_TRUE(source->drain([&](const SocketEvent& event) {
    if (event.cookie == cookie) all.push_back(event);
  }));
  ASSERT_EQ(all.size(), 2U);  // it listened, and closed with its process
  EXPECT_NE(all[0].tuple.netns, 0U);
  EXPECT_EQ(all[1].to, TcpState::Closed);
}

TEST_F(SectionThree, ASocketThatIsOnlyBoundHasNoEvents) {
  const std::size_t before = count_events();
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in to{.sin_family = AF_INET};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_EQ(count_events(), before);
}

TEST_F(SectionThree, AnIpv4ClientOfAnIpv6ListenerIsBothFamilies) {
  auto listener = listen_on(Family::V4Mapped);
  const Pair pair = connect(listener, Family::V4Mapped);
  const auto server = events(pair.server_cookie).front();
  const auto client = events(pair.client_cookie).back();
  EXPECT_TRUE(server.ipv6);
  EXPECT_FALSE(client.ipv6);
  EXPECT_EQ(server.tuple, client.tuple.reversed())
      << "IPv4 is v4-mapped everywhere";
}

TEST_F(SectionThree, ACookieIsTheOneThatSockDiagShows) {
  auto listener = listen_on(Family::V4);
  const Pair pair = connect(listener);
  const Dump rows = dump({TcpState::Established});
  EXPECT_EQ(rows.rows.count(pair.client_cookie), 1U);
  EXPECT_EQ(rows.rows.count(pair.server_cookie), 1U);
  EXPECT_FALSE(events(pair.server_cookie).empty());
}

}  // namespace
}  // namespace tcpstated
