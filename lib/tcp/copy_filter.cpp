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

bool CopyFilter::is_copy(const Segment& segment) {
  std::uint64_t print = hash_({.tuple = {segment.from, segment.to},
                               .cookie = pair(segment.seq.raw,  //
                                              segment.ack.raw)});
  print = mix(print, pair(segment.payload, pair(segment.window,  //
                                                segment.ip_id)));
  print = mix(print,
              pair(segment.options.timestamp, segment.options.sack_edge.raw));
  print = mix(print, bits(segment.flags));
  Passed& place = recent_[print % recent_.size()];
  const bool copy =
      place.fingerprint == print && segment.at - place.at < window_;
  if (!copy) place = {print, segment.at};
  return copy;
}

}  // namespace tcpstated
