// SPDX-License-Identifier: Apache-2.0
#include "kernel/netlink_socket.hpp"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <utility>

#include "base/byte_reader.hpp"

namespace tcpstated {
namespace {

/// The kernel writes dumps in chunks of at most 32 KiB (netlink_dump()).
constexpr std::size_t kDatagramSize = std::size_t{32} * 1024;
/// MAX_ERRNO of include/linux/err.h.
constexpr int kMaxErrno = 4095;
/// The longest silence before a dump is given up. A dump of a million sockets
/// answers its first chunk within milliseconds.
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

struct CloseSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using MnlSocket = std::unique_ptr<mnl_socket, CloseSocket>;

Result<MnlSocket> open_bound() {
  MnlSocket socket(mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC));
  if (!socket) return fail_errno("cannot open a NETLINK_SOCK_DIAG socket");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
    return fail_errno("cannot bind a NETLINK_SOCK_DIAG socket");
  if (::setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO,
                   &kPatience, sizeof kPatience) != 0)
    return fail_errno("cannot set a timeout on a NETLINK_SOCK_DIAG socket");
  return socket;
}

}  // namespace

NetlinkWalkResult walk_netlink(std::span<const std::byte> datagram,
                               std::uint32_t first, std::uint32_t last,
                               const NetlinkVisitor& visit) {
  ByteReader reader(datagram);
  while (!reader.empty()) {
    const auto header = reader.read<nlmsghdr>();
    if (!header || header->nlmsg_len < sizeof(nlmsghdr))
      return {.end = NetlinkWalk::Malformed};
    const auto payload = reader.take(header->nlmsg_len - sizeof(nlmsghdr));
    if (!payload) return {.end = NetlinkWalk::Malformed};
    const std::size_t padding = (4 - header->nlmsg_len % 4) % 4;
    if (padding <= reader.remaining() && !reader.skip(padding))
      return {.end = NetlinkWalk::Malformed};
    if (header->nlmsg_seq - first > last - first) continue;
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
      return {.end = NetlinkWalk::Interrupted};
    if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
      // Both carry an errno; a dump that could not even start says so in DONE.
      const int error = read_prefix<int>(*payload);
      if (header->nlmsg_type == NLMSG_DONE && error >= 0)
        return {.end = NetlinkWalk::Done};
      if (payload->size() < sizeof error || error >= 0 || error < -kMaxErrno)
        return {.end = NetlinkWalk::Malformed};
      return {.end = NetlinkWalk::Refused,
              .error = -error,
              .error_sequence = header->nlmsg_seq};
    }
    if (header->nlmsg_type < NLMSG_MIN_TYPE) continue;  // NOOP, OVERRUN
    visit({.sequence = header->nlmsg_seq, .payload = *payload});
  }
  return {};
}

struct NetlinkSocket::Impl {
  MnlSocket socket;
  std::array<std::byte, kDatagramSize> buffer{};

  /// The next datagram; empty after an overrun of the socket's buffer.
  Result<std::span<const std::byte>> receive() {
    for (;;) {
      const auto size =
          mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
      if (size >= 0)
        return std::span<const std::byte>(buffer).first(
            static_cast<std::size_t>(size));
      if (errno == EINTR) continue;
      return fail_errno("cannot receive from NETLINK_SOCK_DIAG");
    }
  }

  Result<> send(std::span<const std::byte> bytes) {
    if (!socket) {
      auto fresh = open_bound();
      if (!fresh) return std::unexpected(std::move(fresh).error());
      socket = std::move(*fresh);
    }
    for (;;) {
      if (mnl_socket_sendto(socket.get(), bytes.data(), bytes.size()) >= 0)
        return {};
      if (errno == EINTR) continue;
      return fail_errno("cannot send to NETLINK_SOCK_DIAG");
    }
  }

  /// A new socket forgets whatever an abandoned dump would still send. The next
  /// request opens it: with the old one gone, its descriptor is free.
  void start_over() { socket.reset(); }
};

NetlinkSocket::NetlinkSocket(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
NetlinkSocket::NetlinkSocket(NetlinkSocket&&) noexcept = default;
NetlinkSocket& NetlinkSocket::operator=(NetlinkSocket&&) noexcept = default;
NetlinkSocket::~NetlinkSocket() = default;

Result<NetlinkSocket> NetlinkSocket::open() {
  auto socket = open_bound();
  if (!socket) return std::unexpected(std::move(socket).error());
  auto impl = std::make_unique<Impl>();
  impl->socket = std::move(*socket);
  return NetlinkSocket(std::move(impl));
}

Result<NetlinkDump> NetlinkSocket::dump(
    std::span<const std::byte> request, const NetlinkVisitor& visit,
    const std::function<void()>& after_datagram) {
  if (auto sent = impl_->send(request); !sent)
    return std::unexpected(std::move(sent).error());
  NetlinkDump result;
  for (;;) {
    const auto datagram = impl_->receive();
    if (!datagram) {  // ENOBUFS or silence: the rest of this dump is lost
      impl_->start_over();
      return result;
    }
    ++result.datagrams;
    result.bytes += datagram->size();
    const NetlinkWalkResult walked =
        walk_netlink(*datagram, sequence_, sequence_, visit);
    after_datagram();
    switch (walked.end) {
      case NetlinkWalk::More:
        continue;
      case NetlinkWalk::Done:
        result.complete = true;
        return result;
      case NetlinkWalk::Refused:
        return fail_errno("the kernel refused a socket dump", walked.error);
      case NetlinkWalk::Interrupted:
      case NetlinkWalk::Malformed:
        impl_->start_over();
        return result;
    }
  }
}

Result<> NetlinkSocket::exchange(
    std::span<const std::byte> requests, std::uint32_t first, std::size_t count,
    const NetlinkVisitor& visit,
    const std::function<void(std::uint32_t, int)>& refused) {
  if (count == 0) return {};
  const auto last = static_cast<std::uint32_t>(first + count - 1);
  if (auto sent = impl_->send(requests); !sent) return sent;
  std::size_t answered = 0;
  const NetlinkVisitor counting = [&](const NetlinkMessage& message) {
    ++answered;
    visit(message);
  };
  while (answered < count) {
    auto datagram = impl_->receive();
    if (!datagram) {
      impl_->start_over();
      return std::unexpected(std::move(datagram).error());
    }
    const NetlinkWalkResult walked =
        walk_netlink(*datagram, first, last, counting);
    if (walked.end == NetlinkWalk::Refused) {
      ++answered;
      refused(walked.error_sequence, walked.error);
    } else if (walked.end == NetlinkWalk::Malformed) {
      impl_->start_over();
      return fail("malformed answer from NETLINK_SOCK_DIAG");
    }
  }
  return {};
}

}  // namespace tcpstated
