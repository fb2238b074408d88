// SPDX-License-Identifier: Apache-2.0
#include "tun_peer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <span>

#include "lab.hpp"

namespace tcpstated::lab {
namespace {

constexpr std::uint32_t kFirstSequence = 1000;

Segment reply_to(const Segment& got) {
  return {.ipv6 = got.ipv6,
          .from = got.to,
          .to = got.from,
          .sequence = kFirstSequence + 1,
          .acknowledged = got.sequence,
          .ack = true};
}

std::optional<Segment> answer_to_fin(const Segment& got, Behaviour behaviour) {
  Segment reply = reply_to(got);
  if (behaviour == Behaviour::ClosesAcross) {
    reply.fin = true;
    return reply;
  }
  if (behaviour != Behaviour::AcknowledgesFin &&
      behaviour != Behaviour::ClosesAfter)
    return std::nullopt;
  reply.acknowledged = got.sequence + 1;
  reply.fin = behaviour == Behaviour::ClosesAfter;
  return reply;
}

}  // namespace

std::optional<Segment> answer(const Segment& got) {
  const auto behaviour = static_cast<Behaviour>(got.to.port);
  if (got.rst || behaviour == Behaviour::Silent) return std::nullopt;
  if (behaviour < Behaviour::Silent || behaviour > Behaviour::ClosesAfter)
    return std::nullopt;  // answers to its own SYNs
  if (got.fin) return answer_to_fin(got, behaviour);
  Segment reply = reply_to(got);
  if (got.syn) {
    reply.syn = true;
    reply.sequence = kFirstSequence;
    reply.acknowledged = got.sequence + 1;
    return reply;
  }
  const bool end_of_handshake = got.acknowledged == kFirstSequence + 1;
  if (behaviour != Behaviour::ClosesFirst || !end_of_handshake)
    return std::nullopt;
  reply.fin = true;
  return reply;
}

TunPeer::TunPeer(const std::string& device)
    : tun_(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK)) {
  if (!tun_) die("cannot open /dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(tun_.get(), TUNSETIFF, &request) != 0)
    die("cannot take the TUN device");
  thread_ = std::jthread([this](const std::stop_token& end) { run(end); });
}

void TunPeer::send_syn(bool ipv6, std::uint16_t from_port,
                       std::uint16_t to_port) {
  Segment syn{.ipv6 = ipv6, .sequence = kFirstSequence, .syn = true};
  const int family = ipv6 ? AF_INET6 : AF_INET;
  ::inet_pton(family, ipv6 ? kAddress6 : kAddress4, syn.from.address.data());
  ::inet_pton(family, ipv6 ? kOurAddress6 : kOurAddress4,
              syn.to.address.data());
  syn.from.port = from_port;
  syn.to.port = to_port;
  send(syn);
}

void TunPeer::run(const std::stop_token& end) {
  std::array<std::byte, 2048> packet{};
  while (!end.stop_requested()) {
    pollfd wanted{.fd = tun_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, 100) != 1) continue;
    const ssize_t got = ::read(tun_.get(), packet.data(), packet.size());
    if (got <= 0) continue;
    const auto segment =
        parse_segment(std::span(packet).first(static_cast<std::size_t>(got)));
    if (!segment) continue;
    if (const auto reply = answer(*segment)) send(*reply);
  }
}

void TunPeer::send(const Segment& segment) {
  const auto packet = to_packet(segment);
  if (::write(tun_.get(), packet.data(), packet.size()) < 0)
    die("cannot write to the TUN device");
}

}  // namespace tcpstated::lab
