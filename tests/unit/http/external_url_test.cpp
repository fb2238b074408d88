// SPDX-License-Identifier: Apache-2.0
#include "http/external_url.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

TEST(ExternalUrl, ItsPathIsThePrefix) {
  const auto url = parse_external_url("https://web1.example:8443/a/b/");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->text, "https://web1.example:8443/a/b");
  EXPECT_EQ(url->path, "/a/b");
}

TEST(ExternalUrl, MayHaveNoPath) {
  for (const char* text : {"http://web1", "http://web1/", "HTTP://web1"}) {
    const auto url = parse_external_url(text);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->text, "http://web1");
    EXPECT_EQ(url->path, "");
  }
}

TEST(ExternalUrl, MayNameAnAddress) {
  EXPECT_EQ(parse_external_url("http://[::1]:80/")->text, "http://[::1]:80");
}

TEST(ExternalUrl, NoneIsEmpty) {
  const auto url = parse_external_url("");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->text + url->path, "");
}

TEST(ExternalUrl, AnythingElseIsRefusedWithTheReason) {
  EXPECT_TRUE(parse_external_url("web1:19293/x")
                  .error()
                  .message.contains("http:// or https://"));
  EXPECT_TRUE(parse_external_url("\"http://web1\"")
                  .error()
                  .message.contains("is not a URL"));
  for (const char* text :
       {"ftp://web1/", "http://", "http:///x", "/x", "http://u@web1/",
        "http://u:p@web1/", "http://web1/?a", "http://web1/#a",
        "http://web1/a%2fb", "http://web1//", "http://web1/../x",
        "http://web 1/", "http://web1/\x1b"})
    EXPECT_FALSE(parse_external_url(text)) << text;
}

TEST(RoutePrefix, HasOneSlashInFrontAndNoneBehind) {
  for (const char* text : {"a/b", "/a/b", "a/b/", "/a/b/"})
    EXPECT_EQ(*parse_route_prefix(text), "/a/b") << text;
  EXPECT_EQ(*parse_route_prefix("/"), "");
  EXPECT_EQ(*parse_route_prefix(""), "");
}

TEST(RoutePrefix, IsAPlainPath) {
  for (const char* text :
       {"//", "//a", "a//b", "a/../b", ".", "a b", "a%20b", "a?b", "a\n", "é"})
    EXPECT_FALSE(parse_route_prefix(text)) << text;
}

}  // namespace
}  // namespace tcpstated
