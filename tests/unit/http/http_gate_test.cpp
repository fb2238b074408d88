// SPDX-License-Identifier: Apache-2.0
#include "http/http_gate.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>

#include "http/password_hash.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

// With the least cost; of "sesame" and "secret".
const std::string kSesame =
    "$2b$04$vHqv7qdodmHuYR7aiOqm2OhIi/H8YZVUORxd4ZsZNdH2JYfzMP/mG";
const std::string kSecret =
    "$2b$04$60R8j85Gyr/18opLxM9MTeLGQZRIxDaz/ywgsBaLtdY4KvqcNl7xi";

const std::string kAlice = "Basic YWxpY2U6c2VzYW1l";             // alice:sesame
const std::string kAliceWrong = "Basic YWxpY2U6c2VjcmV0";        // alice:secret
const std::string kAliceEmpty = "Basic YWxpY2U6";                // alice:
const std::string kMalloryRight = "Basic bWFsbG9yeTpzZXNhbWU=";  // alice's
const std::string kMallorySecret = "Basic bWFsbG9yeTpzZWNyZXQ=";  // bob's

/// A gate before two routes, and a clock that the test sets.
struct HttpGateTest : testing::Test {
  boost::asio::io_context io;
  int handled = 0;
  std::optional<HttpRequest> seen;
  HttpGate gate{
      io,
      Router(
          {{HttpMethod::Get, "/page", "", RouteAccess::Detail, handler()},
           {HttpMethod::Get, "/-/ready", "", RouteAccess::Health, handler()}},
          DetailAccess::Local)};
  HttpGate::Time now{1h};

  std::function<void(const HttpRequest&, std::string_view, HttpRespond)>
  handler() {
    return [this](const HttpRequest& request, std::string_view,
                  HttpRespond respond) {
      ++handled;
      seen = request;
      respond(ok(kTextType, "seen"));
    };
  }
  void use_users() {
    gate.set_policy({.users = {{"alice", kSesame}, {"bob", kSecret}}});
  }

  static HttpRequest request(std::string authorization,
                             std::string address = "10.0.0.7") {
    HttpRequest made;
    made.method_name = "GET";
    made.path = "/page";
    made.host = "web1";
    made.authorization = std::move(authorization);
    made.peer.address = std::move(address);
    return made;
  }
  /// Starts it; the answer is there once the io_context has run.
  std::shared_ptr<std::optional<HttpResponse>> begin(const HttpRequest& what) {
    auto answer = std::make_shared<std::optional<HttpResponse>>();
    // As a session does, an answer to come counts as work.
    gate.answer(
        what,
        [answer, work = boost::asio::make_work_guard(io)](
            HttpResponse response) mutable {
          *answer = std::move(response);
          work.reset();
        },
        now);
    return answer;
  }
  HttpResponse ask(const HttpRequest& what) {
    const auto answer = begin(what);
    io.restart();
    io.run();
    EXPECT_TRUE(*answer) << "not answered";
    return answer->value_or(HttpResponse{.status = 0});
  }
  static std::string field(const HttpResponse& response,
                           std::string_view name) {
    for (const HttpHeader& header : response.headers)
      if (header.name == name) return header.value;
    return "";
  }
};

TEST_F(HttpGateTest, WithoutUsersNobodyLogsIn) {
  EXPECT_EQ(ask(request("")).status, 403U) << "the router's word";
  HttpRequest local = request("");
  local.peer.unix_socket = true;
  EXPECT_EQ(ask(local).status, 200U);
}

TEST_F(HttpGateTest, TheRightPasswordIsAdmittedFromAnywhere) {
  use_users();
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->authenticated);
  EXPECT_EQ(seen->authorization, "") << "handlers see no password";
}

TEST_F(HttpGateTest, EveryWrongKindIsRefusedAlike) {
  use_users();
  std::map<std::string, int> answers;
  for (const std::string& wrong :
       {std::string(), kAliceWrong, kAliceEmpty, kMalloryRight, kMallorySecret,
        std::string("Basic Og=="), std::string("Bearer x"),
        std::string("Basic YWxpY2U6c2VzYW1lAA==") /* alice:sesame NUL */}) {
    const HttpResponse answer = ask(request(wrong));
    EXPECT_EQ(answer.status, 401U) << wrong;
    EXPECT_EQ(field(answer, "WWW-Authenticate"),
              R"(Basic realm="tcpstated", charset="UTF-8")");
    ++answers[*answer.body];
  }
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_EQ(handled, 0);
}

TEST_F(HttpGateTest, AWrongPasswordStaysWrongAfterARightOne) {
  use_users();
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
  EXPECT_EQ(ask(request(kAliceWrong)).status, 401U);
  EXPECT_EQ(ask(request(kMalloryRight)).status, 401U);
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
}

TEST_F(HttpGateTest, TheSecondLoginWaitsForNoComparison) {
  use_users();
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
  EXPECT_TRUE(*begin(request(kAlice))) << "answered at once";
  EXPECT_FALSE(*begin(request(kAliceWrong)));
  io.restart();
  io.run();
}

