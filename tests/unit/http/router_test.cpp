// SPDX-License-Identifier: Apache-2.0
#include "http/router.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace tcpstated {
namespace {

struct RouterTest : testing::Test {
  std::string handled;  ///< which handler ran, and with what argument
  Router router{{route(HttpMethod::Get, "/leaks", RouteAccess::Detail),
                 route(HttpMethod::Get, "/states", RouteAccess::Open),
                 route(HttpMethod::Get, "/connections/{id}", RouteAccess::Open),
                 route(HttpMethod::Post, "/-/reload", RouteAccess::Open),
                 route(HttpMethod::Get, "/both", RouteAccess::Open),
                 route(HttpMethod::Put, "/both", RouteAccess::Open)},
                DetailAccess::Local};
  std::string_view name;  ///< what dispatch() returned

  Route route(HttpMethod method, std::string_view path, RouteAccess access) {
    return {method, path, "", access,
            [this, method, path](const HttpRequest&, std::string_view argument,
                                 HttpRespond respond) {
              handled = std::string(label(method)) + " " + std::string(path) +
                        " " + std::string(argument);
              respond(ok(kTextType, "done"));
            }};
  }

  HttpResponse ask(HttpMethod method, std::string path) {
    HttpRequest request;
    request.method = method;
    request.method_name = label(method);
    request.path = std::move(path);
    request.host = "localhost:19293";
    request.peer = {.loopback = true, .address = "127.0.0.1"};
    return ask(request);
  }
  HttpResponse ask(const HttpRequest& request) {
    std::optional<HttpResponse> answer;
    name = router.dispatch(
        request, [&](HttpResponse response) { answer = std::move(response); });
    EXPECT_TRUE(answer) << "not answered";
    return answer.value_or(HttpResponse{.status = 0});
  }
  static std::string allow(const HttpResponse& response) {
    for (const HttpHeader& header : response.headers)
      if (header.name == "Allow") return header.value;
    return "";
  }
};

TEST_F(RouterTest, CallsTheHandlerOfThePath) {
  EXPECT_EQ(ask(HttpMethod::Get, "/states").status, 200U);
  EXPECT_EQ(handled, "GET /states ");
  EXPECT_EQ(name, "/states");
}

TEST_F(RouterTest, GetAnswersHead) {
  EXPECT_EQ(ask(HttpMethod::Head, "/states").status, 200U);
  EXPECT_EQ(handled, "GET /states ");
}

TEST_F(RouterTest, PostDoesNotAnswerHead) {
  EXPECT_EQ(ask(HttpMethod::Head, "/-/reload").status, 405U);
}

TEST_F(RouterTest, AnUnknownPathIsNotFoundAndHasNoName) {
  const HttpResponse response = ask(HttpMethod::Get, "/nowhere");
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(*response.body,
            "error: There is nothing at '/nowhere'.\ntry: /help\n");
  EXPECT_EQ(name, "");
  EXPECT_EQ(handled, "");
}

TEST_F(RouterTest, ATypingErrorIsGuessed) {
  EXPECT_TRUE(ask(HttpMethod::Get, "/leak").body->ends_with("try: /leaks\n"));
}

TEST_F(RouterTest, ALongPathIsNotGuessedAt) {
  const std::string path = "/" + std::string(63, 'a');
  router = Router({route(HttpMethod::Get, path, RouteAccess::Open)},
                  DetailAccess::Local);
  EXPECT_TRUE(ask(HttpMethod::Get, path.substr(1)).body->contains(path));
  EXPECT_TRUE(ask(HttpMethod::Get, path + "a").body->ends_with("/help\n"));
}

TEST_F(RouterTest, ALongPathIsShownShortened) {
  EXPECT_LT(ask(HttpMethod::Get, "/" + std::string(8000, 'a')).body->size(),
            400U);
}

TEST_F(RouterTest, AnUnknownPathIsShownEscaped) {
  EXPECT_EQ(*ask(HttpMethod::Get, "/\xe2\x80\xae").body,
            "error: There is nothing at '/\\u{202e}'.\ntry: /help\n");
}

TEST_F(RouterTest, PathsAreCaseSensitiveAndExact) {
  for (const char* path : {"/States", "/states/", "//states", "/states/x", ""})
    EXPECT_EQ(ask(HttpMethod::Get, path).status, 404U) << path;
}

TEST_F(RouterTest, TheLastSegmentIsTheArgument) {
  EXPECT_EQ(ask(HttpMethod::Get, "/connections/7f").status, 200U);
  EXPECT_EQ(handled, "GET /connections/{id} 7f");
  EXPECT_EQ(name, "/connections/{id}");
}

TEST_F(RouterTest, TheArgumentIsOneWholeSegment) {
  EXPECT_EQ(ask(HttpMethod::Get, "/connections/").status, 404U);
  EXPECT_EQ(ask(HttpMethod::Get, "/connections").status, 404U);
  EXPECT_EQ(ask(HttpMethod::Get, "/connections/7/8").status, 404U);
}

TEST_F(RouterTest, ThePlaceholderItselfIsAnArgumentLikeAnyOther) {
  ask(HttpMethod::Get, "/connections/{id}");
  EXPECT_EQ(handled, "GET /connections/{id} {id}");
}

TEST_F(RouterTest, AWrongMethodIsToldTheRightOnes) {
  const HttpResponse response = ask(HttpMethod::Post, "/states");
  EXPECT_EQ(response.status, 405U);
  EXPECT_EQ(allow(response), "GET, HEAD, OPTIONS");
  EXPECT_EQ(name, "/states");
  EXPECT_EQ(handled, "");
}

TEST_F(RouterTest, AnUnheardOfMethodIsNotAllowed) {
  EXPECT_EQ(ask(HttpMethod::Other, "/states").status, 405U);
}

TEST_F(RouterTest, OptionsNamesTheMethodsOfThePath) {
  const HttpResponse response = ask(HttpMethod::Options, "/both");
  EXPECT_EQ(response.status, 204U);
  EXPECT_EQ(allow(response), "GET, HEAD, PUT, OPTIONS");
  EXPECT_EQ(response.body, nullptr);
  EXPECT_EQ(allow(ask(HttpMethod::Options, "/-/reload")), "POST, OPTIONS");
  EXPECT_EQ(handled, "");
}

TEST_F(RouterTest, OneOfSeveralMethodsIsPicked) {
  ask(HttpMethod::Put, "/both");
  EXPECT_EQ(handled, "PUT /both ");
}

TEST_F(RouterTest, DetailsAreForLocalPeersOnly) {
  HttpRequest request;
  request.path = "/leaks";
  request.host = "localhost";
  request.peer = {.loopback = false, .address = "10.0.0.7"};
  const HttpResponse refused = ask(request);
  EXPECT_EQ(refused.status, 403U);
  EXPECT_TRUE(refused.body->contains("curl localhost:19293/leaks"));
  EXPECT_EQ(handled, "");
  request.path = "/states";
  EXPECT_EQ(ask(request).status, 200U);
}

TEST_F(RouterTest, DetailAccessCanBeOpenedWhileRunning) {
  HttpRequest request;
  request.path = "/leaks";
  request.host = "monitor.example";
  request.peer = {.loopback = false, .address = "10.0.0.7"};
  router.set_detail_access(DetailAccess::All);
  EXPECT_EQ(ask(request).status, 200U);
}

struct PrefixedRouterTest : RouterTest {
  PrefixedRouterTest() {
    router = Router({route(HttpMethod::Get, "/", RouteAccess::Open),
                     route(HttpMethod::Get, "/states", RouteAccess::Open),
                     route(HttpMethod::Get, "/-/ready", RouteAccess::Health)},
                    DetailAccess::Local, "/a/b");
  }
};

TEST_F(PrefixedRouterTest, PathsAreBehindThePrefix) {
  EXPECT_EQ(ask(HttpMethod::Get, "/a/b/states").status, 200U);
  EXPECT_EQ(name, "/states");
  for (const char* path : {"/a/b", "/a/b/"}) {
    EXPECT_EQ(ask(HttpMethod::Get, path).status, 200U) << path;
    EXPECT_EQ(handled, "GET / ");
  }
}

TEST_F(PrefixedRouterTest, NothingIsWithoutThePrefix) {
  for (const char* path :
       {"/states", "/a", "/a/", "/a/bstates", "/A/b/states", "/a/b/a/b/states"})
    EXPECT_EQ(ask(HttpMethod::Get, path).status, 404U) << path;
  EXPECT_TRUE(
      ask(HttpMethod::Get, "/state").body->ends_with("try: /a/b/states\n"));
}

TEST_F(PrefixedRouterTest, TheRootLeadsToThePrefix) {
  const HttpResponse response = ask(HttpMethod::Get, "/");
  EXPECT_EQ(response.status, 302U);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].value, "/a/b/");
}

