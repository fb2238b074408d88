// SPDX-License-Identifier: Apache-2.0
#include "http/negotiation.hpp"

#include <optional>
#include <string>
#include <vector>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// "0.75" as RFC 9110 12.4.2 writes weights; anything else counts as 0.
double parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1'))
    return 0;
  double weight = text[0] - '0';
  if (text.size() == 1) return weight;
  if (text[1] != '.') return 0;
  double digit = 0.1;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return 0;
    weight += (c - '0') * digit;
    digit /= 10;
  }
  return weight <= 1 ? weight : 0;
}

/// One element of an Accept or Accept-Encoding list.
struct Preference {
  std::string range;  ///< lower case
  double weight = 1;
};

std::vector<Preference> parse_preferences(std::string_view header) {
  std::vector<Preference> preferences;
  for (const std::string_view element : split(header, ',')) {
    const auto parts = split(element, ';');
    Preference preference{.range = to_lower(trim(parts[0]))};
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::string parameter = to_lower(trim(parts[i]));
      if (parameter.starts_with("q="))
        preference.weight = parse_weight(std::string_view(parameter).substr(2));
    }
    if (!preference.range.empty()) preferences.push_back(preference);
  }
  return preferences;
}

/// How exactly `range` names `type`: 3 itself, 2 "text/*", 1 "*/*", 0 not.
int specificity(std::string_view range, std::string_view type) {
  if (range == type) return 3;
  const std::string_view family = type.substr(0, type.find('/') + 1);
  if (range.size() == family.size() + 1 && range.starts_with(family) &&
      range.ends_with('*'))
    return 2;
  return range == "*/*" ? 1 : 0;
}

std::expected<std::size_t, Problem> by_format(
    const std::string& format, std::span<const MediaType> offered) {
  std::string known;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    if (offered[i].format == format) return i;
    known += (i > 0 ? ", " : "") + std::string(offered[i].format);
  }
  return std::unexpected(Problem{
      .status = 400,
      .detail = "This resource has no such format.",
      .hint = "?format=" + std::string(offered[0].format),
      .errors = {
          {"format", "'" + printable(format) + "' is none of: " + known}}});
}

}  // namespace

double accept_quality(std::string_view accept, std::string_view type) {
  if (trim(accept).empty()) return 1;
  int best = 0;
  double quality = 0;
  for (const Preference& preference : parse_preferences(accept)) {
    const int exactness = specificity(preference.range, type);
    if (exactness > best) {
      best = exactness;
      quality = preference.weight;
    }
  }
  return quality;
}

std::expected<std::size_t, Problem> choose_representation(
    const HttpRequest& request, std::span<const MediaType> offered) {
  if (const std::string* format = find_value(request.query, "format"))
    return by_format(*format, offered);
  std::optional<std::size_t> best;
  double best_quality = 0;
  std::string types;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const double quality = accept_quality(request.accept, offered[i].type);
    if (quality > best_quality) {
      best = i;
      best_quality = quality;
    }
    types += (i > 0 ? ", " : "") + std::string(offered[i].type);
  }
  if (best) return *best;
  return std::unexpected(
      Problem{.status = 406,
              .detail = "This resource is available as " + types + ".",
              .hint = "-H 'Accept: " + std::string(offered[0].type) + "'"});
}

bool accepts_gzip(std::string_view accept_encoding) {
  double any = 0;
  for (const Preference& preference : parse_preferences(accept_encoding)) {
    if (preference.range == "gzip" || preference.range == "x-gzip")
      return preference.weight > 0;
    if (preference.range == "*") any = preference.weight;
  }
  return any > 0;
}

bool wants_json_problem(const HttpRequest& request) {
  if (const std::string* format = find_value(request.query, "format"))
    return *format == "json" || request.path.starts_with("/api/");
  const double json = accept_quality(request.accept, kJsonType);
  const double text = accept_quality(request.accept, "text/plain");
  return request.path.starts_with("/api/") ? json >= text : json > text;
}

}  // namespace tcpstated
