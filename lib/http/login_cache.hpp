// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Logins that were right, so that bcrypt works once and not at every scrape.
/// Wrong ones are never in it: strangers cannot fill it.

#include <array>
#include <cstddef>
#include <deque>
#include <string_view>

namespace tcpstated {

class LoginCache {
 public:
  explicit LoginCache(std::size_t capacity = 100);

  /// Whether remember() was called with just these three.
  [[nodiscard]] bool knows(std::string_view user, std::string_view hash,
                           std::string_view password);
  /// Forgets the one that was used least recently if there is no room.
  void remember(std::string_view user, std::string_view hash,
                std::string_view password);

 private:
  using Key = std::array<unsigned char, 32>;

  /// Injective before it is hashed: ("a", "bc") is not ("ab", "c"), which was
  /// CVE-2022-46146 elsewhere. Keyed with a secret of this process, so that no
  /// collision can be prepared.
  [[nodiscard]] Key key_of(std::string_view user, std::string_view hash,
                           std::string_view password) const;

  std::size_t capacity_;
  Key secret_{};
  std::deque<Key> known_;  ///< the one used last in front
};

}  // namespace tcpstated
