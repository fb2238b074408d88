// SPDX-License-Identifier: Apache-2.0
#include "http/problem.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tcpstated {
namespace {

HttpRequest asked(std::string path, std::string accept = "") {
  HttpRequest request;
  request.path = std::move(path);
  request.accept = std::move(accept);
  return request;
}

Problem bad_limit() {
  return {.status = 400,
          .detail = "This makes no sense.",
          .hint = "?limit=10",
          .errors = {{"limit", "'x' is not a number"}}};
}

TEST(Problem, APersonGetsTwoLinesAndTheParameters) {
  const HttpResponse response = to_response(bad_limit(), asked("/leaks"));
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(*response.body,
            "error: This makes no sense.\n"
            "  limit: 'x' is not a number\n"
            "try: ?limit=10\n");
}

TEST(Problem, WithoutAHintThereIsNothingToTry) {
  EXPECT_EQ(*to_text_response({.status = 404, .detail = "No."}).body,
            "error: No.\n");
}

TEST(Problem, AProgramGetsProblemJson) {
  const HttpResponse response =
      to_response(bad_limit(), asked("/api/v1/leaks"));
  EXPECT_EQ(response.content_type, "application/problem+json");
  const auto json = boost::json::parse(*response.body).as_object();
  EXPECT_EQ(json.at("status").to_number<unsigned>(), 400U);
  EXPECT_EQ(json.at("title").as_string(), "Bad Request");
  EXPECT_EQ(json.at("type").as_string(), "/help#error-400");
  EXPECT_EQ(json.at("detail").as_string(), "This makes no sense.");
  EXPECT_EQ(json.at("instance").as_string(), "/api/v1/leaks");
  EXPECT_EQ(json.at("hint").as_string(), "?limit=10");
  EXPECT_EQ(json.at("errors").at(0).at("parameter").as_string(), "limit");
  EXPECT_EQ(json.at("errors").at(0).at("detail").as_string(),
            "'x' is not a number");
}

TEST(Problem, JsonLeavesOutWhatIsNotThere) {
  const HttpResponse response =
      to_response({.status = 404, .detail = "No."}, asked("/api/v1/nothing"));
  const auto json = boost::json::parse(*response.body).as_object();
  EXPECT_FALSE(json.contains("errors"));
  EXPECT_FALSE(json.contains("hint"));
}

TEST(Problem, OnAPageThoseWhoWantJsonGetIt) {
  const auto type = [](const char* accept) {
    return to_response(bad_limit(), asked("/leaks", accept)).content_type;
  };
  EXPECT_EQ(type("application/json"), "application/problem+json");
  EXPECT_EQ(type("*/*"), kTextType);
}

TEST(Problem, KeepsItsHeaders) {
  for (const char* path : {"/leaks", "/api/v1/leaks"}) {
    const HttpResponse response = to_response(
        {.status = 503, .detail = "", .headers = {{"Retry-After", "1"}}},
        asked(path));
    ASSERT_EQ(response.headers.size(), 1U) << path;
    EXPECT_EQ(response.headers[0].name, "Retry-After");
    EXPECT_EQ(response.headers[0].value, "1");
  }
}

TEST(Problem, EveryStatusInUseHasItsPhrase) {
  for (const unsigned status :
       {400, 403, 404, 405, 406, 408, 413, 414, 417, 431, 501, 503, 505})
    EXPECT_NE(reason_phrase(status), "Error") << status;
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(299), "Error");
}

}  // namespace
}  // namespace tcpstated
