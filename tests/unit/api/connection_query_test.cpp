// SPDX-License-Identifier: Apache-2.0
#include "api/connection_query.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

HttpRequest request(std::string_view query) {
  HttpRequest made;
  made.path = "/connections";
  made.query = *parse_query(query);
  return made;
}

ListingQuery parse(std::string_view query) {
  const auto parsed = parse_listing_query(request(query));
  EXPECT_TRUE(parsed) << query;
  return parsed ? *parsed : ListingQuery{};
}

/// "parameter: detail" of every problem.
std::string problems(std::string_view query) {
  const auto parsed = parse_listing_query(request(query));
  if (parsed) return "";
  EXPECT_EQ(parsed.error().status, 400U);
  std::string text;
  for (const ParameterProblem& problem : parsed.error().errors)
    text += problem.parameter + ": " + problem.detail + "\n";
  return text;
}

TEST(ListingQueryText, WithoutParametersEverythingIsAsked) {
  const ListingQuery query = parse("");
  EXPECT_EQ(query.filter.states, StateSet::all());
  EXPECT_TRUE(query.causes.empty());
  EXPECT_FALSE(query.names_processes());
  EXPECT_EQ(query.limit, kDefaultLimit);
  EXPECT_EQ(query.after, 0U);
}

TEST(ListingQueryText, StatesAreTakenInEverySpelling) {
  for (const std::string_view text :
       {"close_wait", "CLOSE-WAIT", "Close_Wait", "close-wait"})
    EXPECT_EQ(parse("state=" + std::string(text)).filter.states,
              StateSet{TcpState::CloseWait})
        << text;
  EXPECT_EQ(parse("state=ESTAB&state=fin_wait1&state=syn_recv").filter.states,
            (StateSet{TcpState::Established, TcpState::FinWait1,
                      TcpState::SynReceived}));
}

TEST(ListingQueryText, NamingEveryStateAndOneOfThemAgainIsEveryState) {
  std::string query;
  for (const TcpStateInfo& row : kTcpStates)
    query += "state=" + std::string(row.label) + "&";
  EXPECT_EQ(parse(query + "state=listen").filter.states, StateSet::all());
}

TEST(ListingQueryText, CausesAreTaken) {
  EXPECT_EQ(parse("cause=not_closed&cause=half_close").causes,
            (std::vector{LeakCause::NotClosed, LeakCause::HalfClose}));
}

TEST(ListingQueryText, HoldersAreTaken) {
  const ListingQuery query =
      parse("process=java&process=nginx&pid=2211&unit=app.service");
  EXPECT_EQ(query.processes, (std::vector<std::string>{"java", "nginx"}));
  EXPECT_EQ(query.pids, std::vector<std::int32_t>{2211});
  EXPECT_EQ(query.units, std::vector<std::string>{"app.service"});
}

TEST(ListingQueryText, AddressesAndPortsAreTaken) {
  const ConnectionFilter filter =
      parse(
          "local=10.0.0.0/8&remote=2001:db8::/32&remote=192.0.2.1"
          "&local_port=443&local_port=0&remote_port=65535")
          .filter;
  EXPECT_EQ(filter.local.at(0).to_string(), "10.0.0.0/8");
  EXPECT_EQ(filter.remote.size(), 2U);
  EXPECT_EQ(filter.local_ports, (std::vector<std::uint16_t>{443, 0}));
  EXPECT_EQ(filter.remote_ports, (std::vector<std::uint16_t>{65535}));
}

