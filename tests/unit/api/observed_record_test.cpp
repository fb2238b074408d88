// SPDX-License-Identifier: Apache-2.0
#include "api/observed_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/strings.hpp"
#include "fakes/wire.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;

/// The only connection after these segments, as `print` prints it.
std::string printed(const std::vector<Wire::Segments>& rounds,
                    std::string (*print)(const ObservedConnection&,
                                         const WallAnchor&)) {
  TcpModel model({.keep_traffic = true}, 7,
                 [](const IpAddress& ip) { return ip == Wire::server().ip; });
  std::vector<EndpointChange> changes;
  for (const Wire::Segments& segments : rounds)
    model.observe(segments, changes);
  std::string text;
  model.visit([&](const ObservedConnection& connection) {
    text += print(connection, {});
  });
  return text;
}

/// A conversation that the server closed.
std::vector<Wire::Segments> served() {
  Wire wire;
  return {wire.open(), wire.data_from_server(1500), wire.close_from_server(),
          wire.close_from_client()};
}

TEST(ObservedJson, HoldsAllThatIsKnown) {
  EXPECT_EQ(
      printed(served(), observed_json),
      R"({"id":"1",)"
      R"("originator":{"address":"10.0.0.7","port":51312,"local":false,)"
      R"("state":"closed","quality":"presumed","isn":1000,"segments":5,)"
      R"("bytes":0,"retransmissions":0},)"
      R"("responder":{"address":"10.0.0.1","port":80,"local":true,)"
      R"("state":"time_wait","quality":"confirmed","isn":500000,)"
      R"("segments":4,"bytes":1500,"retransmissions":0},)"
      R"("first_seen":"1970-01-01T01:00:00.001000000Z",)"
      R"("last_seen":"1970-01-01T01:00:00.009000000Z",)"
      R"("handshake_seconds":0.002,"close_method":"fin",)"
      R"("closed_by":"responder","conn_state":"SF","history":"ShAdfFa"})");
}

TEST(ObservedJson, WhatIsNotKnownIsNull) {
  Wire wire;
  wire.open();  // not seen
  const auto value =
      json::parse(printed({wire.data_from_server(9)}, observed_json));
  EXPECT_TRUE(value.at("originator").at("isn").is_null());
  EXPECT_TRUE(value.at("handshake_seconds").is_null());
  EXPECT_TRUE(value.at("closed_by").is_null());
  EXPECT_EQ(value.at("close_method").as_string(), "open");
}

TEST(ObservedJson, IsOneLineOfStrictJson) {
  const std::string text = printed(served(), observed_json);
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  EXPECT_TRUE(!error && value.is_object()) << text;
  EXPECT_FALSE(text.contains('\n'));
}

std::vector<std::string> members_of(const json::value& value,
                                    const std::string& prefix = "") {
  std::vector<std::string> names;
  for (const auto& [key, member] : value.as_object()) {
    const std::string name = prefix + std::string(std::string_view(key));
    if (!member.is_object()) {
      names.push_back(name);
      continue;
    }
    for (const std::string& inner : members_of(member, name + "_"))
      names.push_back(inner);
  }
  return names;
}

TEST(ObservedCsv, HasTheMembersOfTheJsonAsColumns) {
  const std::string header = observed_csv_header();
  const auto names = split(header, ',');
  const auto members =
      members_of(json::parse(printed(served(), observed_json)));
  EXPECT_TRUE(std::ranges::equal(names, members)) << header;
}

TEST(ObservedCsv, HasACellForEveryName) {
  Wire midway;
  midway.open();
  const std::size_t names = split(observed_csv_header(), ',').size();
  for (const auto& rounds : {served(), {midway.data_from_server(9)}}) {
    const std::string row = printed(rounds, observed_csv);
    EXPECT_EQ(split(row, ',').size(), names) << row;
    EXPECT_EQ(row.find_first_of("\"\r\n"), row.npos) << row;
  }
}

TEST(ObservedCsv, HasTheValuesOfTheJson) {
  EXPECT_EQ(printed(served(), observed_csv),
            "1,10.0.0.7,51312,false,closed,presumed,1000,5,0,0,10.0.0.1,80,"
            "true,time_wait,confirmed,500000,4,1500,0,"
            "1970-01-01T01:00:00.001000000Z,1970-01-01T01:00:00.009000000Z,"
            "0.002,fin,responder,SF,ShAdfFa");
}

TEST(ObservedCsv, WhatIsNotKnownIsEmpty) {
  Wire wire;
  wire.open();
  const std::string row = printed({wire.data_from_server(9)}, observed_csv);
  const auto cells = split(row, ',');
  const std::string header = observed_csv_header();
  const auto names = split(header, ',');
  ASSERT_EQ(cells.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool unknown = names[i].ends_with("isn") ||
                         names[i] == "handshake_seconds" ||
                         names[i] == "closed_by";
    EXPECT_EQ(cells[i].empty(), unknown) << names[i] << ' ' << cells[i];
  }
}

}  // namespace
}  // namespace tcpstated
