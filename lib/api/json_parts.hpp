// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Pieces that several JSON documents are made of. Private to the json_*.cpp
/// files of this room, which include Boost.JSON before it.

#include <string>

#include "engine/host_view.hpp"
#include "engine/listing.hpp"

namespace boost::json {
class object;
class array;
class value;
}  // namespace boost::json

namespace tcpstated {

/// When a document was true: ages in it are as of then.
struct Moment {
  Instant at;
  WallAnchor anchor;
};

/// In one line. Unlike boost::json::serialize() it writes 7380.5 and not
/// 7.3805E3: people read this too.
[[nodiscard]] std::string to_text(const boost::json::value& value);

/// Rounded to microseconds.
[[nodiscard]] double to_seconds(Duration duration);
[[nodiscard]] boost::json::object to_json(const Endpoint& endpoint);
[[nodiscard]] boost::json::object to_json(const StateCounts& counts);
[[nodiscard]] boost::json::object to_json(const Process& process);
[[nodiscard]] boost::json::array to_json(const std::vector<Holder>& holders);
/// What a row of /connections and of /leaks have in common.
[[nodiscard]] boost::json::object to_json(const Connection& connection,
                                          const Moment& moment);
[[nodiscard]] boost::json::object to_json(const Leak& leak,
                                          const Moment& moment);
[[nodiscard]] boost::json::array to_json(const std::vector<LeakGroup>& groups,
                                         const Moment& moment);
/// The state of one end, as packets show it.
[[nodiscard]] boost::json::object to_json(const ObservedEnd& end,
                                          const Moment& moment);
/// Adds "attribution", "holders" and, if any, "in_flight_candidates".
void add_holders(boost::json::object& into, const Holders& holders);

}  // namespace tcpstated
