// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Private to this room. How headers are read: a slice knows what was captured
/// of a packet and how long the packet was, which a snap length makes two
/// different things. Offsets inside a header are checked by the compiler.

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tcpstated {

/// A header of N bytes, or none if it was not captured whole. One pointer, so
/// that it stays in a register: std::optional<std::span> goes through memory.
template <std::size_t N>
class Header {
 public:
  Header() = default;
  explicit Header(std::span<const std::byte, N> bytes) : at_(bytes.data()) {}

  [[nodiscard]] explicit operator bool() const { return at_ != nullptr; }

  /// The integer in network byte order at offset `At`.
  template <std::unsigned_integral T, std::size_t At>
    requires(At + sizeof(T) <= N)
  [[nodiscard]] T get() const {
    T value;
    std::memcpy(&value, at_ + At, sizeof value);
    if constexpr (std::endian::native == std::endian::little)
      value = std::byteswap(value);
    return value;
  }
  template <std::size_t At, std::size_t Count>
    requires(At + Count <= N)
  [[nodiscard]] std::span<const std::byte, Count> bytes() const {
    return std::span<const std::byte, Count>(at_ + At, Count);
  }
  template <std::size_t Count>
    requires(Count <= N)
  [[nodiscard]] Header<Count> first() const {
    return Header<Count>(bytes<0, Count>());
  }

 private:
  const std::byte* at_ = nullptr;
};

/// What is left of a packet.
class Slice {
 public:
  /// No packet is shorter than what was captured of it.
  explicit Slice(std::span<const std::byte> captured, std::size_t length = 0)
      : captured_(captured),
        missing_(std::max(length, captured.size()) - captured.size()) {}

  [[nodiscard]] std::span<const std::byte> captured() const {
    return captured_;
  }
  /// What it measured on the wire.
  [[nodiscard]] std::size_t length() const {
    return captured_.size() + missing_;
  }
  /// The capture does not hold all of it.
  [[nodiscard]] bool cut() const { return missing_ != 0; }

  template <std::size_t N>
  [[nodiscard]] Header<N> peek() const {
    if (captured_.size() < N) return {};
    return Header<N>(captured_.template first<N>());
  }
  /// The same, and moves on behind it.
  template <std::size_t N>
  [[nodiscard]] Header<N> take() {
    const auto header = peek<N>();
    if (header) captured_ = captured_.subspan(N);
    return header;
  }
  /// Moves on by `count` bytes; false if they were not captured.
  [[nodiscard]] bool skip(std::size_t count) {
    if (captured_.size() < count) return false;
    captured_ = captured_.subspan(count);
    return true;
  }

  /// A header inside says how long the packet is: more is padding. False if it
  /// cannot be so long, because all of it was captured and it is shorter.
  [[nodiscard]] bool claim_length(std::size_t claimed) {
    if (claimed > length() && !cut()) return false;
    captured_ = captured_.first(std::min(claimed, captured_.size()));
    missing_ = claimed - captured_.size();
    return true;
  }

 private:
  std::span<const std::byte> captured_;
  std::size_t missing_;
};

}  // namespace tcpstated
