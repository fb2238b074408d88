// SPDX-License-Identifier: Apache-2.0
#include "capture/link_watch.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/byte_reader.hpp"

namespace tcpstated {
namespace {

/// The kernel writes dumps in chunks of at most 32 KiB.
using Buffer = std::array<std::byte, std::size_t{32} * 1024>;
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};
/// A dump is repeated if the table changed under it.
constexpr int kMaxTries = 4;

struct CloseSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using MnlSocket = std::unique_ptr<mnl_socket, CloseSocket>;

Result<MnlSocket> open_socket(int flags, unsigned groups) {
  MnlSocket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags));
  if (!socket) return fail_errno("cannot open a NETLINK_ROUTE socket");
  if (mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) < 0)
    return fail_errno("cannot bind a NETLINK_ROUTE socket");
  return socket;
}

/// Link types that never carry IP; all others are worth a try.
bool carries_ip(unsigned type) {
  constexpr std::array kNever{
      ARPHRD_CAN,
      ARPHRD_IEEE80211,
      ARPHRD_IEEE80211_PRISM,
      ARPHRD_IEEE80211_RADIOTAP,
      ARPHRD_IEEE802154,
      ARPHRD_IEEE802154_MONITOR,
      ARPHRD_PHONET,
      ARPHRD_PHONET_PIPE,
      ARPHRD_NETLINK,
      ARPHRD_VSOCKMON,
  };
  return std::ranges::find(kNever, static_cast<int>(type)) == kNever.end();
}

struct Tables {
  std::vector<NetworkInterface> interfaces;
  std::vector<IpPrefix> addresses;

  bool operator==(const Tables&) const = default;
};

/// A message of this form, as far as its attributes.
template <typename Header>
std::optional<Header> read_header(ByteReader& message) {
  const auto header = message.read<Header>();
  if (header && sizeof(Header) % NLA_ALIGNTO != 0)
    (void)message.skip(NLA_ALIGNTO - sizeof(Header) % NLA_ALIGNTO);
  return header;
}

/// Calls visit(type, payload) for each attribute behind the header.
template <typename Visit>
void for_each_attribute(ByteReader rest, Visit visit) {
  while (const auto header = rest.read<nlattr>()) {
    if (header->nla_len < sizeof(nlattr)) return;
    const auto payload = rest.take(header->nla_len - sizeof(nlattr));
    if (!payload) return;
    visit(header->nla_type & NLA_TYPE_MASK, *payload);
    (void)rest.skip(NLA_ALIGN(header->nla_len) - header->nla_len);
  }
}

ByteReader payload_of(const nlmsghdr* message) {
  return ByteReader(
      std::span(static_cast<const std::byte*>(mnl_nlmsg_get_payload(message)),
                mnl_nlmsg_get_payload_len(message)));
}

int add_link(const nlmsghdr* message, void* into) {
  ByteReader reader = payload_of(message);
  const auto link = read_header<ifinfomsg>(reader);
  if (!link) return MNL_CB_OK;
  NetworkInterface found{.index = link->ifi_index,
                         .name = {},
                         .up = (link->ifi_flags & IFF_UP) != 0,
                         .loopback = (link->ifi_flags & IFF_LOOPBACK) != 0,
                         .carries_ip = carries_ip(link->ifi_type)};
  for_each_attribute(reader, [&](int type, std::span<const std::byte> value) {
    if (type != IFLA_IFNAME) return;
    const auto* text = reinterpret_cast<const char*>(value.data());
    found.name.assign(text, ::strnlen(text, value.size()));
  });
  static_cast<Tables*>(into)->interfaces.push_back(std::move(found));
  return MNL_CB_OK;
}

int add_address(const nlmsghdr* message, void* into) {
  ByteReader reader = payload_of(message);
  if (!read_header<ifaddrmsg>(reader)) return MNL_CB_OK;
  // On a link to one peer IFA_ADDRESS is that peer's, IFA_LOCAL ours.
  std::optional<IpAddress> address;
  std::optional<IpAddress> local;
  for_each_attribute(reader, [&](int type, std::span<const std::byte> value) {
    if (type == IFA_ADDRESS) address = IpAddress::from_network(value);
    if (type == IFA_LOCAL) local = IpAddress::from_network(value);
  });
  if (local) address = local;
  if (address) static_cast<Tables*>(into)->addresses.push_back({*address, 128});
  return MNL_CB_OK;
}

