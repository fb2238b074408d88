// SPDX-License-Identifier: Apache-2.0
#include "api/answering.hpp"

#include <array>

#include "base/strings.hpp"
#include "http/negotiation.hpp"

namespace tcpstated {

std::optional<Representation> choose(const HttpRequest& request,
                                     Representation first,
                                     HttpRespond& respond) {
  constexpr MediaType kText{"text/plain", "text"};
  constexpr MediaType kJson{"application/json", "json"};
  const bool text_first = first == Representation::Text;
  const std::array<MediaType, 2> offered{text_first ? kText : kJson,
                                         text_first ? kJson : kText};
  auto chosen = choose_representation(request, offered);
  if (!chosen) {
    respond(to_response(std::move(chosen).error(), request));
    return std::nullopt;
  }
  return (*chosen == 0) == text_first ? Representation::Text
                                      : Representation::Json;
}

HttpResponse render(Representation as, const std::function<std::string()>& text,
                    const std::function<std::string()>& json) {
  return as == Representation::Text ? ok(kTextType, text())
                                    : ok(kJsonType, json());
}

std::expected<void, Problem> expect_text(const HttpRequest& request) {
  if (find_value(request.query, "format") == nullptr) return {};
  constexpr std::array<MediaType, 1> kOnlyText{{{"text/plain", "text"}}};
  auto chosen = choose_representation(request, kOnlyText);
  if (!chosen) return std::unexpected(std::move(chosen).error());
  return {};
}

bool begin_slow_question(ApiState& state, const HttpRequest& request,
                         HttpRespond& respond) {
  if (state.slow_questions >= state.options.max_slow_questions) {
    respond(to_response({.status = 503,
                         .detail = "Too many listings are being made.",
                         .hint = "again in a moment",
                         .headers = {{"Retry-After", "1"}}},
                        request));
    return false;
  }
  ++state.slow_questions;
  return true;
}

std::string own_address(const HttpRequest& request) {
  return request.base.empty() ? "localhost:19293" : request.base;
}

HttpResponse unavailable(const Error& error, const HttpRequest& request) {
  return to_response({.status = 503,
                      .detail = "The kernel did not answer: " +
                                printable(error.message, 1024) + ".",
                      .hint = "again in a moment",
                      .headers = {{"Retry-After", "1"}}},
                     request);
}

}  // namespace tcpstated
