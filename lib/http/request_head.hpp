// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The head of an HTTP/1.1 request, from bytes to HttpRequest. Stricter than
/// Beast 1.81's parser alone, which lets several smuggling forms through; and
/// no body parser is ever entered (reliability.md 0.1).
///
/// Source: RFC 9112, RFC 9110.

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/problem.hpp"

namespace tcpstated {

/// How many bytes of `received` the head takes, its empty line included;
/// nullopt if the empty line is not there yet. A line end may also be a lone
/// LF here, so that a malformed head is refused at once, not at the deadline.
[[nodiscard]] std::optional<std::size_t> find_head_end(
    std::string_view received);

/// Line ends before a request that RFC 9112 2.2 wants ignored.
[[nodiscard]] std::size_t count_leading_line_ends(std::string_view received);

struct RequestHead {
  HttpRequest request;  ///< without the peer
  bool keep_alive = true;
};

/// Parses a complete head. A Problem: it is malformed, or asks for something
/// this server does not do (a body, a transfer coding, Expect); the connection
/// must then be closed, because what follows cannot be told apart from a body.
[[nodiscard]] std::expected<RequestHead, Problem> parse_head(
    std::string_view head);

/// Whether `host` is a well-formed Host header: a name or an address, and
/// perhaps a port. Pure.
[[nodiscard]] bool is_valid_host(std::string_view host);

}  // namespace tcpstated
