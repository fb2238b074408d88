// SPDX-License-Identifier: Apache-2.0
#include "api/routes.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/connection_query.hpp"
#include "api/exposition.hpp"
#include "base/strings.hpp"
#include "fakes/golden.hpp"
#include "unit/api/api_world.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;

/// Sockets 1 (ESTABLISHED), 2 and 3 (leaks), 4 (LISTEN); java holds 1 and 3.
struct RoutesTest : ApiWorld {
  void add_four_sockets(std::string_view name = "java") {
    host.both([](FakeKernel& kernel) {
      kernel.add("10.0.0.1:80", "10.0.0.2:1", TcpState::Established);
      add_leak(kernel, "10.0.0.1:80", "10.0.0.2:2");
      add_leak(kernel, "10.0.0.1:80", "10.0.0.2:3");
      kernel.listen("0.0.0.0:80");
    });
    host.proc.process(2211, name).fd(7, "socket:[1001]").fd(8, "socket:[1003]");
  }
  json::value parse(std::string_view target) {
    const HttpResponse response = get(target);
    EXPECT_EQ(response.status, 200U) << *response.body;
    return json::parse(*response.body);
  }
  unsigned status(std::string_view target) { return get(target).status; }
};

/// The route with an id that exists in place of "{id}".
std::string target_of(const Route& route) {
  std::string target(route.path);
  if (target.ends_with("{id}")) target.replace(target.size() - 4, 4, "2");
  return target;
}

TEST_F(RoutesTest, EveryPageAnswersInItsOwnWay) {
  add_four_sockets();
  start();
  for (const Route& route : router->routes()) {
    const HttpResponse response = get(target_of(route));
    EXPECT_EQ(response.status, 200U) << route.path;
    const bool api = route.path.starts_with("/api/");
    const auto type = api                        ? kJsonType
                      : route.path == "/metrics" ? kTextExpositionType
                                                 : kTextType;
    EXPECT_EQ(response.content_type, type) << route.path;
    EXPECT_TRUE(response.body->ends_with('\n')) << route.path;
    if (api) {
      EXPECT_NO_THROW((void)json::parse(*response.body)) << route.path;
    }
  }
}

TEST_F(RoutesTest, EveryResourceHasBothRepresentations) {
  add_four_sockets();
  start();
  for (const Route& route : router->routes()) {
    if (route.path.starts_with("/-/") || route.path == "/help" ||
        route.path == "/metrics")
      continue;
    const std::string target = target_of(route);
    EXPECT_EQ(get(target + "?format=json").content_type, kJsonType) << target;
    EXPECT_EQ(get(target + "?format=text").content_type, kTextType) << target;
    EXPECT_EQ(get(target, "application/json").content_type, kJsonType);
    EXPECT_EQ(get(target, "text/plain").content_type, kTextType);
  }
}

TEST_F(RoutesTest, PageAndResourceOfTheApiAreTheSame) {
  add_four_sockets();
  start();
  for (const std::string_view page :
       {"/states", "/status", "/connections/2", "/connections", "/listeners",
        "/processes"}) {
    const std::string api = "/api/v1" + std::string(page);
    EXPECT_EQ(text(page), text(api + "?format=text")) << page;
  }
}

TEST_F(RoutesTest, FormatWinsOverAccept) {
  start();
  EXPECT_EQ(get("/states?format=text", "application/json").content_type,
            kTextType);
}

TEST_F(RoutesTest, WhatNobodyOffersIsRefused) {
  start();
  EXPECT_EQ(get("/states", "application/xml").status, 406U);
  EXPECT_EQ(status("/states?format=xml"), 400U);
  EXPECT_EQ(status("/connections?format=csv"), 400U);
}

TEST_F(RoutesTest, UnknownParametersAreRefusedEverywhere) {
  start();
  for (const Route& route : router->routes())
    if (!route.path.starts_with("/-/") && route.path != "/help") {
      EXPECT_EQ(status(target_of(route) + "?sate=listen"), 400U) << route.path;
    }
}

