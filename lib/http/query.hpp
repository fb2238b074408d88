// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The query of a URL (application/x-www-form-urlencoded), decoded strictly.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace tcpstated {

struct QueryItem {
  std::string name;
  std::string value;

  bool operator==(const QueryItem&) const = default;
};

/// In the order in which they were given; names may repeat.
using Query = std::vector<QueryItem>;

/// "a=1&b=x%20y". A '+' is a blank, a name without '=' has an empty value,
/// empty pieces are passed over. An Error (bad %XX, invalid UTF-8, control
/// characters, more than 100 items) says where. Pure.
[[nodiscard]] Result<Query> parse_query(std::string_view text);

/// A path with its %XX decoded, under the same rules ('+' stays '+').
[[nodiscard]] Result<std::string> decode_path(std::string_view text);

/// `text` as the value of a query item; parse_query() gives it back.
[[nodiscard]] std::string encode_query_value(std::string_view text);

/// The last value of `name`; nullptr if it was not given.
[[nodiscard]] const std::string* find_value(const Query& query,
                                            std::string_view name);

}  // namespace tcpstated
