// SPDX-License-Identifier: Apache-2.0
#include "http/negotiation.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tcpstated {
namespace {

constexpr std::array<MediaType, 2> kOffered{
    {{"text/plain", "text"}, {"application/json", "json"}}};

HttpRequest asked(std::string accept, std::string format = "") {
  HttpRequest request;
  request.path = "/leaks";
  request.accept = std::move(accept);
  if (!format.empty()) request.query.push_back({"format", format});
  return request;
}

std::size_t choice(std::string accept, std::string format = "") {
  return choose_representation(asked(std::move(accept), std::move(format)),
                               kOffered)
      .value_or(99);
}

TEST(Negotiation, WithoutAWishTheFirstIsSent) {
  EXPECT_EQ(choice(""), 0U);
  EXPECT_EQ(choice("*/*"), 0U);
}

TEST(Negotiation, TheWishIsGranted) {
  EXPECT_EQ(choice("application/json"), 1U);
  EXPECT_EQ(choice("application/*"), 1U);
  EXPECT_EQ(choice("APPLICATION/JSON"), 1U);
}

TEST(Negotiation, TheHigherWeightWins) {
  EXPECT_EQ(choice("text/plain;q=0.5, application/json;q=0.6"), 1U);
  EXPECT_EQ(choice("text/plain;q=0.6, application/json;q=0.5"), 0U);
}

TEST(Negotiation, TheMoreExactRangeDecidesWhateverTheOrder) {
  EXPECT_EQ(choice("*/*, text/plain;q=0"), 1U);
  EXPECT_EQ(choice("text/plain;q=0, */*"), 1U);
  EXPECT_EQ(choice("text/*;q=0.1, */*;q=0.5"), 1U);
}

TEST(Negotiation, ABrowserGetsText) {
  EXPECT_EQ(choice("text/html,application/xhtml+xml,application/xml;q=0.9,"
                   "image/avif,image/webp,*/*;q=0.8"),
            0U);
}

TEST(Negotiation, FormatOverridesAccept) {
  EXPECT_EQ(choice("application/json", "text"), 0U);
  EXPECT_EQ(choice("text/plain", "json"), 1U);
}

TEST(Negotiation, AnUnknownFormatIsABadRequestThatNamesTheKnown) {
  const auto chosen = choose_representation(asked("", "xml"), kOffered);
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().status, 400U);
  ASSERT_EQ(chosen.error().errors.size(), 1U);
  EXPECT_EQ(chosen.error().errors[0].parameter, "format");
  EXPECT_EQ(chosen.error().errors[0].detail, "'xml' is none of: text, json");
}

TEST(Negotiation, WhatIsNotThereIsNotAcceptable) {
  const auto chosen = choose_representation(asked("image/png"), kOffered);
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().status, 406U);
  EXPECT_EQ(chosen.error().detail,
            "This resource is available as text/plain, application/json.");
}

TEST(Negotiation, WeightsAreReadStrictly) {
  EXPECT_DOUBLE_EQ(accept_quality("a/b;q=0.75", "a/b"), 0.75);
  EXPECT_DOUBLE_EQ(accept_quality("a/b;q=1", "a/b"), 1);
  EXPECT_DOUBLE_EQ(accept_quality("a/b;q=1.000", "a/b"), 1);
  EXPECT_DOUBLE_EQ(accept_quality("a/b ; Q=0.5", "a/b"), 0.5);
  for (const char* bad : {"a/b;q=", "a/b;q=2", "a/b;q=1.5", "a/b;q=-1",
                          "a/b;q=0.12345", "a/b;q=nan", "a/b;q=0,5"})
    EXPECT_EQ(accept_quality(bad, "a/b"), 0) << bad;
}

TEST(Negotiation, OtherParametersChangeNoWeight) {
  EXPECT_DOUBLE_EQ(accept_quality("a/b;version=1.0.0;q=0.3", "a/b"), 0.3);
}

TEST(Negotiation, JunkInAcceptIsNoHarm) {
  for (const char* junk : {",", ";", ",;,;", "/", "*", ";q=1", "a/b;;q"})
    EXPECT_LE(accept_quality(junk, "text/plain"), 0) << junk;
}

TEST(Negotiation, GzipIsSentToThoseWhoTakeIt) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, GZIP;q=0.5, br"));
  EXPECT_TRUE(accepts_gzip("x-gzip"));
  EXPECT_TRUE(accepts_gzip("*"));
}

TEST(Negotiation, GzipIsNotSentToOthers) {
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("deflate, br"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("*, gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("*;q=0"));
}

TEST(Negotiation, ErrorsUnderApiAreJsonUnlessTextIsWanted) {
  HttpRequest request;
  request.path = "/api/v1/leaks";
  EXPECT_TRUE(wants_json_problem(request));
  request.accept = "text/plain";
  EXPECT_FALSE(wants_json_problem(request));
}

TEST(Negotiation, ErrorsOnPagesAreTextUnlessJsonIsWanted) {
  EXPECT_FALSE(wants_json_problem(asked("")));
  EXPECT_FALSE(wants_json_problem(asked("*/*")));
  EXPECT_TRUE(wants_json_problem(asked("application/json")));
  EXPECT_TRUE(wants_json_problem(asked("", "json")));
  EXPECT_FALSE(wants_json_problem(asked("application/json", "text")));
}

}  // namespace
}  // namespace tcpstated
