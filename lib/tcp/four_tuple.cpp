// SPDX-License-Identifier: Apache-2.0
#include "tcp/four_tuple.hpp"

#include <cstring>

namespace tcpstated {
namespace {

/// Folds the 128-bit product: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^
         static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t word(const IpAddress& ip, std::size_t offset) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, ip.bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::string FourTuple::to_string() const {
  return local.to_string() + " -> " + remote.to_string();
}

std::size_t SocketKeyHash::operator()(const SocketKey& key) const noexcept {
  // Odd constants with balanced bits; the seed makes each product secret.
  constexpr std::uint64_t k0 = 0xa0761d6478bd642fU;
  constexpr std::uint64_t k1 = 0xe7037ed1a0b428dbU;
  constexpr std::uint64_t k2 = 0x8ebc6af09c88c6e3U;
  const auto& [local, remote, netns] = key.tuple;
  const std::uint64_t ports = static_cast<std::uint64_t>(local.port) << 48U |
                              static_cast<std::uint64_t>(remote.port) << 32U |
                              netns;
  std::uint64_t hash = mix(seed ^ word(local.ip, 0) ^ k0, seed ^ k1);
  hash = mix(hash ^ word(local.ip, 8) ^ k1, seed ^ word(remote.ip, 0) ^ k2);
  hash = mix(hash ^ word(remote.ip, 8) ^ k2, seed ^ ports ^ k0);
  return mix(hash ^ key.cookie ^ k0, seed ^ k2);
}

}  // namespace tcpstated
