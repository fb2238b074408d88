// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One NETLINK_SOCK_DIAG socket: sends requests, walks the answers. All the
/// ways a dump can go wrong (EINTR, ENOBUFS, NLM_F_DUMP_INTR, short messages,
/// silence) are handled here and nowhere else. Knows nothing of TCP.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"

namespace tcpstated {

/// How the walk over one datagram ended.
enum class NetlinkWalk : std::uint8_t {
  More,         ///< read on
  Done,         ///< NLMSG_DONE
  Interrupted,  ///< NLM_F_DUMP_INTR: the table changed under the dump
  Refused,      ///< NLMSG_ERROR
  Malformed,    ///< a message that claims more bytes than there are
};

struct NetlinkMessage {
  std::uint32_t sequence = 0;
  std::span<const std::byte> payload;
};

struct NetlinkWalkResult {
  NetlinkWalk end = NetlinkWalk::More;
  int error = 0;  ///< errno of a Refused request
  std::uint32_t error_sequence = 0;
};

using NetlinkVisitor = std::function<void(const NetlinkMessage&)>;

/// Walks the messages of one datagram. Messages outside [first, last] sequence
/// numbers (left over from an aborted dump) are passed over. Pure.
[[nodiscard]] NetlinkWalkResult walk_netlink(
    std::span<const std::byte> datagram, std::uint32_t first,
    std::uint32_t last, const NetlinkVisitor& visit);

struct NetlinkDump {
  bool complete = false;  ///< false: rows may be missing; ask again
  std::size_t datagrams = 0;
  std::size_t bytes = 0;
};

/// Belongs to one thread. Blocking, but never longer than `kPatience` without
/// an answer. Answers the caller's network namespace at the time of open().
class NetlinkSocket {
 public:
  [[nodiscard]] static Result<NetlinkSocket> open();
  NetlinkSocket(NetlinkSocket&&) noexcept;
  NetlinkSocket& operator=(NetlinkSocket&&) noexcept;
  ~NetlinkSocket();

  [[nodiscard]] std::uint32_t next_sequence() { return ++sequence_; }

  /// Sends a dump request and visits every answer. `after_datagram` is called
  /// once per datagram, so that a caller can batch. An Error means the kernel
  /// refused the request; a dump that broke off is complete == false.
  Result<NetlinkDump> dump(std::span<const std::byte> request,
                           const NetlinkVisitor& visit,
                           const std::function<void()>& after_datagram);

  /// Sends single requests in one datagram; each is answered by one message or
  /// refused with an errno. Sequence numbers must be consecutive from `first`.
  Result<> exchange(
      std::span<const std::byte> requests, std::uint32_t first,
      std::size_t count, const NetlinkVisitor& visit,
      const std::function<void(std::uint32_t sequence, int error)>& refused);

 private:
  struct Impl;
  explicit NetlinkSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::uint32_t sequence_ = 0;
};

}  // namespace tcpstated
