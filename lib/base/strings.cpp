// SPDX-License-Identifier: Apache-2.0
#include "base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace tcpstated {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// One decoded character, or one byte that starts none.
struct Utf8Step {
  char32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

Utf8Step decode_utf8(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 && lead <= 0xf4   ? 4
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xc2 && lead <= 0xdf ? 2
                                                            : 0;
  if (length == 0 || text.size() < length) return {};
  char32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80U) return {};
    code = code << 6U | (at(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[length] || code > 0x10ffff || surrogate) return {};
  return {code, length, true};
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/// Invisible characters that reorder or hide the text around them.
bool is_deceptive(char32_t code) {
  return code == 0x061c || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
         (code >= 0xe0000 && code <= 0xe007f);  // tags
}

struct DurationUnit {
  std::string_view name;
  Duration length;
};

constexpr std::array<DurationUnit, 8> kUnits{{
    {"w", std::chrono::weeks(1)},
    {"d", std::chrono::days(1)},
    {"h", std::chrono::hours(1)},
    {"m", std::chrono::minutes(1)},
    {"s", std::chrono::seconds(1)},
    {"ms", std::chrono::milliseconds(1)},
    {"us", std::chrono::microseconds(1)},
    {"ns", std::chrono::nanoseconds(1)},
}};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t end = text.find_first_of(" \t");
    words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end);
  }
}

std::string printable(std::string_view raw, std::size_t max_bytes) {
  std::string text;
  while (!raw.empty()) {
    const Utf8Step step = decode_utf8(raw);
    std::string piece;
    if (!step.valid)
      piece = fmt::format("\\x{:02x}", static_cast<unsigned char>(raw[0]));
    else if (is_control(step.code))
      piece = fmt::format("\\x{:02x}", static_cast<std::uint32_t>(step.code));
    else if (is_deceptive(step.code))
      piece =
          fmt::format("\\u{{{:04x}}}", static_cast<std::uint32_t>(step.code));
    else
      piece = raw.substr(0, step.length);
    if (text.size() + piece.size() > max_bytes) return text + "...";
    text += piece;
    raw.remove_prefix(step.length);
  }
  return text;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = decode_utf8(text);
    if (!step.valid) return false;
    text.remove_prefix(step.length);
  }
  return true;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned>(c) & 0xc0U) != 0x80; }));
}

std::string format_age(Duration age) {
  using namespace std::chrono;
  if (age < Duration::zero()) age = Duration::zero();
  if (age < seconds(1))
    return fmt::format("{}ms", duration_cast<milliseconds>(age).count());
  const auto s = duration_cast<seconds>(age).count();
  if (s < 100) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  if (s < 86400) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d{:02}h", s / 86400, s / 3600 % 24);
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  Duration total{};
  auto unit = kUnits.begin();
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) return std::nullopt;
    const auto count = parse_number<std::int64_t>(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::size_t letters = text.find_first_of("0123456789");
    const std::string_view name = text.substr(0, letters);
    unit = std::find_if(unit, kUnits.end(), [&](const DurationUnit& candidate) {
      return candidate.name == name;
    });
    if (!count || unit == kUnits.end()) return std::nullopt;
    const auto room = (Duration::max() - total) / unit->length;
    if (*count > room) return std::nullopt;
    total += *count * unit->length;
    ++unit;
    text.remove_prefix(name.size());
  }
  return total;
}

std::string format_duration(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  std::string text;
  for (const DurationUnit& unit : kUnits) {
    const auto count = duration / unit.length;
    if (count == 0) continue;
    text += fmt::format("{}{}", count, unit.name);
    duration -= count * unit.length;
  }
  return text;
}

std::string format_rfc3339(WallTime at, int digits) {
  using namespace std::chrono;
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss<Duration> time(at - day);
  std::string text = fmt::format(
      "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      time.hours().count(), time.minutes().count(), time.seconds().count());
  if (digits > 0) {
    const std::string nanos = fmt::format("{:09}", time.subseconds().count());
    text += '.';
    text += nanos.substr(0, static_cast<std::size_t>(std::min(digits, 9)));
  }
  return text + "Z";
}

std::optional<std::string_view> closest(
    std::string_view word, std::span<const std::string_view> candidates) {
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace tcpstated
