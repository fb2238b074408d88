// SPDX-License-Identifier: Apache-2.0
#include "http/http_gate.hpp"

#include <cstdint>
#include <functional>
#include <iterator>
#include <random>
#include <utility>

#include "base/strings.hpp"
#include "http/problem.hpp"

namespace tcpstated {
namespace {

/// Failed logins of an address: twenty at once, then one every five seconds. So
/// an owner who was locked out by a neighbour is back within seconds of its
/// end.
constexpr RateLimit kAttempts{.interval = std::chrono::seconds(5), .burst = 20};
constexpr std::size_t kMaxAddresses = 4096;
/// Of HttpOptions::max_requests, strangers who guess passwords take no more.
constexpr std::size_t kMaxWaiting = 16;

HttpResponse too_many(std::string detail, Duration wait,
                      const HttpRequest& request) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return to_response({.status = 429,
                      .detail = std::move(detail),
                      .hint = "again in " + std::to_string(seconds) + " s",
                      .headers = {{"Retry-After", std::to_string(seconds)}}},
                     request);
}

/// The same for every reason: who guesses learns nothing.
HttpResponse unauthorized(const HttpRequest& request) {
  return to_response(
      {.status = 401,
       .detail = "This server wants a user and a password.",
       .hint = std::string("curl -u USER ") +
               (request.peer.tls ? "https://" : "") + printable(request.host) +
               printable(request.path),
       .headers = {{"WWW-Authenticate",
                    R"(Basic realm="tcpstated", charset="UTF-8")"}}},
      request);
}

}  // namespace

HttpGate::HttpGate(boost::asio::io_context& io, Router router)
    : router_(std::move(router)),
      attempts_(kAttempts, kMaxAddresses),
      worker_(io, kMaxWaiting),
      salt_(std::to_string(std::random_device{}())) {}

void HttpGate::set_policy(WebPolicy policy) {
  if (policy.rate_limit.interval == Duration::zero())
    bucket_.reset();
  else if (!bucket_ || policy.rate_limit != policy_.rate_limit)
    bucket_.emplace(policy.rate_limit);
  policy_ = std::move(policy);
}

std::string_view HttpGate::answer(const HttpRequest& request,
                                  HttpRespond respond, Time now) {
  // A probe of the service manager can neither log in nor wait.
  if (router_.is_health(request.path))
    return router_.dispatch(request, std::move(respond));
  if (const auto wait = bucket_ ? bucket_->take(now) : std::nullopt) {
    respond(too_many("This server answers no more requests than this.", *wait,
                     request));
    return "";
  }
  if (policy_.users.empty())
    return router_.dispatch(request, std::move(respond));
  const auto given = parse_basic_credentials(request.authorization);
  if (given)
    log_in(*given, request, std::move(respond), now);
  else
    respond(unauthorized(request));
  return router_.name_of(request.path);
}

void HttpGate::log_in(const BasicCredentials& given, const HttpRequest& request,
                      HttpRespond respond, Time now) {
  const std::string& address = request.peer.address;
  // Before anything that tells a right password from a wrong one, the cache
  // included.
  if (const auto wait = attempts_.begin(address, now))
    return respond(
        too_many("Too many failed logins from your address.", *wait, request));
  const std::string hash = hash_to_compare(given.user);
  if (cache_.knows(given.user, hash, given.password)) {
    attempts_.forgive(address);
    return admit(request, std::move(respond));
  }
  if (worker_.is_full()) {
    attempts_.forgive(address);
    return respond(
        to_response({.status = 503,
                     .detail = "Too many passwords are being compared.",
                     .hint = "again in a moment",
                     .headers = {{"Retry-After", "1"}}},
                    request));
  }
  worker_.compare(hash, given.password,
                  [this, given, hash, request,
                   respond = std::move(respond)](bool right) mutable {
                    on_compared(right, given, hash, std::move(request),
                                std::move(respond));
                  });
}

void HttpGate::on_compared(bool right, const BasicCredentials& given,
                           const std::string& hash, HttpRequest request,
                           HttpRespond respond) {
  // The user may be gone, or have another password, since the comparison began.
  const auto user = policy_.users.find(given.user);
  if (!right || user == policy_.users.end() || user->second != hash)
    return respond(unauthorized(request));
  cache_.remember(given.user, hash, given.password);
  attempts_.forgive(request.peer.address);
  admit(std::move(request), std::move(respond));
}

/// Of a user who does not exist: the hash of one who does, always the same for
/// the same name and unpredictable, so that the time a refusal takes tells
/// nobody who exists.
const std::string& HttpGate::hash_to_compare(std::string_view user) const {
  const auto known = policy_.users.find(user);
  if (known != policy_.users.end()) return known->second;
  const std::size_t index =
      std::hash<std::string>{}(salt_ + std::string(user)) %
      policy_.users.size();
  return std::next(policy_.users.begin(), static_cast<std::ptrdiff_t>(index))
      ->second;
}

void HttpGate::admit(HttpRequest request, HttpRespond respond) {
  request.authenticated = true;
  request.authorization.clear();
  router_.dispatch(request, std::move(respond));
}

}  // namespace tcpstated
