// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The HTTP server: accepts, limits, hands requests to the router. It knows
/// nothing about TCP states.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/http_options.hpp"
#include "http/http_record.hpp"
#include "http/router.hpp"
#include "http/web_policy.hpp"

namespace boost::asio {
class io_context;
}

namespace tcpstated {

/// Totals since the start, and what is open now.
struct HttpStats {
  std::size_t connections = 0;
  std::size_t max_connections = 0;  ///< the effective cap
  std::uint64_t accepted = 0;
  std::uint64_t evicted = 0;            ///< closed to make room, or too slow
  std::uint64_t accept_failed = 0;      ///< no descriptor, no memory
  std::uint64_t malformed = 0;          ///< refused before they had a route
  std::uint64_t overloaded = 0;         ///< told 503: too many at once
  std::uint64_t handshakes_failed = 0;  ///< of TLS
};

/// Lives on the thread that runs the io_context; to be destroyed when that
/// runs no more.
class HttpServer {
 public:
  using Observer = std::function<void(const HttpRecord&)>;

  /// Opens every address of the options; fails if one cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> listen(
      boost::asio::io_context& io, const HttpOptions& options, Router router,
      Observer observer);
  ~HttpServer();

  /// As bound, with the real port where 0 was asked for.
  [[nodiscard]] const std::vector<std::string>& addresses() const;
  [[nodiscard]] HttpStats stats() const;
  [[nodiscard]] Router& router();

  /// For new connections and new requests. Connections whose TLS is another
  /// one than the policy's end with their next answer.
  void set_policy(WebPolicy policy);
  /// Called before clients are accepted and before a request is answered: time
  /// to look for a new policy.
  void on_activity(std::function<void()> look);

  /// Accepts no more, closes what is idle, lets running requests end.
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
