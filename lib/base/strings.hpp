// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Text: parsing numbers strictly, showing strangers' names safely, writing
/// times the way people read them.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace tcpstated {

/// The whole of `text` as a number in decimal (or `base`); nullopt for an
/// empty text, a sign on an unsigned type, trailing characters or overflow.
template <std::integral T>
[[nodiscard]] std::optional<T> parse_number(std::string_view text,
                                            int base = 10) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return value;
}

/// Without leading and trailing blanks, tabs and line ends.
[[nodiscard]] std::string_view trim(std::string_view text);

/// ASCII only, independent of the locale.
[[nodiscard]] std::string to_lower(std::string_view text);

/// Pieces between `separator`; "a,,b" has three, "" has one (empty).
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  char separator);

/// Pieces between runs of blanks and tabs; none of them empty.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);

/// A name chosen by a stranger (a process, a cgroup, a query) made fit for a
/// terminal, a label, JSON or a log: valid UTF-8, with control characters,
/// bidirectional overrides and invalid bytes written as \xNN or \u{NNNN}. After
/// at most `max_bytes` it is cut between characters, and "..." put behind.
[[nodiscard]] std::string printable(std::string_view raw,
                                    std::size_t max_bytes = 256);

/// Whether every byte belongs to a well-formed UTF-8 sequence (RFC 3629).
[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// Terminal columns of valid UTF-8 text, one per code point: good enough for
/// names, which are ASCII in practice.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Two significant units at most, as people write ages: "350ms", "71s",
/// "12m05s", "2h03m", "4d07h".
[[nodiscard]] std::string format_age(Duration age);

/// Go and Prometheus style durations: "1h30m", "250ms", "60s", "0". Units ns us
/// ms s m h d w, each at most once and in falling order.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// What parse_duration() reads back, in the largest units: "1h30m", "250ms".
/// Not for negative durations.
[[nodiscard]] std::string format_duration(Duration duration);

/// RFC 3339 in UTC with `digits` (0-9) of the second: "2026-11-24T03:00:01Z".
[[nodiscard]] std::string format_rfc3339(WallTime at, int digits = 3);

/// The candidate most like `word` for "did you mean", nullopt if none is close.
[[nodiscard]] std::optional<std::string_view> closest(
    std::string_view word, std::span<const std::string_view> candidates);

}  // namespace tcpstated
