// SPDX-License-Identifier: Apache-2.0
#include "http/request_head.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

/// "GET TARGET HTTP/1.1" with a Host and the given fields.
std::expected<RequestHead, Problem> parse(const std::string& target,
                                          const std::string& fields = "") {
  return parse_head("GET " + target + " HTTP/1.1\r\nHost: localhost:19293\r\n" +
                    fields + "\r\n");
}

unsigned status_of(std::string_view head) {
  const auto parsed = parse_head(head);
  return parsed ? 200 : parsed.error().status;
}

TEST(RequestHead, EndsAfterItsEmptyLine) {
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nA: b\r\n\r\nrest"), 24U);
}

TEST(RequestHead, WithoutAnEmptyLineHasNoEnd) {
  EXPECT_FALSE(find_head_end(""));
  EXPECT_FALSE(find_head_end("GET / HTTP/1.1\r\nA: b\r\n"));
  EXPECT_FALSE(find_head_end("GET / HTTP/1.1\r\nA: b\r\n\r"));
}

TEST(RequestHead, ALoneLineFeedEndsItToo) {
  EXPECT_EQ(find_head_end("GET /\n\nrest"), 7U);
  EXPECT_EQ(find_head_end("GET /\r\n\nrest"), 8U);
}

TEST(RequestHead, TwoEmptyLinesBeforeItArePassedOver) {
  EXPECT_EQ(count_leading_line_ends("GET"), 0U);
  EXPECT_EQ(count_leading_line_ends("\r\nGET"), 2U);
  EXPECT_EQ(count_leading_line_ends("\r\n\r\nGET"), 4U);
  EXPECT_EQ(count_leading_line_ends("\r\n\r\n\r\nGET"), 4U);
}

TEST(RequestHead, HalfALineEndIsNotPassedOver) {
  EXPECT_EQ(count_leading_line_ends("\r"), 0U);
  EXPECT_EQ(count_leading_line_ends("\rGET"), 0U);
  EXPECT_EQ(count_leading_line_ends("\nGET"), 0U);
  EXPECT_EQ(count_leading_line_ends("\r\n\nGET"), 2U);
}

TEST(RequestHead, IsReadInFull) {
  const auto head =
      parse("/a%20b?x=1",
            "Accept: text/plain\r\nAccept-Encoding: gzip\r\n"
            "Origin: http://localhost:19293\r\nSec-Fetch-Site: none\r\n");
  ASSERT_TRUE(head) << head.error().detail;
  const HttpRequest& request = head->request;
  EXPECT_EQ(request.method, HttpMethod::Get);
  EXPECT_EQ(request.method_name, "GET");
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.query, (Query{{"x", "1"}}));
  EXPECT_EQ(request.host, "localhost:19293");
  EXPECT_EQ(request.accept, "text/plain");
  EXPECT_EQ(request.accept_encoding, "gzip");
  EXPECT_EQ(request.origin, "http://localhost:19293");
  EXPECT_EQ(request.fetch_site, "none");
}

TEST(RequestHead, KnowsTheMethods) {
  const auto method = [](const std::string& name) {
    return parse_head(name + " / HTTP/1.1\r\nHost: a\r\n\r\n")->request.method;
  };
  EXPECT_EQ(method("HEAD"), HttpMethod::Head);
  EXPECT_EQ(method("OPTIONS"), HttpMethod::Options);
  EXPECT_EQ(method("POST"), HttpMethod::Post);
  EXPECT_EQ(method("PUT"), HttpMethod::Put);
  EXPECT_EQ(method("DELETE"), HttpMethod::Other);
  EXPECT_EQ(method("get"), HttpMethod::Other);
  EXPECT_EQ(method("BREW"), HttpMethod::Other);
}

TEST(RequestHead, KeepsAConnectionUnlessToldNotTo) {
  EXPECT_TRUE(parse("/")->keep_alive);
  EXPECT_FALSE(parse("/", "Connection: close\r\n")->keep_alive);
}