TEST_F(HttpGateTest, AUserWhoIsGoneIsRefusedAtOnce) {
  use_users();
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
  gate.set_policy({.users = {{"bob", kSecret}}});
  EXPECT_EQ(ask(request(kAlice)).status, 401U);
}

TEST_F(HttpGateTest, AUserWhoGoesDuringTheComparisonIsRefused) {
  use_users();
  const auto answer = begin(request(kAlice));
  gate.set_policy({.users = {{"bob", kSecret}}});
  io.run();
  ASSERT_TRUE(*answer);
  EXPECT_EQ((*answer)->status, 401U);
}

TEST_F(HttpGateTest, AChangedPasswordCountsAtOnce) {
  use_users();
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
  gate.set_policy({.users = {{"alice", kSecret}}});
  EXPECT_EQ(ask(request(kAlice)).status, 401U);
  EXPECT_EQ(ask(request(kAliceWrong)).status, 200U) << "it is right now";
}

TEST_F(HttpGateTest, AVerifiedCertificateAloneIsNoPassword) {
  use_users();
  HttpRequest with_certificate = request("");
  with_certificate.authenticated = true;
  EXPECT_EQ(ask(with_certificate).status, 401U);
}

TEST_F(HttpGateTest, HealthNeedsNoLoginAndHasNoLimit) {
  gate.set_policy({.users = {{"alice", kSesame}},
                   .rate_limit = {.interval = 1h, .burst = 1}});
  HttpRequest probe = request("");
  probe.path = "/-/ready";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(probe).status, 200U);
}

TEST_F(HttpGateTest, GuessingIsStoppedWithinFiftyFailures) {
  use_users();
  int failures = 0;
  HttpResponse answer;
  while ((answer = ask(request(kAliceWrong))).status == 401) ++failures;
  EXPECT_EQ(answer.status, 429U);
  EXPECT_EQ(field(answer, "Retry-After"), "5");
  EXPECT_EQ(failures, 20);
}

TEST_F(HttpGateTest, WhoeverIsStoppedLearnsNothingFromTheRightPassword) {
  use_users();
  EXPECT_EQ(ask(request(kAlice)).status, 200U) << "it is in the cache";
  while (ask(request(kAliceWrong)).status == 401) {
  }
  EXPECT_EQ(ask(request(kAlice)).status, 429U);
  EXPECT_EQ(ask(request(kAlice, "10.0.0.8")).status, 200U) << "others go on";
}

TEST_F(HttpGateTest, TheRightLoginIsBackWithinAMinute) {
  use_users();
  while (ask(request(kAliceWrong)).status == 401) {
  }
  now += 59s;
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
}

TEST_F(HttpGateTest, ManyAtOnceAreNoWayAroundTheLimit) {
  use_users();
  std::vector<std::shared_ptr<std::optional<HttpResponse>>> answers;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 10; ++i) answers.push_back(begin(request(kAliceWrong)));
    io.restart();
    io.run();
  }
  const auto compared = std::ranges::count_if(
      answers, [](const auto& answer) { return (*answer)->status == 401; });
  EXPECT_EQ(compared, 20);
}

TEST_F(HttpGateTest, MoreComparisonsThanFitAreTurnedAwayAndNotCounted) {
  use_users();
  std::vector<std::shared_ptr<std::optional<HttpResponse>>> answers;
  for (int i = 0; i < 17; ++i)
    answers.push_back(
        begin(request(kAliceWrong, "10.0.1." + std::to_string(i))));
  ASSERT_TRUE(*answers.back());
  EXPECT_EQ((*answers.back())->status, 503U);
  io.run();
  EXPECT_EQ((*answers.front())->status, 401U);
}

TEST_F(HttpGateTest, TheRateLimitComesBeforeTheLogin) {
  gate.set_policy({.users = {{"alice", kSesame}},
                   .rate_limit = {.interval = 2s, .burst = 2}});
  EXPECT_EQ(ask(request(kAliceWrong)).status, 401U);
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
  const HttpResponse answer = ask(request(kAlice));
  EXPECT_EQ(answer.status, 429U);
  EXPECT_EQ(field(answer, "Retry-After"), "2");
  now += 2s;
  EXPECT_EQ(ask(request(kAlice)).status, 200U);
}

TEST_F(HttpGateTest, AnotherPolicyWithTheSameLimitDoesNotFillTheBucket) {
  const WebPolicy policy{.rate_limit = {.interval = 1h, .burst = 1}};
  gate.set_policy(policy);
  EXPECT_EQ(ask(request("")).status, 403U);
  gate.set_policy(policy);
  EXPECT_EQ(ask(request("")).status, 429U);
  gate.set_policy({});
  EXPECT_EQ(ask(request("")).status, 403U);
}

TEST_F(HttpGateTest, AGateThatGoesDropsWhatIsNotCompared) {
  use_users();
  auto other = std::make_unique<HttpGate>(io, Router({}, {}));
  other->set_policy({.users = {{"alice", kSesame}}});
  for (int i = 0; i < 10; ++i)
    other->answer(request(kAliceWrong), [](HttpResponse) {}, now);
  other.reset();
  SUCCEED();
}

}  // namespace
}  // namespace tcpstated
