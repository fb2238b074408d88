// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The interfaces and addresses of this network namespace by rtnetlink, and
/// word of their changes. Belongs to one thread.

#include <memory>
#include <vector>

#include "base/error.hpp"
#include "capture/host_network.hpp"

namespace tcpstated {

class LinkWatch {
 public:
  [[nodiscard]] static Result<LinkWatch> open();
  LinkWatch(LinkWatch&&) noexcept;
  LinkWatch& operator=(LinkWatch&&) noexcept;
  ~LinkWatch();

  /// Readable when something may have changed.
  [[nodiscard]] int descriptor() const;

  /// False: nothing changed. The first call finds everything.
  Result<bool> refresh();
  [[nodiscard]] const std::vector<NetworkInterface>& interfaces() const;
  /// As single addresses, but 127.0.0.0/8 whole.
  [[nodiscard]] const std::vector<IpPrefix>& addresses() const;

 private:
  struct Impl;
  explicit LinkWatch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
