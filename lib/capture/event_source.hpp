// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Changes of state as the kernel reports them while they happen. Only facts:
/// what they mean for a table is the reconciler's business.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "tcp/state_change.hpp"

namespace tcpstated {

/// Why the kernel closed a socket (sk_err at that moment).
enum class SocketError : std::uint8_t {
  None,
  Reset,
  Refused,
  TimedOut,
  Unreachable,
  Aborted,
  Other,
};

inline constexpr std::array<std::string_view, 7> kSocketErrorLabels{
    "none", "reset", "refused", "timeout", "unreachable", "aborted", "other"};

[[nodiscard]] constexpr std::string_view label(SocketError error) {
  return kSocketErrorLabels[static_cast<std::size_t>(error)];
}

/// One socket went from one state to another.
struct SocketEvent {
  Instant at;  ///< the moment itself, CLOCK_BOOTTIME
  std::uint64_t cookie = 0;
  FourTuple tuple;  ///< netns 0: our own. Ports may be 0 before they are chosen
  TcpState from = TcpState::Closed;
  TcpState to = TcpState::Closed;
  Protocol protocol = Protocol::Tcp;
  SocketError error = SocketError::None;
  bool ipv6 = false;
  bool has_file = false;
  std::uint32_t inode = 0;
  std::uint32_t receive_queue = 0;
  std::uint32_t send_queue = 0;
};

/// Which events are reported. Counted is every transition in either mode.
enum class EventMode : std::uint8_t {
  CloseWait,  ///< into and out of CLOSE_WAIT
  Full,       ///< all
};

template <std::size_t Columns>
using PerState = std::array<std::array<std::uint64_t, Columns>, kTcpStateCount>;

/// What the kernel's programs counted since they were attached, of all network
/// namespaces. TCP only, MPTCP connections are not in it.
struct EventTotals {
  PerState<kTcpStateCount> transitions{};      ///< [from][to]
  PerState<kSocketErrorLabels.size()> ends{};  ///< [from][error], to CLOSED
  std::uint64_t reported = 0;                  ///< put into the ring
  std::uint64_t lost = 0;                      ///< the ring was full
  std::uint64_t rescued = 0;           ///< seen by the second program only
  std::uint64_t missed = 0;            ///< times the first one was not run
  std::uint64_t detached_refused = 0;  ///< no room to remember them
};

/// Belongs to one thread.
class EventSource {
 public:
  using Visitor = std::function<void(const SocketEvent&)>;
  virtual ~EventSource() = default;

  /// CLOCK_BOOTTIME.
  [[nodiscard]] virtual Instant now() const = 0;

  /// Which events come from here on.
  virtual void set_mode(EventMode mode) = 0;

  /// Hands over what has been reported and not drained yet, in the order of the
  /// kernel. An Error: events can no longer be read.
  virtual Result<> drain(const Visitor& visitor) = 0;

  virtual Result<EventTotals> totals() = 0;

  /// Sockets that are CLOSED, in no table of the kernel, and still held by a
  /// process: the events that closed them.
  virtual Result<std::vector<SocketEvent>> detached() = 0;
};

/// Loads and attaches the programs; nothing of them is left when the source
/// goes, however the process ends. The Error says what is missing (BTF,
/// capabilities, kernel support).
[[nodiscard]] Result<std::unique_ptr<EventSource>> open_event_source();

}  // namespace tcpstated
