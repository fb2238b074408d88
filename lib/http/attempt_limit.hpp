// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// How often an address may fail to log in. It is told the time.

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/token_bucket.hpp"

namespace tcpstated {

/// The addresses that one stranger is likely to have: an IPv4 address, the /64
/// of an IPv6 address. Pure.
[[nodiscard]] std::string address_group(std::string_view address);

class AttemptLimit {
 public:
  using Time = TokenBucket::Time;

  /// Remembers the `max_groups` groups that were seen last.
  AttemptLimit(RateLimit limit, std::size_t max_groups)
      : limit_(limit), max_groups_(max_groups) {}

  /// Counts an attempt before its outcome is known, so that many at once are no
  /// way around the limit. nullopt: go on; else how long to wait.
  [[nodiscard]] std::optional<Duration> begin(std::string_view address,
                                              Time now);
  /// The attempt was a success, or could not be made.
  void forgive(std::string_view address);

  [[nodiscard]] std::size_t groups() const { return groups_.size(); }

 private:
  struct Group {
    std::string name;
    TokenBucket bucket;
  };
  using Groups = std::list<Group>;

  RateLimit limit_;
  std::size_t max_groups_;
  Groups groups_;  ///< the one seen last in front
  std::unordered_map<std::string_view, Groups::iterator> by_name_;
};

}  // namespace tcpstated
