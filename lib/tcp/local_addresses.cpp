// SPDX-License-Identifier: Apache-2.0
#include "tcp/local_addresses.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tcpstated {

LocalAddresses::LocalAddresses(std::vector<IpPrefix> prefixes)
    : prefixes_(std::move(prefixes)) {
  std::ranges::sort(prefixes_, {}, [](const IpPrefix& prefix) {
    return std::tuple(prefix.ip, prefix.bits);
  });
  const auto repeated = std::ranges::unique(prefixes_);
  prefixes_.erase(repeated.begin(), repeated.end());
  for (const IpPrefix& prefix : prefixes_) {
    if (prefix.bits == 128)
      addresses_.push_back(prefix.ip);
    else
      ranges_.push_back(prefix);
  }
}

bool LocalAddresses::contains(const IpAddress& address) const {
  return std::ranges::binary_search(addresses_, address) ||
         std::ranges::any_of(ranges_, [&](const IpPrefix& range) {
           return range.contains(address);
         });
}

}  // namespace tcpstated
