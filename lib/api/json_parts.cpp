// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "api/json_parts.hpp"
#include "api/wording.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace json = boost::json;

namespace {

void append(std::string& text, const json::value& value);

void append_number(std::string& text, double value) {
  if (!std::isfinite(value)) {
    text += "null";  // JSON has no word for it
    return;
  }
  std::array<char, 1100> digits;  // the smallest double has 1074 decimals
  const auto end = std::to_chars(digits.begin(), digits.end(), value,
                                 std::chars_format::fixed);
  text.append(digits.begin(), end.ptr);
}

void append(std::string& text, const json::object& object) {
  text += '{';
  for (const auto& [key, value] : object) {
    if (text.back() != '{') text += ',';
    text += '"' + std::string(key) + "\":";  // our own words: nothing to escape
    append(text, value);
  }
  text += '}';
}

void append(std::string& text, const json::array& array) {
  text += '[';
  for (const json::value& value : array) {
    if (text.back() != '[') text += ',';
    append(text, value);
  }
  text += ']';
}

void append(std::string& text, const json::value& value) {
  if (const auto* object = value.if_object()) return append(text, *object);
  if (const auto* array = value.if_array()) return append(text, *array);
  if (const auto* number = value.if_double())
    return append_number(text, *number);
  text += json::serialize(value);
}

}  // namespace

std::string to_text(const json::value& value) {
  std::string text;
  append(text, value);
  return text;
}

double to_seconds(Duration duration) {
  const auto rounded = std::chrono::round<std::chrono::microseconds>(duration);
  return static_cast<double>(rounded.count()) / 1e6;
}

json::object to_json(const Endpoint& endpoint) {
  return {{"address", endpoint.ip.to_string()}, {"port", endpoint.port}};
}

json::object to_json(const StateCounts& counts) {
  json::object object;
  for (const TcpStateInfo& row : kTcpStates)
    object[row.label] = counts[row.state];
  return object;
}

json::object to_json(const Process& process) {
  json::object object{
      {"pid", process.id.pid}, {"process", process.command},
      {"unit", process.unit},  {"cgroup", process.cgroup},
      {"uid", process.uid},    {"start_time_ticks", process.id.start_time}};
  if (process.open_fds) object["open_fds"] = *process.open_fds;
  if (process.max_fds) object["max_fds"] = *process.max_fds;
  return object;
}

json::array to_json(const std::vector<Holder>& holders) {
  json::array array;
  for (const Holder& holder : holders) {
    json::object object = to_json(*holder.process);
    object["fd"] = holder.fd;
    object["kind"] = label(holder.kind);
    array.push_back(std::move(object));
  }
  return array;
}

json::object to_json(const Connection& connection, const Moment& moment) {
  const SocketFacts& socket = connection.socket;
  const SinceBounds& since = connection.since;
  json::object object{
      {"id", std::to_string(connection.id)},
      {"protocol", label(socket.protocol)},
      {"state", label(connection.state)},
      {"quality", label(connection.quality)},
      {"local", to_json(connection.tuple.local)},
      {"remote", to_json(connection.tuple.remote)},
      {"age_seconds", to_seconds(since.age(moment.at))},
      {"age_quality", since.exact ? "exact" : "at_least"},
      {"since", format_rfc3339(moment.anchor.to_wall(since.latest))}};
  if (!since.exact && since.earliest != Instant::min())
    object["age_max_seconds"] = to_seconds(moment.at - since.earliest);
  if (connection.tuple.netns != 0)
    object["network_namespace"] = std::to_string(connection.tuple.netns);
  if (connection.quality != Quality::Kernel) return object;
  object["receive_queue"] = socket.receive_queue;
  object["send_queue"] = socket.send_queue;
  object["inode"] = std::to_string(socket.inode);
  object["uid"] = socket.uid;
  object["cgroup_id"] = std::to_string(socket.cgroup_id);
  if (socket.times) {
    object["data_sent_seconds_ago"] = to_seconds(socket.times->since_data_sent);
    object["data_received_seconds_ago"] =
        to_seconds(socket.times->since_data_received);
    object["ack_received_seconds_ago"] =
        to_seconds(socket.times->since_ack_received);
    object["bytes_sent"] = socket.times->bytes_sent;
    object["bytes_received"] = socket.times->bytes_received;
  }
  return object;
}

json::object to_json(const ObservedEnd& end, const Moment& moment) {
  return {{"state", label(end.state)},
          {"quality", label(end.quality)},
          {"since", format_rfc3339(moment.anchor.to_wall(end.since))}};
}

void add_holders(json::object& into, const Holders& holders) {
  into["attribution"] = label(holders.attribution);
  into["holders"] = to_json(holders.holders);
  if (holders.candidates.empty()) return;
  json::array candidates;
  for (const InFlightCandidate& candidate : holders.candidates) {
    json::object object = to_json(*candidate.process);
    object["fd"] = candidate.fd;
    object["descriptors"] = candidate.descriptors;
    candidates.push_back(std::move(object));
  }
  into["in_flight_candidates"] = std::move(candidates);
}

json::object to_json(const Leak& leak, const Moment& moment) {
  json::object object = to_json(leak.connection, moment);
  object["cause"] = label(leak.cause);
  object["explanation"] = info(leak.cause).meaning;
  object["advice"] = info(leak.cause).advice;
  object["listener"] =
      leak.listener ? json::value(to_json(*leak.listener)) : json::value();
  if (leak.peer) object["peer"] = to_json(*leak.peer, moment);
  add_holders(object, *leak.holders);
  return object;
}

json::array to_json(const std::vector<LeakGroup>& groups,
                    const Moment& moment) {
  json::array array;
  for (const LeakGroup& group : groups) {
    json::object object;
    if (group.process)
      object = to_json(*group.process);
    else
      object = {{"pid", nullptr}, {"process", nullptr}, {"unit", nullptr}};
    object["other_processes"] = group.other_processes;
    object["cause"] = label(group.cause);
    object["sockets"] = group.sockets;
    const SinceBounds& since = group.oldest.connection.since;
    object["oldest_age_seconds"] = to_seconds(since.age(moment.at));
    object["oldest_age_quality"] = since.exact ? "exact" : "at_least";
    object["oldest_id"] = std::to_string(group.oldest.connection.id);
    object["attribution"] = label(group.oldest.holders->attribution);
    object["example"] = example_text(group.oldest);
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace tcpstated
