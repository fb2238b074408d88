// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// URL parameters to questions. One table names every parameter of a listing:
/// help, errors and tests read it too.

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "engine/listing.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace tcpstated {

struct ListingParameter {
  std::string_view name;
  std::string_view help;     ///< "only connections in this state"
  std::string_view expects;  ///< "a state such as close_wait"
  std::string_view example;  ///< "close_wait"
  /// false: the text does not fit.
  bool (*apply)(const std::string& text, ListingQuery& query);
  bool once = false;  ///< repeating it makes no sense
};

inline constexpr std::size_t kDefaultLimit = 100;
inline constexpr std::size_t kMaxLimit = 10'000;

/// Different parameters must all hold; of one that is repeated, any value may,
/// unless it is to be given `once`.
[[nodiscard]] std::span<const ListingParameter> listing_parameters();

/// Every problem at once; unknown parameters are problems.
[[nodiscard]] std::expected<ListingQuery, Problem> parse_listing_query(
    const HttpRequest& request);

/// The parameter "limit" of a resource that knows no other (beside "format").
[[nodiscard]] std::expected<std::size_t, Problem> parse_limit(
    const HttpRequest& request, std::size_t by_default);

/// A Problem if the request has any parameter but "format".
[[nodiscard]] std::expected<void, Problem> expect_no_parameters(
    const HttpRequest& request);

/// The path and query of the page after this one.
[[nodiscard]] std::string next_page_target(const HttpRequest& request,
                                           std::uint64_t after);

}  // namespace tcpstated
