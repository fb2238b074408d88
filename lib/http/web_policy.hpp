// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What --web.config.file says of the server, loaded and ready.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/tls_context.hpp"
#include "http/token_bucket.hpp"

namespace tcpstated {

/// A field that every response gets.
struct WebHeader {
  std::string name;
  std::string value;

  bool operator==(const WebHeader&) const = default;
};

/// The bcrypt hash of each user's password.
using WebUsers = std::map<std::string, std::string, std::less<>>;

struct WebPolicy {
  /// Over TCP; null: plain HTTP. Unix sockets are always plain.
  std::shared_ptr<const TlsContext> tls;
  WebUsers users;  ///< empty: nobody logs in
  RateLimit rate_limit;
  std::vector<WebHeader> headers;
};

}  // namespace tcpstated
