// SPDX-License-Identifier: Apache-2.0
#include "api/observed_record.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "api/json_parts.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;

json::value or_null(const auto& optional, const auto& convert) {
  return optional ? json::value(convert(*optional)) : json::value();
}

/// null where a value is not known.
json::object end_members(const ObservedEnd& end, const EndTraffic& traffic) {
  return {{"address", end.endpoint.ip.to_string()},
          {"port", end.endpoint.port},
          {"local", end.local},
          {"state", label(end.state)},
          {"quality", label(end.quality)},
          {"isn", or_null(traffic.isn, [](Seq isn) { return isn.raw; })},
          {"segments", traffic.segments},
          {"bytes", traffic.bytes},
          {"retransmissions", traffic.retransmissions}};
}

json::object whole_members(const ObservedConnection& connection,
                           const WallAnchor& anchor) {
  const Traffic& traffic = *connection.traffic;
  const auto time = [&](Instant at) {
    return format_rfc3339(anchor.to_wall(at), 9);
  };
  const std::string_view closer = closed_by(traffic);
  return {{"first_seen", time(traffic.first_seen)},
          {"last_seen", time(connection.last_seen)},
          {"handshake_seconds", or_null(traffic.handshake, to_seconds)},
          {"close_method", label(traffic.closed)},
          {"closed_by", closer.empty() ? json::value() : json::value(closer)},
          {"conn_state", conn_state(traffic)},
          {"history", traffic.history}};
}

struct Record {
  std::string id;
  std::array<json::object, 2> ends;  ///< originator, responder
  json::object whole;
};

Record record_of(const ObservedConnection& connection,
                 const WallAnchor& anchor) {
  const Traffic& traffic = *connection.traffic;
  const std::size_t first = traffic.originator;
  return {.id = std::to_string(connection.id),
          .ends = {end_members(connection.ends[first], traffic.ends[first]),
                   end_members(connection.ends[1 - first],
                               traffic.ends[1 - first])},
          .whole = whole_members(connection, anchor)};
}

constexpr std::array<std::string_view, 2> kRoles{"originator", "responder"};

/// Nothing we write holds a comma, a quote or a line end.
std::string to_cell(const json::value& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return std::string(value.get_string());
  return to_text(value);
}

}  // namespace

std::string_view closed_by(const Traffic& traffic) {
  if (traffic.closed != CloseMethod::Fin &&
      traffic.closed != CloseMethod::Reset)
    return "";
  return kRoles[traffic.closed_by == traffic.originator ? 0 : 1];
}

std::string observed_json(const ObservedConnection& connection,
                          const WallAnchor& anchor) {
  const Record record = record_of(connection, anchor);
  json::object object{{"id", record.id}};
  for (std::size_t i = 0; i < 2; ++i) object[kRoles[i]] = record.ends[i];
  object.insert(record.whole.begin(), record.whole.end());
  return to_text(object);
}

std::string observed_csv_header() {
  static const Traffic kNoTraffic;
  const Record names = record_of({.traffic = &kNoTraffic}, {});
  std::string line = "id";
  for (std::size_t i = 0; i < 2; ++i)
    for (const auto& [name, value] : names.ends[i])
      line += fmt::format(",{}_{}", kRoles[i], std::string_view(name));
  for (const auto& [name, value] : names.whole)
    line += fmt::format(",{}", std::string_view(name));
  return line;
}

std::string observed_csv(const ObservedConnection& connection,
                         const WallAnchor& anchor) {
  const Record record = record_of(connection, anchor);
  std::string line = record.id;
  for (const json::object* members :
       {&record.ends[0], &record.ends[1], &record.whole})
    for (const auto& [name, value] : *members) line += ',' + to_cell(value);
  return line;
}

}  // namespace tcpstated