TEST_F(RoutesTest, UnknownPathsAreNotFound) {
  EXPECT_EQ(status("/nope"), 404U);
  EXPECT_EQ(status("/connections/"), 404U);
  EXPECT_EQ(status("/api/v1/connections/1/2"), 404U);
}

TEST_F(RoutesTest, AProblemOfTheApiIsAProblemDocument) {
  const HttpResponse response = get("/api/v1/connections?sate=listen");
  EXPECT_EQ(response.content_type, "application/problem+json");
  const json::value problem = json::parse(*response.body);
  EXPECT_EQ(problem.at("status"), 400);
  EXPECT_EQ(problem.at("errors").at(0).at("parameter").as_string(), "sate");
}

TEST_F(RoutesTest, NotReadyUntilTheFirstSweep) {
  EXPECT_EQ(status("/-/ready"), 503U);
  EXPECT_EQ(text("/-/ready"), "not yet\n");
  start();
  EXPECT_EQ(status("/-/ready"), 200U);
}

TEST_F(RoutesTest, HealthyWithoutAnySweep) {
  EXPECT_EQ(text("/-/healthy"), "ok\n");
}

TEST_F(RoutesTest, BeforeTheFirstSweepNoAgeIsNegative) {
  daemon.started = WallTime(std::chrono::hours(24 * 365 * 50));
  const auto document = json::parse(text("/api/v1/status"));
  EXPECT_EQ(document.at("ready"), false);
  EXPECT_EQ(document.at("uptime_seconds").to_number<double>(), 0);
}

TEST_F(RoutesTest, AConnectionIsFoundByItsId) {
  add_four_sockets();
  start();
  EXPECT_EQ(parse("/api/v1/connections/2").at("state").as_string(),
            "close_wait");
  EXPECT_EQ(parse("/api/v1/connections/1").at("state").as_string(),
            "established");
}

TEST_F(RoutesTest, AnIdThatNobodyHasIsNotFound) {
  add_four_sockets();
  start();
  EXPECT_EQ(status("/connections/99"), 404U);
  EXPECT_EQ(status("/connections/18446744073709551615"), 404U);
}

TEST_F(RoutesTest, AnIdThatIsNoNumberIsRefused) {
  for (const std::string_view id : {"x", "-1", "1x", "18446744073709551616"})
    EXPECT_EQ(status("/connections/" + std::string(id)), 400U) << id;
}

TEST_F(RoutesTest, ParametersChooseConnections) {
  add_four_sockets();
  start();
  const auto count = [&](std::string_view query) {
    return parse("/api/v1/connections?" + std::string(query))
        .at("items")
        .as_array()
        .size();
  };
  EXPECT_EQ(count(""), 4U);
  EXPECT_EQ(count("state=CLOSE-WAIT&state=listen"), 3U);
  EXPECT_EQ(count("process=java"), 2U);
  EXPECT_EQ(count("process=java&state=close_wait"), 1U);
  EXPECT_EQ(count("remote_port=1"), 1U);
  EXPECT_EQ(count("cause=not_closed&min_age=1h"), 2U);
  EXPECT_EQ(count("min_age=1d"), 0U);
}

TEST_F(RoutesTest, ThePagesOfAListingVisitEveryRowOnce) {
  host.both([](FakeKernel& kernel) {
    for (int i = 0; i < 25; ++i)
      kernel.add("10.0.0.1:80", "10.0.0.2:1",
                 i % 2 == 0 ? TcpState::LastAck : TcpState::Established);
  });
  start();
  std::vector<std::string> ids;
  std::string target = "/api/v1/connections?limit=10&remote=10.0.0.2";
  int pages = 0;
  while (!target.empty()) {
    const HttpResponse response = get(target);
    ASSERT_EQ(response.status, 200U);
    ++pages;
    const json::value document = json::parse(*response.body);
    for (const json::value& row : document.at("items").as_array())
      ids.emplace_back(row.at("id").as_string());
    std::string link = header(response, "Link");
    EXPECT_EQ(link.empty(), document.at("next").is_null());
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    EXPECT_TRUE(target.empty() || target.contains("remote=10.0.0.2&"));
  }
  EXPECT_EQ(pages, 3);
  std::vector<std::string> all;
  for (int id = 1; id <= 25; ++id) all.push_back(std::to_string(id));
  EXPECT_EQ(ids, all);
}

