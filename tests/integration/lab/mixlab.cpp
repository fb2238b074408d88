// SPDX-License-Identifier: Apache-2.0
// Holds sockets of every TCP state for about a minute: IPv4, IPv6 and IPv4
// through IPv6 sockets. The peer is a TunPeer on the device named by the
// argument, which must have the addresses of TunPeer.
//
//   $ mixlab lab0
//   READY {"tcp":{"listen":32,"syn_sent":140,...},"mptcp":{"listen":1,...}}
//   exit                                        (typed)
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <map>
#include <string>

#include "lab.hpp"
#include "tun_peer.hpp"

namespace {

using namespace tcpstated;
using namespace tcpstated::lab;

/// What the application does after connecting.
enum class Step { Nothing, ShutsDown, Closes, ClosesPatiently };

struct Kind {
  std::string_view state;
  Behaviour peer;
  Step step;
  int count;  ///< IPv4; IPv6 has half of it, mapped IPv4 a quarter
};

constexpr std::array kKinds{
    Kind{"syn_sent", Behaviour::Silent, Step::Nothing, 80},
    Kind{"established", Behaviour::IgnoresFin, Step::Nothing, 400},
    Kind{"fin_wait_1", Behaviour::IgnoresFin, Step::ShutsDown, 60},
    Kind{"fin_wait_1", Behaviour::IgnoresFin, Step::Closes, 40},
    Kind{"fin_wait_2", Behaviour::AcknowledgesFin, Step::ShutsDown, 60},
    Kind{"fin_wait_2", Behaviour::AcknowledgesFin, Step::Closes, 40},
    Kind{"fin_wait_2", Behaviour::AcknowledgesFin, Step::ClosesPatiently, 20},
    Kind{"close_wait", Behaviour::ClosesFirst, Step::Nothing, 100},
    Kind{"closing", Behaviour::ClosesAcross, Step::ShutsDown, 60},
    Kind{"closing", Behaviour::ClosesAcross, Step::Closes, 40},
    Kind{"last_ack", Behaviour::ClosesFirst, Step::Closes, 100},
    Kind{"time_wait", Behaviour::ClosesAfter, Step::Closes, 120},
};
constexpr int kListeners = 10;  // of each family
constexpr int kHalfOpen = 80;   // of IPv4
constexpr int kMptcpPairs = 5;
constexpr int kFirstPort = 20000;  // of the half-open connections

sockaddr_in6 peer_v6(Family family, Behaviour peer) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(peer));
  const std::string mapped = std::string("::ffff:") + TunPeer::kAddress4;
  ::inet_pton(AF_INET6,
              family == Family::V6 ? TunPeer::kAddress6 : mapped.c_str(),
              &address.sin6_addr);
  return address;
}

sockaddr_in peer_v4(Behaviour peer) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(peer));
  ::inet_pton(AF_INET, TunPeer::kAddress4, &address.sin_addr);
  return address;
}

UniqueFd connect_to_peer(Family family, Behaviour peer) {
  const int blocking = peer == Behaviour::Silent ? SOCK_NONBLOCK : 0;
  UniqueFd fd(::socket(family == Family::V4 ? AF_INET : AF_INET6,
                       SOCK_STREAM | SOCK_CLOEXEC | blocking, 0));
  const sockaddr_in v4 = peer_v4(peer);
  const sockaddr_in6 v6 = peer_v6(family, peer);
  const int done =
      family == Family::V4
          ? ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&v4),
                      sizeof v4)
          : ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&v6),
                      sizeof v6);
  if (done != 0 && errno != EINPROGRESS) die("cannot connect to the TUN peer");
  return fd;
}

/// More than TCP_TIMEWAIT_LEN: then the kernel keeps a full socket in
/// FIN_WAIT_2 after close(), no minisock.
void wait_long_in_fin_wait_2(int fd) {
  const int seconds = 120;
  if (::setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &seconds, sizeof seconds) != 0)
    die("cannot set TCP_LINGER2");
}

/// A socket in the state of `kind`, and its descriptor if it keeps one.
UniqueFd make(const Kind& kind, Family family) {
  UniqueFd fd = connect_to_peer(family, kind.peer);
  if (kind.peer == Behaviour::ClosesFirst) wait_for_fin(fd.get());
  if (kind.step == Step::ClosesPatiently) wait_long_in_fin_wait_2(fd.get());
  if (kind.step == Step::ShutsDown) ::shutdown(fd.get(), SHUT_WR);
  if (kind.step == Step::Closes || kind.step == Step::ClosesPatiently)
    fd.reset();
  return fd;
}

using Counts = std::map<std::string_view, int>;

struct Mix {
  std::vector<UniqueFd> held;
  Counts tcp;
  Counts mptcp;
};

void add_listeners(Mix& mix) {
  for (const Family family : {Family::V4, Family::V6, Family::V4Mapped})
    for (int i = 0; i < kListeners; ++i)
      mix.held.push_back(listen_on(family).fd);
  mix.tcp["listen"] += 3 * kListeners;
}

void add_half_open(Mix& mix, TunPeer& peer) {
  Listener both = listen_on(Family::V4Mapped, {.backlog = 4096});
  for (int i = 0; i < kHalfOpen; ++i)
    peer.send_syn(false, static_cast<std::uint16_t>(kFirstPort + i), both.port);
  for (int i = 0; i < kHalfOpen / 2; ++i)
    peer.send_syn(true, static_cast<std::uint16_t>(kFirstPort + i), both.port);
  mix.held.push_back(std::move(both.fd));
  ++mix.tcp["listen"];
  mix.tcp["syn_received"] += kHalfOpen + kHalfOpen / 2;
}

void add_kind(Mix& mix, const Kind& kind) {
  const auto add = [&](Family family, int count) {
    for (int i = 0; i < count; ++i) mix.held.push_back(make(kind, family));
    mix.tcp[kind.state] += count;
  };
  add(Family::V4, kind.count);
  add(Family::V6, kind.count / 2);
  add(Family::V4Mapped, kind.count / 4);
}

/// Every MPTCP connection has a TCP subflow under it. Without MPTCP there are
/// none.
void add_mptcp(Mix& mix) {
  if (!UniqueFd(::socket(AF_INET, SOCK_STREAM, kMptcp))) return;
  Listener listener = listen_on(Family::V4, {.protocol = kMptcp});
  for (int i = 0; i < kMptcpPairs; ++i) {
    mix.held.push_back(connect_to(Family::V4, listener.port, kMptcp));
    mix.held.push_back(accept_from(listener.fd.get()));
  }
  mix.held.push_back(std::move(listener.fd));
  for (Counts* const counts : {&mix.tcp, &mix.mptcp}) {
    ++(*counts)["listen"];
    (*counts)["established"] += 2 * kMptcpPairs;
  }
}

std::string to_json(const Counts& counts) {
  std::string text;
  for (const auto& [state, count] : counts)
    text += fmt::format(R"({}"{}":{})", text.empty() ? "" : ",", state, count);
  return "{" + text + "}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: mixlab TUN_DEVICE" << std::endl;
    return 2;
  }
  bound_lifetime();
  raise_fd_limit();
  TunPeer peer(argv[1]);
  Mix mix;
  add_listeners(mix);
  add_half_open(mix, peer);
  for (const Kind& kind : kKinds) add_kind(mix, kind);
  add_mptcp(mix);
  std::cout << fmt::format(R"(READY {{"tcp":{},"mptcp":{}}})", to_json(mix.tcp),
                           to_json(mix.mptcp))
            << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "exit";)
    continue;
  return 0;
}
