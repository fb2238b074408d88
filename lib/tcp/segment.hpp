// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One TCP segment as it was seen on a wire: what the state model needs of it
/// and nothing else.

#include <cstdint>

#include "base/time.hpp"
#include "tcp/endpoint.hpp"

namespace tcpstated {

/// Sequence numbers compare modulo 2^32 (RFC 9293 3.4); a plain < on the raw
/// number is a bug, so the raw number has none.
struct Seq {
  std::uint32_t raw = 0;

  [[nodiscard]] constexpr bool before(Seq other) const {
    return static_cast<std::int32_t>(raw - other.raw) < 0;
  }
  [[nodiscard]] constexpr bool after(Seq other) const {
    return other.before(*this);
  }
  /// How far `other` is behind; negative if it is ahead.
  [[nodiscard]] constexpr std::int32_t operator-(Seq other) const {
    return static_cast<std::int32_t>(raw - other.raw);
  }
  [[nodiscard]] constexpr Seq operator+(std::uint32_t n) const {
    return {raw + n};
  }
  constexpr bool operator==(const Seq&) const = default;
};

[[nodiscard]] constexpr Seq latest(Seq a, Seq b) { return a.before(b) ? b : a; }

struct TcpFlags {
  bool syn : 1 = false;
  bool ack : 1 = false;
  bool fin : 1 = false;
  bool rst : 1 = false;

  bool operator==(const TcpFlags&) const = default;
};

/// The options that say something about states.
struct SegmentOptions {
  bool has_timestamp : 1 = false;
  bool has_window_scale : 1 = false;
  bool has_sack : 1 = false;
  bool sack_permitted : 1 = false;
  bool fast_open : 1 = false;  ///< RFC 7413: option 34, or 254 with its magic
  bool mptcp : 1 = false;      ///< RFC 8684: option 30
  std::uint8_t window_scale = 0;  ///< as sent, at most 14 counts (RFC 7323)
  std::uint32_t timestamp = 0;    ///< TSval
  Seq sack_edge;                  ///< right edge of the first SACK block

  bool operator==(const SegmentOptions&) const = default;
};

/// What the packets tell about one segment. IPv4 and IPv6 alike.
struct Segment {
  Endpoint from;
  Endpoint to;
  Instant at;
  Seq seq;
  Seq ack;  ///< meaningful if flags.ack
  /// Bytes of data; 32 bits wide because of GRO, TSO and BIG TCP.
  std::uint32_t payload = 0;
  std::uint16_t window = 0;  ///< unscaled
  std::uint16_t ip_id = 0;   ///< IPv4 identification, tells copies apart
  TcpFlags flags;
  /// false: a first fragment; `payload` is what it holds, more follows.
  bool length_known = true;
  SegmentOptions options;

  /// The sequence number after everything the segment occupies.
  [[nodiscard]] constexpr Seq end() const {
    return seq + payload + (flags.syn ? 1U : 0U) + (flags.fin ? 1U : 0U);
  }
  /// Where its data begins: after the SYN, if it has one.
  [[nodiscard]] constexpr Seq data_begin() const {
    return seq + (flags.syn ? 1U : 0U);
  }
};

/// A hard error that a router or host sent about a segment of ours (ICMP
/// destination unreachable, ICMPv6 type 1), RFC 9293 3.9.2.2.
struct HardError {
  Endpoint from;  ///< of the quoted segment
  Endpoint to;
  Seq seq;  ///< of the quoted segment
  Instant at;
};

}  // namespace tcpstated