/// False: the table changed under the dump.
Result<bool> dump(mnl_socket* socket, std::uint16_t type, mnl_cb_t visit,
                  Tables& into) {
  Buffer buffer{};
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = type;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = type;  // another one for each of the two
  auto* family = static_cast<ifinfomsg*>(
      mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  family->ifi_family = AF_UNSPEC;
  const std::string what = "cannot list network interfaces";
  if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
    return fail_errno(what);
  for (;;) {
    const auto size = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno(what);
    const int end =
        mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), type,
                   mnl_socket_get_portid(socket), visit, &into);
    if (end == MNL_CB_STOP) return true;
    if (end == MNL_CB_ERROR && errno == EINTR) return false;
    if (end == MNL_CB_ERROR) return fail_errno(what);
  }
}

/// On a socket of its own: an abandoned dump leaves nothing behind.
Result<bool> read_tables(Tables& tables) {
  auto socket = open_socket(0, 0);
  if (!socket) return std::unexpected(std::move(socket).error());
  if (::setsockopt(mnl_socket_get_fd(socket->get()), SOL_SOCKET, SO_RCVTIMEO,
                   &kPatience, sizeof kPatience) != 0)
    return fail_errno("cannot set a timeout on a NETLINK_ROUTE socket");
  auto links = dump(socket->get(), RTM_GETLINK, add_link, tables);
  if (!links || !*links) return links;
  return dump(socket->get(), RTM_GETADDR, add_address, tables);
}

}  // namespace

struct LinkWatch::Impl {
  MnlSocket changes;
  bool changed = true;  ///< since the tables were read
  Tables tables;

  /// What the messages say does not matter, the tables are read anyway. More
  /// than fits into the socket (ENOBUFS) is a change as well.
  void take_messages() {
    Buffer buffer{};
    for (;;) {
      const auto size =
          mnl_socket_recvfrom(changes.get(), buffer.data(), buffer.size());
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      changed = true;
      if (size < 0 && errno != EINTR && errno != ENOBUFS) return;
    }
  }
};

LinkWatch::LinkWatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LinkWatch::LinkWatch(LinkWatch&&) noexcept = default;
LinkWatch& LinkWatch::operator=(LinkWatch&&) noexcept = default;
LinkWatch::~LinkWatch() = default;

Result<LinkWatch> LinkWatch::open() {
  auto impl = std::make_unique<Impl>();
  auto socket = open_socket(
      SOCK_NONBLOCK, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  if (!socket) return std::unexpected(std::move(socket).error());
  impl->changes = std::move(*socket);
  return LinkWatch(std::move(impl));
}

int LinkWatch::descriptor() const {
  return mnl_socket_get_fd(impl_->changes.get());
}

Result<bool> LinkWatch::refresh() {
  impl_->take_messages();
  if (!impl_->changed) return false;
  for (int attempt = 0; attempt < kMaxTries; ++attempt) {
    Tables found{.interfaces = {}, .addresses = {}};
    auto whole = read_tables(found);
    if (!whole) return std::unexpected(std::move(whole).error());
    if (!*whole) continue;
    // All of 127.0.0.0/8 arrives here, whatever addresses lo has.
    found.addresses.push_back({IpAddress::v4(0x7f000000), 96 + 8});
    impl_->changed = false;
    const bool different = found != impl_->tables;
    impl_->tables = std::move(found);
    return different;
  }
  return false;  // still changing: the next call looks again
}

const std::vector<NetworkInterface>& LinkWatch::interfaces() const {
  return impl_->tables.interfaces;
}

const std::vector<IpPrefix>& LinkWatch::addresses() const {
  return impl_->tables.addresses;
}

}  // namespace tcpstated
