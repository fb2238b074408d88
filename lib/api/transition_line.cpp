// SPDX-License-Identifier: Apache-2.0
#include "api/transition_line.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/strings.hpp"

namespace tcpstated {

// No value can hold anything that JSON would have to escape.
void append_transition_line(std::string& text, const EndpointChange& change,
                            const WallAnchor& anchor) {
  fmt::format_to(
      std::back_inserter(text),
      R"({{"time":"{}","type":"transition","connection":"{}","endpoint":"{}",)"
      R"("peer":"{}","side":"{}","from":"{}","to":"{}","quality":"{}",)"
      R"("reason":"{}"}})"
      "\n",
      format_rfc3339(anchor.to_wall(change.at), 9), change.connection,
      change.tuple.local.to_string(), change.tuple.remote.to_string(),
      change.local ? "local" : "remote", label(change.from), label(change.to),
      label(change.quality), label(change.reason));
}

}  // namespace tcpstated
