// SPDX-License-Identifier: Apache-2.0
#include "http/attempt_limit.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace tcpstated {

std::string address_group(std::string_view address) {
  std::array<unsigned char, 16> bytes{};
  std::string text(address);
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  std::array<char, INET6_ADDRSTRLEN> shown{};
  ::inet_ntop(AF_INET6, bytes.data(), shown.data(), shown.size());
  return std::string(shown.data()) + "/64";
}

std::optional<Duration> AttemptLimit::begin(std::string_view address,
                                            Time now) {
  std::string name = address_group(address);
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    groups_.splice(groups_.begin(), groups_, known->second);
    return groups_.front().bucket.take(now);
  }
  if (groups_.size() == max_groups_) {
    by_name_.erase(groups_.back().name);
    groups_.pop_back();
  }
  groups_.push_front({std::move(name), TokenBucket(limit_)});
  by_name_.emplace(groups_.front().name, groups_.begin());
  return groups_.front().bucket.take(now);
}

void AttemptLimit::forgive(std::string_view address) {
  const auto known = by_name_.find(address_group(address));
  if (known != by_name_.end()) known->second->bucket.give_back();
}

}  // namespace tcpstated