TEST(ListingQueryText, TheRestIsTaken) {
  const ListingQuery query =
      parse("protocol=mptcp&min_age=1h30m&limit=10000&after=9007199254740993");
  EXPECT_EQ(query.filter.protocol, Protocol::Mptcp);
  EXPECT_EQ(query.filter.min_age, 90min);
  EXPECT_EQ(query.limit, 10'000U);
  EXPECT_EQ(query.after, 9007199254740993U);
}

TEST(ListingQueryText, EveryExampleOfTheHelpIsTaken) {
  for (const ListingParameter& parameter : listing_parameters())
    EXPECT_EQ(problems(std::string(parameter.name) + "=" +
                       encode_query_value(parameter.example)),
              "");
}

TEST(ListingQueryText, EveryParameterRefusesWhatDoesNotFit) {
  for (const ListingParameter& parameter : listing_parameters())
    EXPECT_EQ(problems(std::string(parameter.name) + "="),
              std::string(parameter.name) + ": '' is not " +
                  std::string(parameter.expects) + "\n");
}

TEST(ListingQueryText, NumbersAreStrict) {
  for (const std::string_view query :
       {"local_port=65536", "local_port=-1", "local_port=80x", "pid=x",
        "pid=2147483648", "limit=0", "limit=10001", "limit=1e3", "after=-1",
        "after=18446744073709551616", "min_age=5", "min_age=-1s",
        "local=10.0.0.0/33", "remote=10.0.0", "protocol=TCP", "cause=leak",
        "state=closing_time"})
    EXPECT_NE(problems(query), "") << query;
}

TEST(ListingQueryText, AnUnknownParameterIsAProblemWithAGuess) {
  EXPECT_EQ(problems("sate=listen"),
            "sate: There is no such parameter here. Did you mean 'state'?\n");
  EXPECT_EQ(problems("colour=blue"),
            "colour: There is no such parameter here.\n");
}

TEST(ListingQueryText, EveryProblemIsToldInOrder) {
  EXPECT_EQ(problems("state=x&limit=5&sate=1&pid=y"),
            "state: 'x' is not a state such as close_wait, CLOSE-WAIT\n"
            "sate: There is no such parameter here. Did you mean 'state'?\n"
            "pid: 'y' is not a process id\n");
}

/// "of one that is repeated, any value may": these would mean only the last.
TEST(ListingQueryText, WhatMakesNoSenseTwiceIsRefusedTwice) {
  for (const std::string_view query :
       {"protocol=tcp&protocol=mptcp", "min_age=1s&min_age=2s",
        "limit=1&limit=2", "after=1&after=2"})
    EXPECT_TRUE(problems(query).ends_with(": It can be given once only.\n"))
        << query;
}

TEST(ListingQueryText, FormatIsNoQuestion) {
  EXPECT_EQ(problems("format=json"), "");
}

TEST(ParseLimit, HasADefault) {
  EXPECT_EQ(parse_limit(request(""), 7), 7U);
  EXPECT_EQ(parse_limit(request("format=text&limit=9"), 7), 9U);
}

TEST(ParseLimit, KnowsNoOtherParameter) {
  EXPECT_FALSE(parse_limit(request("limit=0"), 7));
  EXPECT_FALSE(parse_limit(request("state=listen"), 7));
}

TEST(ExpectNoParameters, TakesFormatOnly) {
  EXPECT_TRUE(expect_no_parameters(request("")));
  EXPECT_TRUE(expect_no_parameters(request("format=json")));
  EXPECT_FALSE(expect_no_parameters(request("limit=1")));
}

TEST(NextPage, KeepsEveryParameterButThePlace) {
  EXPECT_EQ(
      next_page_target(
          request("state=close_wait&after=5&process=a%20b%26&limit=2"), 400),
      "/connections?state=close_wait&process=a%20b%26&limit=2&after=400");
  EXPECT_EQ(next_page_target(request(""), 1), "/connections?after=1");
}

TEST(NextPage, IsReadBackAsTheSameQuestion) {
  const auto first = request("process=%25%2B%3D%C3%BC&remote=%3A%3A1%2F128");
  const std::string target = next_page_target(first, 7);
  const auto again = parse_query(target.substr(target.find('?') + 1));
  ASSERT_TRUE(again);
  Query expected = first.query;
  expected.push_back({"after", "7"});
  EXPECT_EQ(*again, expected);
}

TEST(ListingParameters, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const ListingParameter& parameter : listing_parameters())
    EXPECT_TRUE(names.insert(parameter.name).second) << parameter.name;
}

}  // namespace
}  // namespace tcpstated
