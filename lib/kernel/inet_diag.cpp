// SPDX-License-Identifier: Apache-2.0
#include "kernel/inet_diag.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/byte_reader.hpp"

namespace tcpstated {
namespace {

constexpr std::uint32_t kMptcpProtocol = 262;  // IPPROTO_MPTCP, Linux 5.6
constexpr std::uint8_t kWantInfo = 1U << (INET_DIAG_INFO - 1U);

/// struct mptcp_info of Linux 6.10 (include/uapi/linux/mptcp.h); older kernels
/// send less of it, and the rest reads as zero.
struct MptcpInfo {
  std::uint8_t counts[6];
  std::uint32_t flags;
  std::uint32_t token;
  std::uint64_t write_seq;
  std::uint64_t snd_una;
  std::uint64_t rcv_nxt;
  std::uint8_t local_addr_used;
  std::uint8_t local_addr_max;
  std::uint8_t csum_enabled;
  std::uint32_t retransmits;
  std::uint64_t bytes_retrans;
  std::uint64_t bytes_sent;
  std::uint64_t bytes_received;
  std::uint64_t bytes_acked;
  std::uint8_t subflows_total;
  std::uint8_t reserved[3];
  std::uint32_t last_data_sent;
  std::uint32_t last_data_recv;
  std::uint32_t last_ack_recv;
};
constexpr std::size_t kMptcpTimesEnd =
    offsetof(MptcpInfo, last_ack_recv) + sizeof(std::uint32_t);

template <typename T>
void append(NetlinkRequest& out, const T& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

NetlinkRequest start_request(std::uint16_t type, std::uint16_t flags,
                             std::uint32_t sequence) {
  NetlinkRequest request;
  request.reserve(128);
  append(
      request,
      nlmsghdr{.nlmsg_len = 0,
               .nlmsg_type = type,
               .nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST),
               .nlmsg_seq = sequence,
               .nlmsg_pid = 0});
  return request;
}

NetlinkRequest finish(NetlinkRequest request) {
  const auto length = static_cast<std::uint32_t>(request.size());
  std::memcpy(request.data(), &length, sizeof length);
  return request;
}

IpAddress to_ip(const __be32 (&raw)[4], bool ipv6) {
  if (!ipv6) return IpAddress::v4(ntohl(raw[0]));
  IpAddress ip;
  std::memcpy(ip.bytes.data(), raw, ip.bytes.size());
  return ip;
}

void from_ip(__be32 (&raw)[4], const IpAddress& ip, bool ipv6) {
  if (ipv6)
    std::memcpy(raw, ip.bytes.data(), ip.bytes.size());
  else
    std::memcpy(raw, &ip.bytes[12], sizeof raw[0]);
}

std::chrono::milliseconds ms(std::uint32_t count) {
  return std::chrono::milliseconds(count);
}

TcpTimes tcp_times(std::span<const std::byte> attribute) {
  const auto info = read_prefix<tcp_info>(attribute);
  return {.since_data_sent = ms(info.tcpi_last_data_sent),
          .since_data_received = ms(info.tcpi_last_data_recv),
          .since_ack_received = ms(info.tcpi_last_ack_recv),
          .round_trip = std::chrono::microseconds(info.tcpi_rtt),
          .bytes_sent = info.tcpi_bytes_sent,
          .bytes_acked = info.tcpi_bytes_acked,
          .bytes_received = info.tcpi_bytes_received};
}

std::optional<TcpTimes> mptcp_times(std::span<const std::byte> attribute) {
  if (attribute.size() < kMptcpTimesEnd) return std::nullopt;  // before 6.10
  const auto info = read_prefix<MptcpInfo>(attribute);
  return TcpTimes{.since_data_sent = ms(info.last_data_sent),
                  .since_data_received = ms(info.last_data_recv),
                  .since_ack_received = ms(info.last_ack_recv),
                  .round_trip = {},
                  .bytes_sent = info.bytes_sent,
                  .bytes_acked = info.bytes_acked,
                  .bytes_received = info.bytes_received};
}

SocketTimer to_timer(std::uint8_t raw) {
  return raw <= static_cast<std::uint8_t>(SocketTimer::ZeroWindowProbe)
             ? static_cast<SocketTimer>(raw)
             : SocketTimer::Off;
}

struct Attributes {
  bool shutdown_seen = false;  ///< only full sockets have INET_DIAG_SHUTDOWN
  std::uint64_t cgroup_id = 0;
  std::span<const std::byte> info;
};

std::optional<Attributes> read_attributes(ByteReader reader) {
  Attributes found;
  while (reader.remaining() >= sizeof(nlattr)) {
    const auto header = *reader.read<nlattr>();
    if (header.nla_len < sizeof(nlattr)) return std::nullopt;
    const auto body = reader.take(header.nla_len - sizeof(nlattr));
    if (!body) return std::nullopt;
    switch (header.nla_type & NLA_TYPE_MASK) {
      case INET_DIAG_INFO:
        found.info = *body;
        break;
      case INET_DIAG_SHUTDOWN:
        found.shutdown_seen = true;
        break;
      case INET_DIAG_CGROUP_ID:
        found.cgroup_id = read_prefix<std::uint64_t>(*body);
        break;
      default:
        break;
    }
    const std::size_t padding = (4 - header.nla_len % 4) % 4;
    if (!reader.skip(std::min(padding, reader.remaining())))
      return std::nullopt;
  }
  return found;
}

}  // namespace

NetlinkRequest tcp_dump_request(StateSet states, std::uint32_t sequence) {
  NetlinkRequest request = start_request(TCPDIAG_GETSOCK, NLM_F_DUMP, sequence);
  inet_diag_req body{};
  body.idiag_family = AF_INET;  // the walk answers both families
  body.idiag_ext = kWantInfo;
  body.idiag_states = states.kernel_mask();
  append(request, body);
  return finish(std::move(request));
}

NetlinkRequest mptcp_dump_request(bool ipv6, StateSet states,
                                  std::uint32_t sequence) {
  NetlinkRequest request =
      start_request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, sequence);
  inet_diag_req_v2 body{};
  body.sdiag_family = ipv6 ? AF_INET6 : AF_INET;
  body.sdiag_protocol = IPPROTO_TCP;  // one byte; the attribute has the rest
  body.idiag_ext = kWantInfo;
  body.idiag_states = states.kernel_mask();
  append(request, body);
  append(request, nlattr{.nla_len = sizeof(nlattr) + sizeof kMptcpProtocol,
                         .nla_type = INET_DIAG_REQ_PROTOCOL});
  append(request, kMptcpProtocol);
  return finish(std::move(request));
}

