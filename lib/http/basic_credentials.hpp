// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The Authorization header of HTTP's Basic scheme.
///
/// Source: RFC 7617, RFC 4648 4.

#include <optional>
#include <string>
#include <string_view>

namespace tcpstated {

struct BasicCredentials {
  std::string user;
  std::string password;

  bool operator==(const BasicCredentials&) const = default;
};

/// Of "Basic YTpi"; nullopt for another scheme, for anything that is not
/// canonical base64, without a colon, or with control characters (a NUL would
/// end the password early in crypt(3)). Pure.
[[nodiscard]] std::optional<BasicCredentials> parse_basic_credentials(
    std::string_view authorization);

}  // namespace tcpstated
