// SPDX-License-Identifier: Apache-2.0
#include "http/basic_credentials.hpp"

#include <gtest/gtest.h>

namespace tcpstated {
namespace {

TEST(BasicCredentials, AreReadAsInTheRfc) {
  const auto read =
      parse_basic_credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, "Aladdin");
  EXPECT_EQ(read->password, "open sesame");
}

TEST(BasicCredentials, MayBeUtf8) {
  const auto read = parse_basic_credentials("Basic dGVzdDoxMjPCow==");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->password, "123\xc2\xa3");
}

TEST(BasicCredentials, TheSchemeHasNoCase) {
  EXPECT_TRUE(parse_basic_credentials("bASIC YTpi"));
  EXPECT_TRUE(parse_basic_credentials("Basic   YTpi"));
}

TEST(BasicCredentials, OnlyTheFirstColonSeparates) {
  EXPECT_EQ(parse_basic_credentials("Basic YTpiOmM=")->password, "b:c");
}

TEST(BasicCredentials, BothHalvesMayBeEmpty) {
  const auto read = parse_basic_credentials("Basic Og==");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (BasicCredentials{"", ""}));
}

TEST(BasicCredentials, AnythingElseIsNone) {
  for (const char* text :
       {"", "Basic", "Basic ", "Bearer YTpi", "YTpi", "Basic YTpi YTpi",
        "Basic YTp", "Basic YTpi=", "Basic YTpiOm", "Basic YTpiOg",
        "Basic YTpiOh==" /* not canonical */, "Basic YT=i",
        "Basic ====", "Basic YT-i", "Basic YWI=" /* no colon */, "Basic\tYTpi"})
    EXPECT_FALSE(parse_basic_credentials(text)) << text;
}

TEST(BasicCredentials, AControlCharacterIsNoPartOfAPassword) {
  EXPECT_FALSE(parse_basic_credentials("Basic YTpiAGM=")) << "a:b NUL c";
  EXPECT_FALSE(parse_basic_credentials("Basic YTpiCg==")) << "a:b LF";
  EXPECT_FALSE(parse_basic_credentials("Basic YTpifw==")) << "a:b DEL";
}

}  // namespace
}  // namespace tcpstated
