// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Requests and responses as values. No Beast type leaves this room's sources.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/query.hpp"

namespace tcpstated {

enum class HttpMethod : std::uint8_t { Get, Head, Options, Post, Put, Other };

inline constexpr std::array<std::string_view, 6> kHttpMethodLabels{
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "other"};

[[nodiscard]] constexpr std::string_view label(HttpMethod method) {
  return kHttpMethodLabels[static_cast<std::size_t>(method)];
}

/// Who is asking, as far as the socket knows.
struct HttpPeer {
  bool loopback = false;     ///< from this host over TCP
  bool unix_socket = false;  ///< over a unix socket
  std::string address;       ///< "10.0.0.7", "" for a unix socket
  bool tls = false;
  bool verified = false;  ///< showed a certificate of the client CA
};

/// A request whose head was checked: every string is free of control
/// characters; `path` and `query` are decoded.
struct HttpRequest {
  HttpMethod method = HttpMethod::Get;
  std::string method_name;  ///< as sent
  std::string path;         ///< "/api/v1/connections/7"
  Query query;
  std::string host;             ///< Host as sent, "" only in HTTP/1.0
  std::string accept;           ///< "" if not sent
  std::string accept_encoding;  ///< likewise, and so on
  std::string origin;
  std::string fetch_site;     ///< Sec-Fetch-Site: browsers say whence they come
  std::string authorization;  ///< gone once the client has logged in
  HttpPeer peer;
  /// By a password or a verified client certificate.
  bool authenticated = false;
  /// What stands before `path` in a link: "web1:19293/tcpstated",
  /// "https://web1:19293".
  std::string base;
};

/// A body rendered once and shared by all who are sent it.
using HttpBody = std::shared_ptr<const std::string>;

struct HttpHeader {
  std::string_view name;  ///< a literal
  std::string value;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type;
  HttpBody body;
  std::vector<HttpHeader> headers;  ///< beside those every response has
};

[[nodiscard]] inline HttpResponse ok(std::string_view content_type,
                                     std::string body) {
  return {.status = 200,
          .content_type = std::string(content_type),
          .body = std::make_shared<const std::string>(std::move(body)),
          .headers = {}};
}

/// To be called once, from any thread. Not calling it at all before it is
/// destroyed answers 503. Until then it keeps the io_context of the server
/// running, and must not outlive it.
using HttpRespond = std::move_only_function<void(HttpResponse)>;

inline constexpr std::string_view kTextType = "text/plain; charset=utf-8";
inline constexpr std::string_view kJsonType = "application/json";

}  // namespace tcpstated
