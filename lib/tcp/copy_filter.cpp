// SPDX-License-Identifier: Apache-2.0
#include "tcp/copy_filter.hpp"

namespace tcpstated {
namespace {

constexpr std::uint64_t pair(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32U | low;
}

constexpr std::uint32_t pair(std::uint16_t high, std::uint16_t low) {
  return std::uint32_t{high} << 16U | low;
}

constexpr std::uint32_t bits(TcpFlags flags) {
  return (flags.syn ? 1U : 0U) | (flags.ack ? 2U : 0U) | (flags.fin ? 4U : 0U) |
         (flags.rst ? 8U : 0U);
}

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15U;  // 2^64 / golden ratio
  return hash ^ hash >> 32U;
}

}  // namespace

std::uint64_t CopyFilter::fingerprint(const Segment& segment,
                                      std::uint64_t path) {
  const std::uint64_t numbers = pair(segment.seq.raw, segment.ack.raw);
  const std::uint64_t shape =
      pair(segment.payload, pair(segment.window, segment.ip_id));
  const std::uint64_t options =
      pair(segment.options.timestamp, segment.options.sack_edge.raw);
  return mix(mix(mix(path, numbers), shape) + bits(segment.flags), options);
}

}  // namespace tcpstated