TEST(RequestHead, OfHttp10ClosesUnlessToldNotTo) {
  EXPECT_FALSE(parse_head("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_TRUE(parse_head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                  ->keep_alive);
}

TEST(RequestHead, OfHttp10NeedsNoHost) {
  EXPECT_EQ(parse_head("GET / HTTP/1.0\r\n\r\n")->request.host, "");
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400U);
}

TEST(RequestHead, EveryBodyIsRefused) {
  const auto status = [](const char* field) {
    return status_of("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(field) +
                     "\r\n\r\n");
  };
  EXPECT_EQ(status("Content-Length: 0"), 200U);
  EXPECT_EQ(status("Content-Length: 1"), 413U);
  EXPECT_EQ(status("Content-Length: 10, 10"), 400U);
  EXPECT_EQ(status("Content-Length: 0\r\nContent-Length: 0"), 400U);
  EXPECT_EQ(status("Transfer-Encoding: chunked"), 501U);
  EXPECT_EQ(status("Transfer-Encoding: identity"), 501U);
  EXPECT_EQ(status("Expect: 100-continue"), 417U);
}

TEST(RequestHead, TheAbsoluteFormOfItsOwnHostIsAPath) {
  const auto head = parse("http://localhost:19293/a?b=c");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->request.path, "/a");
  EXPECT_EQ(head->request.query, (Query{{"b", "c"}}));
}

TEST(RequestHead, TheAbsoluteFormWithoutAPathMeansTheRoot) {
  EXPECT_EQ(parse("HTTP://localhost:19293")->request.path, "/");
}

TEST(RequestHead, TheAbsoluteFormWithoutAPathKeepsItsQuery) {
  const auto head = parse("http://localhost:19293?b=c");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->request.path, "/");
  EXPECT_EQ(head->request.query, (Query{{"b", "c"}}));
}

TEST(RequestHead, TheAbsoluteFormOfAnotherHostIsRefused) {
  EXPECT_FALSE(parse("http://evil.example/"));
  EXPECT_FALSE(parse("http://localhost:19293@evil.example/"));
  EXPECT_FALSE(parse("https://localhost:19293/"));
}

TEST(RequestHead, TheAbsoluteFormMustNameAHost) {
  EXPECT_EQ(status_of("GET http:///a HTTP/1.0\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("GET http:// HTTP/1.0\r\n\r\n"), 400U);
}

TEST(RequestHead, OptionsMayAskTheServer) {
  EXPECT_EQ(parse_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->request.path,
            "/");
  EXPECT_EQ(status_of("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
}

TEST(RequestHead, ATargetErrorSaysWhere) {
  EXPECT_EQ(parse("/?a=%zz").error().detail,
            "Query: '%zz' at character 3 is not % and two hexadecimal digits.");
  EXPECT_EQ(parse("/%00").error().status, 400U);
}

TEST(RequestHead, OtherVersionsAreNotSpoken) {
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505U);
  EXPECT_EQ(status_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505U);
  EXPECT_EQ(status_of("GET / FTP/1.1\r\nHost: a\r\n\r\n"), 400U);
}

TEST(RequestHead, MayBeLongerThanBeastsOwnLimit) {
  EXPECT_TRUE(parse("/", "A: " + std::string(20'000, 'a') + "\r\n"));
}

TEST(RequestHead, ManyFieldsAreNoHarm) {
  std::string fields;
  for (int i = 0; i < 1500; ++i) fields += "a:\r\n";
  EXPECT_TRUE(parse("/", fields));
}

TEST(RequestHead, GoodHostsAreValid) {
  for (const char* host :
       {"localhost", "localhost:19293", "127.0.0.1", "127.0.0.1:1", "a-b.c_d",
        "[::1]", "[::1]:80", "[fe80::1]:65535", "example.org:"})
    EXPECT_TRUE(is_valid_host(host)) << host;
}

TEST(RequestHead, BadHostsAreNot) {
  for (const char* host :
       {"",       ":80",     "a b",   "a/b",         "a@b",
        "a:b",    "a:65536", "a:-1",  "a:+1",        "a:80:80",
        "[",      "[]",      "]",     "[::1",        "::1",
        "[::1]x", "[::1]]",  "[::g]", "[127.0.0.1]", "[::1]80",
        "a?b",    "a#b",     "a%41",  "\"a\"",       "a,b"})
    EXPECT_FALSE(is_valid_host(host)) << host;
}

TEST(RequestHead, AHostNameOfMoreThan255BytesIsNotValid) {
  EXPECT_TRUE(is_valid_host(std::string(255, 'a')));
  EXPECT_FALSE(is_valid_host(std::string(256, 'a')));
}

}  // namespace
}  // namespace tcpstated
