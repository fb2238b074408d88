// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The keys of a web configuration as tables, and the rules between them.
/// Private to this room.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/web_config.hpp"

namespace tcpstated {

struct WebField {
  std::string_view path;     ///< "tls_server_config.min_version"
  std::string_view expects;  ///< "TLS12 or TLS13"
  /// Reads the value, or one of its items. false: it is not what is expected.
  bool (*read)(std::string_view text, const YamlEntry& entry, WebConfig& into);
  bool list = false;
  bool secret = false;  ///< never repeated in a message
};

[[nodiscard]] std::span<const WebField> web_fields();

struct WebHeaderRule {
  std::string_view name;
  std::string_view expects;
  bool (*allows)(std::string_view value);
};

/// The response headers that may be set.
[[nodiscard]] std::span<const WebHeaderRule> web_header_rules();

[[nodiscard]] bool is_user_name(std::string_view text);
[[nodiscard]] bool is_password_hash(std::string_view text);

struct WebPlace {
  int line = 1;
  int column = 1;
};

/// Where the keys stand that were given, by path.
using WebPlaces = std::map<std::string_view, WebPlace>;

struct WebConflict {
  int line = 1;
  int column = 1;
  std::string path;
  std::string message;
};

/// What is wrong although every value is right; turns TLS on, and notes what is
/// not done.
[[nodiscard]] std::vector<WebConflict> find_conflicts(WebConfig& config,
                                                      const WebPlaces& places);

}  // namespace tcpstated