TEST_F(PrefixedRouterTest, KnowsTheNameAndTheHealthOfAPath) {
  EXPECT_EQ(router.name_of("/a/b/states"), "/states");
  EXPECT_EQ(router.name_of("/states"), "");
  EXPECT_TRUE(router.is_health("/a/b/-/ready"));
  EXPECT_FALSE(router.is_health("/-/ready"));
  EXPECT_FALSE(router.is_health("/a/b/states"));
}

/// A request from this host, in one word: what its Host header says.
HttpRequest local(std::string host) {
  HttpRequest request;
  request.host = std::move(host);
  request.peer = {.loopback = true, .address = "127.0.0.1"};
  return request;
}

TEST(RefuseDetail, LocalNamesAndAddressesAreShownDetails) {
  for (const char* host :
       {"localhost", "LocalHost:19293", "127.0.0.1", "127.0.0.1:19293", "[::1]",
        "[::1]:19293", "192.168.1.5:19293"})
    EXPECT_FALSE(refuse_detail(local(host), DetailAccess::Local)) << host;
}

TEST(RefuseDetail, ANameThatWasRebornAsLoopbackIsRefused) {
  for (const char* host :
       {"evil.example", "evil.example:19293", "localhost.evil.example",
        "127.0.0.1.evil.example", "localhost.", "2130706433", "0x7f000001",
        "127.1", "", "[", "[]", "[evil.example]"})
    EXPECT_TRUE(refuse_detail(local(host), DetailAccess::Local)) << host;
}