TEST_F(RoutesTest, TheNextPageCanBePasted) {
  add_four_sockets();
  start();
  EXPECT_TRUE(
      text("/connections?limit=3")
          .ends_with("\nMore: curl "
                     "'localhost:19293/connections?limit=3&after=3'\n"));
}

TEST_F(RoutesTest, LeaksAreLimitedAndCounted) {
  add_four_sockets();
  start();
  const auto document = parse("/api/v1/leaks?limit=1");
  EXPECT_EQ(document.at("total"), 2);
  EXPECT_EQ(document.at("items").as_array().size(), 1U);
  EXPECT_EQ(status("/leaks?limit=0"), 400U);
}

TEST_F(RoutesTest, GroupsOfAPageOfLeaksSumUpToItsTotal) {
  add_four_sockets();
  start();
  const auto document = parse("/api/v1/leaks");
  std::int64_t sockets = 0;
  for (const json::value& group : document.at("groups").as_array())
    sockets += group.at("sockets").as_int64();
  EXPECT_EQ(sockets, document.at("total").as_int64());
}

TEST_F(RoutesTest, AKernelThatDoesNotAnswerIsSaid) {
  host.asked.refuse_dumps = Error{"netlink is gone", {}};
  start();
  for (const std::string_view target : {"/connections", "/processes"}) {
    const HttpResponse response = get(target);
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(header(response, "Retry-After"), "1");
    EXPECT_TRUE(response.body->contains("netlink is gone")) << *response.body;
  }
}

TEST_F(RoutesTest, SlowQuestionsAreFew) {
  state.options.max_slow_questions = 2;
  start();
  std::array<std::optional<HttpResponse>, 3> answers;
  for (auto& answer : answers) ask(request("/processes"), answer);
  ASSERT_TRUE(answers[2]) << "the third one waits";
  EXPECT_EQ(answers[2]->status, 503U);
  EXPECT_EQ(header(*answers[2], "Retry-After"), "1");
  ASSERT_TRUE(queue.run_until([&] { return answers[0] && answers[1]; }));
  EXPECT_EQ(answers[0]->status, 200U);
}

TEST_F(RoutesTest, PlacesForSlowQuestionsAreGivenBack) {
  add_four_sockets();
  state.options.max_slow_questions = 1;
  start();
  for (const std::string_view target :
       {"/leaks", "/connections", "/connections/2", "/connections/99",
        "/connections?process=java", "/listeners", "/processes", "/leaks"})
    EXPECT_NE(status(target), 503U) << target;
  EXPECT_EQ(state.slow_questions, 0U);
}

TEST_F(RoutesTest, ARefusedQuestionTakesNoPlace) {
  start();
  EXPECT_EQ(status("/connections?limit=x"), 400U);
  EXPECT_EQ(get("/leaks", "image/png").status, 406U);
  EXPECT_EQ(state.slow_questions, 0U);
}

TEST_F(RoutesTest, MetricsAreServedToWhoeverScrapes) {
  start();
  for (const std::string_view accept : {"", "*/*", "application/json"}) {
    const HttpResponse response = get("/metrics", accept);
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.content_type, kTextExpositionType);
  }
  EXPECT_EQ(status("/metrics?format=json"), 400U);
}

TEST_F(RoutesTest, MetricsCountRequestsUnlessToldNotTo) {
  state.requests.add({.route = "/leaks",
                      .method = "GET",
                      .status = 200,
                      .took = std::chrono::milliseconds(2)});
  EXPECT_TRUE(
      text("/metrics")
          .contains(
              R"(tcpstated_http_requests_total{code="200",handler="/leaks",method="GET"} 1)"));
  state.options.exporter_metrics = false;
  EXPECT_FALSE(text("/metrics").contains("tcpstated_http_"));
}

TEST_F(RoutesTest, MetricsMoveWithTheOption) {
  state.options.telemetry_path = "/prometheus";
  make_router();
  EXPECT_EQ(status("/prometheus"), 200U);
  EXPECT_EQ(status("/metrics"), 404U);
}

