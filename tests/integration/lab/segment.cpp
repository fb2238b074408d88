// SPDX-License-Identifier: Apache-2.0
#include "segment.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>

namespace tcpstated::lab {
namespace {

constexpr std::size_t kTcpLength = sizeof(tcphdr);

/// RFC 1071 over an even number of bytes, not yet folded.
std::uint32_t sum_words(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    sum += std::to_integer<std::uint32_t>(bytes[i]) << 8U |
           std::to_integer<std::uint32_t>(bytes[i + 1]);
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return htons(static_cast<std::uint16_t>(~sum));
}

/// Both addresses, the length of the segment and the protocol.
std::uint32_t pseudo_header_sum(const Segment& segment) {
  const std::size_t length = segment.ipv6 ? 16 : 4;
  return sum_words(
             std::as_bytes(std::span(segment.from.address).first(length))) +
         sum_words(std::as_bytes(std::span(segment.to.address).first(length))) +
         kTcpLength + IPPROTO_TCP;
}

template <typename Header>
std::optional<Header> header_at(std::span<const std::byte> packet,
                                std::size_t offset) {
  if (packet.size() < offset + sizeof(Header)) return std::nullopt;
  Header header;
  std::memcpy(&header, packet.data() + offset, sizeof header);
  return header;
}

template <typename Header>
void append(std::vector<std::byte>& packet, const Header& header) {
  const auto bytes = std::as_bytes(std::span(&header, 1));
  packet.insert(packet.end(), bytes.begin(), bytes.end());
}

/// Fills in the addresses; the offset of the TCP header.
std::optional<std::size_t> parse_ip(std::span<const std::byte> packet,
                                    Segment& into) {
  const auto v4 = header_at<iphdr>(packet, 0);
  if (!v4) return std::nullopt;
  if (v4->version == 4 && v4->protocol == IPPROTO_TCP) {
    std::memcpy(into.from.address.data(), &v4->saddr, sizeof v4->saddr);
    std::memcpy(into.to.address.data(), &v4->daddr, sizeof v4->daddr);
    return std::size_t{v4->ihl} * 4;
  }
  const auto v6 = header_at<ip6_hdr>(packet, 0);
  if (!v6 || v4->version != 6 || v6->ip6_nxt != IPPROTO_TCP)
    return std::nullopt;
  into.ipv6 = true;
  std::memcpy(into.from.address.data(), &v6->ip6_src, 16);
  std::memcpy(into.to.address.data(), &v6->ip6_dst, 16);
  return sizeof(ip6_hdr);
}

void append_ip(std::vector<std::byte>& packet, const Segment& segment) {
  if (segment.ipv6) {
    ip6_hdr v6{};
    v6.ip6_flow = htonl(6U << 28U);
    v6.ip6_plen = htons(kTcpLength);
    v6.ip6_nxt = IPPROTO_TCP;
    v6.ip6_hlim = 64;
    std::memcpy(&v6.ip6_src, segment.from.address.data(), 16);
    std::memcpy(&v6.ip6_dst, segment.to.address.data(), 16);
    append(packet, v6);
    return;
  }
  iphdr v4{};
  v4.version = 4;
  v4.ihl = sizeof v4 / 4;
  v4.tot_len = htons(sizeof v4 + kTcpLength);
  v4.ttl = 64;
  v4.protocol = IPPROTO_TCP;
  std::memcpy(&v4.saddr, segment.from.address.data(), sizeof v4.saddr);
  std::memcpy(&v4.daddr, segment.to.address.data(), sizeof v4.daddr);
  v4.check = fold(sum_words(std::as_bytes(std::span(&v4, 1))));
  append(packet, v4);
}

}  // namespace

std::optional<Segment> parse_segment(std::span<const std::byte> packet) {
  Segment segment;
  const auto offset = parse_ip(packet, segment);
  if (!offset) return std::nullopt;
  const auto tcp = header_at<tcphdr>(packet, *offset);
  if (!tcp) return std::nullopt;
  segment.from.port = ntohs(tcp->source);
  segment.to.port = ntohs(tcp->dest);
  segment.sequence = ntohl(tcp->seq);
  segment.acknowledged = ntohl(tcp->ack_seq);
  segment.syn = tcp->syn != 0;
  segment.ack = tcp->ack != 0;
  segment.fin = tcp->fin != 0;
  segment.rst = tcp->rst != 0;
  return segment;
}

std::vector<std::byte> to_packet(const Segment& segment) {
  tcphdr tcp{};
  tcp.source = htons(segment.from.port);
  tcp.dest = htons(segment.to.port);
  tcp.seq = htonl(segment.sequence);
  tcp.ack_seq = htonl(segment.acknowledged);
  tcp.doff = kTcpLength / 4;
  tcp.syn = segment.syn ? 1 : 0;
  tcp.ack = segment.ack ? 1 : 0;
  tcp.fin = segment.fin ? 1 : 0;
  tcp.rst = segment.rst ? 1 : 0;
  tcp.window = htons(0xffff);
  tcp.check = fold(pseudo_header_sum(segment) +
                   sum_words(std::as_bytes(std::span(&tcp, 1))));
  std::vector<std::byte> packet;
  append_ip(packet, segment);
  append(packet, tcp);
  return packet;
}

}  // namespace tcpstated::lab
