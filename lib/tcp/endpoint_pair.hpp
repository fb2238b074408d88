// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What both directions of a connection have in common, and a hash of it that
/// strangers cannot steer. Private to this room.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tcp/endpoint.hpp"

namespace tcpstated {

/// Eight bytes of an address as a number that compares as they do.
[[nodiscard]] inline std::uint64_t address_word(const IpAddress& ip,
                                                std::size_t offset) {
  std::uint64_t word = 0;
  std::memcpy(&word, ip.bytes.data() + offset, sizeof word);
  return std::endian::native == std::endian::little ? __builtin_bswap64(word)
                                                    : word;
}

/// a <= b, as Endpoint compares.
[[nodiscard]] inline bool in_order(const Endpoint& a, const Endpoint& b) {
  for (const std::size_t offset : {0U, 8U}) {
    const std::uint64_t left = address_word(a.ip, offset);
    const std::uint64_t right = address_word(b.ip, offset);
    if (left != right) return left < right;
  }
  return a.port <= b.port;
}

/// a == b, without the call of memcmp() that costs more than all of this.
[[nodiscard]] inline bool same(const Endpoint& a, const Endpoint& b) {
  return ((address_word(a.ip, 0) ^ address_word(b.ip, 0)) |
          (address_word(a.ip, 8) ^ address_word(b.ip, 8)) |
          static_cast<std::uint64_t>(a.port ^ b.port)) == 0;
}

/// Two endpoints in their order: the same for both directions. Refers to those
/// that it was made of.
class EndpointPair {
 public:
  EndpointPair() = default;
  EndpointPair(const Endpoint& from, const Endpoint& to)
      : from_is_first_(in_order(from, to)),
        first_(from_is_first_ ? &from : &to),
        second_(from_is_first_ ? &to : &from) {}

  [[nodiscard]] const Endpoint& first() const { return *first_; }
  [[nodiscard]] const Endpoint& second() const { return *second_; }
  /// Whether the one named first (0) or second is `from`.
  [[nodiscard]] std::size_t index_of_from() const {
    return from_is_first_ ? 0 : 1;
  }
  [[nodiscard]] bool operator==(const std::array<Endpoint, 2>& ends) const {
    return same(*first_, ends[0]) && same(*second_, ends[1]);
  }

 private:
  bool from_is_first_ = true;
  const Endpoint* first_ = nullptr;
  const Endpoint* second_ = nullptr;
};

/// Keyed multiply-mix, in two halves that do not wait for each other. Without
/// the seed nobody can make addresses that collide.
class PairHash {
 public:
  explicit PairHash(std::uint64_t seed) {
    for (std::uint64_t& key : keys_) {
      seed += 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio
      key = fold(seed ^ 0xa0761d6478bd642fU, seed | 1U);
    }
  }

  [[nodiscard]] std::uint64_t operator()(const EndpointPair& pair) const {
    const Endpoint& a = pair.first();
    const Endpoint& b = pair.second();
    const std::uint64_t ports = std::uint64_t{a.port} << 16U | b.port;
    const std::uint64_t first = fold(address_word(a.ip, 0) ^ keys_[0],
                                     address_word(a.ip, 8) ^ keys_[1]);
    const std::uint64_t second = fold(address_word(b.ip, 0) ^ keys_[2],
                                      address_word(b.ip, 8) ^ keys_[3]);
    return fold(first ^ ports ^ keys_[4], second ^ keys_[5]);
  }

 private:
  /// Every bit of both factors reaches every bit.
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^
           static_cast<std::uint64_t>(product >> 64U);
  }

  std::array<std::uint64_t, 6> keys_;
};

}  // namespace tcpstated