TEST_F(RoutesTest, DetailsAreForThisHost) {
  start();
  for (const Route& route : router->routes()) {
    HttpRequest remote = request(target_of(route));
    remote.peer = {.address = "192.0.2.1"};
    const bool open = route.access != RouteAccess::Detail;
    EXPECT_EQ(get(remote).status == 403, !open) << route.path;
  }
}

TEST_F(RoutesTest, CountsAreOpenAndNamesAreNot) {
  const auto access = [&](std::string_view path) {
    return std::ranges::find(router->routes(), path, &Route::path)->access;
  };
  for (const std::string_view path :
       {"/", "/leaks", "/connections", "/connections/{id}", "/listeners",
        "/processes", "/api/v1/config", "/api/v1/leaks"})
    EXPECT_EQ(access(path), RouteAccess::Detail) << path;
  for (const std::string_view path : {"/states", "/metrics", "/help"})
    EXPECT_EQ(access(path), RouteAccess::Open) << path;
  for (const std::string_view path : {"/-/healthy", "/-/ready"})
    EXPECT_EQ(access(path), RouteAccess::Health) << path;
}

TEST_F(RoutesTest, LifecycleIsOffByDefault) {
  EXPECT_EQ(get(request("/-/reload", HttpMethod::Post)).status, 404U);
  EXPECT_EQ(get(request("/-/quit", HttpMethod::Post)).status, 404U);
}

TEST_F(RoutesTest, AReloadIsDoneAndItsTroubleTold) {
  state.options.lifecycle = true;
  make_router();
  Result<> outcome;
  state.reload_config = [&] { return outcome; };
  EXPECT_EQ(get(request("/-/reload", HttpMethod::Post)).status, 200U);
  outcome = fail("x.yml:1:1: \x1b bad");
  const HttpResponse failed = get(request("/-/reload", HttpMethod::Post));
  EXPECT_EQ(failed.status, 500U);
  EXPECT_TRUE(failed.body->contains("x.yml:1:1: \\x1b bad")) << *failed.body;
  EXPECT_EQ(status("/-/reload"), 405U);
}

TEST_F(RoutesTest, QuitAnswersAndStops) {
  state.options.lifecycle = true;
  make_router();
  bool stopped = false;
  state.quit = [&] { stopped = true; };
  EXPECT_EQ(get(request("/-/quit", HttpMethod::Post)).status, 200U);
  EXPECT_TRUE(stopped);
}

TEST_F(RoutesTest, HelpNamesEveryPathAndParameter) {
  state.options.lifecycle = true;
  make_router();
  const std::string page = text("/help");
  for (const Route& route : router->routes())
    EXPECT_TRUE(page.contains("localhost:19293" + std::string(route.path)))
        << route.path;
  EXPECT_TRUE(page.contains("curl -X POST localhost:19293/-/reload "));
  for (const ListingParameter& parameter : listing_parameters())
    EXPECT_TRUE(page.contains("\n" + std::string(parameter.name) + "="))
        << parameter.name;
}

TEST_F(RoutesTest, HelpLooksAsItDid) {
  expect_golden("help.txt", text("/help"));
}

/// From the kernel's /proc to every page.
TEST_F(RoutesTest, AHostileProcessNameIsHarmlessEverywhere) {
  add_four_sockets("\x1b[2J\"\n\xff");
  start();
  ASSERT_TRUE(queue.run_until([&] {
    return std::ranges::any_of(
        state.view->leak_groups,
        [](const LeakGroup& group) { return group.process != nullptr; });
  }));
  std::size_t shown = 0;
  for (const Route& route : router->routes()) {
    const std::string body = text(target_of(route));
    for (std::string_view line : lines_of(body)) {
      line.remove_suffix(1);
      EXPECT_EQ(printable(line, line.size()), line) << route.path;
    }
    if (body.contains(R"(\x1b[2J)")) ++shown;
  }
  EXPECT_GE(shown, 6U);
}

}  // namespace
}  // namespace tcpstated