NetlinkRequest lookup_request(const SocketRef& socket, std::uint32_t sequence) {
  NetlinkRequest request = start_request(SOCK_DIAG_BY_FAMILY, 0, sequence);
  inet_diag_req_v2 body{};
  body.sdiag_family = socket.ipv6 ? AF_INET6 : AF_INET;
  body.sdiag_protocol = IPPROTO_TCP;
  body.idiag_ext = kWantInfo;
  body.idiag_states = StateSet::all().kernel_mask();
  from_ip(body.id.idiag_src, socket.tuple.local.ip, socket.ipv6);
  from_ip(body.id.idiag_dst, socket.tuple.remote.ip, socket.ipv6);
  body.id.idiag_sport = htons(socket.tuple.local.port);
  body.id.idiag_dport = htons(socket.tuple.remote.port);
  body.id.idiag_if = socket.interface;
  body.id.idiag_cookie[0] = static_cast<std::uint32_t>(socket.cookie);
  body.id.idiag_cookie[1] = static_cast<std::uint32_t>(socket.cookie >> 32U);
  append(request, body);
  return finish(std::move(request));
}

std::expected<StateChange, DiagReject> decode_diag(
    std::span<const std::byte> payload, Protocol protocol, Instant at) {
  ByteReader reader(payload);
  const auto message = reader.read<inet_diag_msg>();
  if (!message) return std::unexpected(DiagReject::Truncated);
  const auto state = from_kernel(message->idiag_state);
  if (!state) return std::unexpected(DiagReject::UnknownState);
  const bool ipv6 = message->idiag_family == AF_INET6;
  if (!ipv6 && message->idiag_family != AF_INET)
    return std::unexpected(DiagReject::UnknownFamily);
  const auto attributes = read_attributes(reader);
  if (!attributes) return std::unexpected(DiagReject::BadAttribute);

  StateChange row;
  row.at = at;
  row.to = *state;
  row.quality = Quality::Kernel;
  const inet_diag_sockid& id = message->id;
  row.tuple.local = {to_ip(id.idiag_src, ipv6), ntohs(id.idiag_sport)};
  row.tuple.remote = {to_ip(id.idiag_dst, ipv6), ntohs(id.idiag_dport)};

  SocketFacts& socket = row.socket;
  socket.protocol = protocol;
  socket.timer = to_timer(message->idiag_timer);
  socket.timer_expires = ms(message->idiag_expires);
  socket.ipv6 = ipv6;
  socket.interface = id.idiag_if;
  socket.cookie = id.idiag_cookie[0] |
                  static_cast<std::uint64_t>(id.idiag_cookie[1]) << 32U;
  socket.inode = message->idiag_inode;
  socket.cgroup_id = attributes->cgroup_id;
  socket.uid = message->idiag_uid;
  socket.receive_queue = message->idiag_rqueue;
  socket.send_queue = message->idiag_wqueue;
  if (socket.timer == SocketTimer::TimeWait)
    socket.kind = SocketKind::TimeWait;
  else if (*state == TcpState::SynReceived && !attributes->shutdown_seen)
    socket.kind = SocketKind::Request;
  if (!attributes->info.empty() && *state != TcpState::Listen)
    socket.times = protocol == Protocol::Tcp ? tcp_times(attributes->info)
                                             : mptcp_times(attributes->info);
  return row;
}

}  // namespace tcpstated
