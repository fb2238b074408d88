// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Which representation a client gets (RFC 9110, 12.5). The User-Agent is never
/// looked at.

#include <expected>
#include <span>
#include <string_view>

#include "http/message.hpp"
#include "http/problem.hpp"

namespace tcpstated {

/// One representation of a resource.
struct MediaType {
  std::string_view type;    ///< "text/plain"
  std::string_view format;  ///< "text": what ?format= calls it
};

/// The index of the representation to send: what ?format= names, else what
/// Accept likes best, the first of `offered` where it does not care. A Problem:
/// 400 for an unknown format, 406 if nothing is acceptable.
[[nodiscard]] std::expected<std::size_t, Problem> choose_representation(
    const HttpRequest& request, std::span<const MediaType> offered);

/// The quality (0 to 1) that an Accept header gives to a media type.
[[nodiscard]] double accept_quality(std::string_view accept,
                                    std::string_view type);

/// Whether gzip is acceptable, by Accept-Encoding.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// Whether errors go out as JSON.
[[nodiscard]] bool wants_json_problem(const HttpRequest& request);

}  // namespace tcpstated
