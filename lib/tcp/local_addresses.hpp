// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which addresses are ours: the end of a connection that has one of them is
/// one we sit beside, and what is captured on its way there, arrives.

#include <vector>

#include "tcp/endpoint.hpp"

namespace tcpstated {

/// A set of addresses and prefixes, immutable once it is shared.
class LocalAddresses {
 public:
  LocalAddresses() = default;
  explicit LocalAddresses(std::vector<IpPrefix> prefixes);

  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] const std::vector<IpPrefix>& prefixes() const {
    return prefixes_;
  }

  bool operator==(const LocalAddresses&) const = default;

 private:
  std::vector<IpPrefix> prefixes_;    ///< all, sorted
  std::vector<IpAddress> addresses_;  ///< those of all bits, sorted
  std::vector<IpPrefix> ranges_;      ///< the others
};

}  // namespace tcpstated
