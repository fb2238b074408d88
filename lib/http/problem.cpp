// SPDX-License-Identifier: Apache-2.0
#include "http/problem.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "http/negotiation.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<unsigned, std::string_view>, 18> kReasons{{
    {302, "Found"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
}};

std::string to_text(const Problem& problem) {
  std::string text = "error: " + problem.detail + "\n";
  for (const ParameterProblem& error : problem.errors)
    text += "  " + error.parameter + ": " + error.detail + "\n";
  if (!problem.hint.empty()) text += "try: " + problem.hint + "\n";
  return text;
}

std::string to_json(const Problem& problem, const HttpRequest& request) {
  json::object object{{"type", "/help#error-" + std::to_string(problem.status)},
                      {"title", reason_phrase(problem.status)},
                      {"status", problem.status},
                      {"detail", problem.detail},
                      {"instance", request.path}};
  json::array errors;
  for (const ParameterProblem& error : problem.errors)
    errors.push_back(
        {{"parameter", error.parameter}, {"detail", error.detail}});
  if (!errors.empty()) object["errors"] = std::move(errors);
  if (!problem.hint.empty()) object["hint"] = problem.hint;
  return json::serialize(object) + "\n";
}

HttpResponse make(Problem& problem, std::string_view type, std::string body) {
  HttpResponse response = ok(type, std::move(body));
  response.status = problem.status;
  response.headers = std::move(problem.headers);
  return response;
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  const auto* const found = std::ranges::find(
      kReasons, status, &std::pair<unsigned, std::string_view>::first);
  return found == kReasons.end() ? "Error" : found->second;
}

HttpResponse to_response(Problem problem, const HttpRequest& request) {
  if (!wants_json_problem(request)) return to_text_response(std::move(problem));
  std::string body = to_json(problem, request);
  return make(problem, "application/problem+json", std::move(body));
}

HttpResponse to_text_response(Problem problem) {
  std::string body = to_text(problem);
  return make(problem, kTextType, std::move(body));
}

}  // namespace tcpstated
