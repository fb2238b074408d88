// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// What a request passes before the router: the rate limit, then the login.
/// Private to this room.

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/attempt_limit.hpp"
#include "http/basic_credentials.hpp"
#include "http/login_cache.hpp"
#include "http/message.hpp"
#include "http/password_worker.hpp"
#include "http/router.hpp"
#include "http/web_policy.hpp"

namespace tcpstated {

/// Belongs to the I/O thread. It is told the time.
class HttpGate {
 public:
  using Time = TokenBucket::Time;

  HttpGate(boost::asio::io_context& io, Router router);

  /// From now on; who was admitted stays so.
  void set_policy(WebPolicy policy);
  [[nodiscard]] const WebPolicy& policy() const { return policy_; }
  [[nodiscard]] Router& router() { return router_; }

  /// Answers the request, or has the router answer it. Returns the path of its
  /// route for metrics, "" if it has none.
  std::string_view answer(const HttpRequest& request, HttpRespond respond,
                          Time now);

 private:
  void log_in(const BasicCredentials& given, const HttpRequest& request,
              HttpRespond respond, Time now);
  void on_compared(bool right, const BasicCredentials& given,
                   const std::string& hash, HttpRequest request,
                   HttpRespond respond);
  [[nodiscard]] const std::string& hash_to_compare(std::string_view user) const;
  void admit(HttpRequest request, HttpRespond respond);

  Router router_;
  WebPolicy policy_;
  std::optional<TokenBucket> bucket_;
  AttemptLimit attempts_;
  LoginCache cache_;
  PasswordWorker worker_;
  std::string salt_;  ///< of hash_to_compare()
};

}  // namespace tcpstated