TEST(RefuseDetail, ARemotePeerIsRefusedWhateverItsHostSays) {
  HttpRequest request = local("localhost");
  request.peer = {.loopback = false, .address = "10.0.0.7"};
  EXPECT_TRUE(refuse_detail(request, DetailAccess::Local));
  EXPECT_FALSE(refuse_detail(request, DetailAccess::All));
}

TEST(RefuseDetail, WhoHasLoggedInMaySeeThemFromAnywhere) {
  HttpRequest request = local("web1.example");
  request.peer = {.loopback = false, .address = "10.0.0.7"};
  request.authenticated = true;
  EXPECT_FALSE(refuse_detail(request, DetailAccess::Local));
  request.fetch_site = "cross-site";
  EXPECT_TRUE(refuse_detail(request, DetailAccess::Local))
      << "a browser sends the password for any page";
}

TEST(RefuseDetail, AUnixSocketNeedsNoLocalName) {
  HttpRequest request = local("whatever.example");
  request.peer = {.unix_socket = true, .address = ""};
  EXPECT_FALSE(refuse_detail(request, DetailAccess::Local));
}

TEST(RefuseDetail, APageOfAnotherSiteIsRefusedEvenIfAllMaySee) {
  for (const char* site : {"cross-site", "same-site", "junk"}) {
    HttpRequest request = local("localhost");
    request.fetch_site = site;
    EXPECT_TRUE(refuse_detail(request, DetailAccess::Local)) << site;
    EXPECT_TRUE(refuse_detail(request, DetailAccess::All)) << site;
  }
}

TEST(RefuseDetail, AForeignOriginIsRefused) {
  for (const char* origin :
       {"http://evil.example", "null", "http://localhost", "localhost:19293",
        "http://localhost:19293.evil.example", "http://localhost:19294"}) {
    HttpRequest request = local("localhost:19293");
    request.origin = origin;
    EXPECT_TRUE(refuse_detail(request, DetailAccess::All)) << origin;
  }
}

TEST(RefuseDetail, OurOwnPagesMayAsk) {
  HttpRequest request = local("localhost:19293");
  request.origin = "http://localhost:19293";
  request.fetch_site = "same-origin";
  EXPECT_FALSE(refuse_detail(request, DetailAccess::Local));
}

TEST(RefuseDetail, APersonWhoTypedTheAddressMayAsk) {
  HttpRequest request = local("localhost:19293");
  request.fetch_site = "none";
  EXPECT_FALSE(refuse_detail(request, DetailAccess::Local));
}

}  // namespace
}  // namespace tcpstated
