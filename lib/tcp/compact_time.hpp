// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Times in few bytes, for tables with a million rows. Private to this room.

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "base/time.hpp"

namespace tcpstated {

/// An Instant, to the nanosecond, that needs no alignment of eight bytes.
class CompactInstant {
 public:
  constexpr CompactInstant() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): it is an Instant
  constexpr CompactInstant(Instant at)
      : halves_(std::bit_cast<Halves>(at.time_since_epoch().count())) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr operator Instant() const {
    return Instant(Duration(std::bit_cast<Duration::rep>(halves_)));
  }

 private:
  using Halves = std::array<std::uint32_t, 2>;
  Halves halves_{};
};

/// An instant in the past, in whole microseconds, for what matters for a few
/// minutes only: 71 minutes later it looks younger than it is, but never lies
/// in the future.
class Stamp {
 public:
  constexpr Stamp() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr Stamp(Instant at)
      : micros_(static_cast<std::uint32_t>(whole_micros(at))) {}

  /// As it is seen from `later`.
  [[nodiscard]] constexpr Instant seen_from(Instant later) const {
    const std::int64_t micros = whole_micros(later);
    const std::uint32_t ago = static_cast<std::uint32_t>(micros) - micros_;
    return Instant(std::chrono::microseconds(micros - ago));
  }

 private:
  static constexpr std::int64_t whole_micros(Instant at) {
    return std::chrono::floor<std::chrono::microseconds>(at.time_since_epoch())
        .count();
  }
  std::uint32_t micros_ = 0;
};

/// A duration in whole microseconds, at most 71 minutes.
class Pause {
 public:
  constexpr Pause() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr Pause(Duration length) {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    const std::int64_t micros = length / std::chrono::microseconds(1);
    micros_ = static_cast<std::uint32_t>(micros < 0      ? 0
                                         : micros > most ? most
                                                         : micros);
  }
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr operator Duration() const {
    return std::chrono::microseconds(micros_);
  }

 private:
  std::uint32_t micros_ = 0;
};

}  // namespace tcpstated
