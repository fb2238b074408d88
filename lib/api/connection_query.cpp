// SPDX-License-Identifier: Apache-2.0
#include "api/connection_query.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// Moves a parsed value to the end of a list; false if there is none.
template <typename List, typename Parsed>
bool append(List& list, Parsed parsed) {
  if (!parsed) return false;
  list.push_back(*parsed);
  return true;
}

bool apply_state(const std::string& text, ListingQuery& query) {
  const auto state = parse_state(text);
  if (!state) return false;
  query.filter.states.insert(*state);
  return true;
}

bool apply_protocol(const std::string& text, ListingQuery& query) {
  for (std::size_t i = 0; i < kProtocolLabels.size(); ++i)
    if (text == kProtocolLabels[i]) {
      query.filter.protocol = static_cast<Protocol>(i);
      return true;
    }
  return false;
}

bool apply_cause(const std::string& text, ListingQuery& query) {
  for (const LeakCauseInfo& cause : kLeakCauses)
    if (text == cause.label) {
      query.causes.push_back(cause.cause);
      return true;
    }
  return false;
}

bool apply_min_age(const std::string& text, ListingQuery& query) {
  const auto age = parse_duration(text);
  if (age) query.filter.min_age = *age;
  return age.has_value();
}

bool apply_limit(const std::string& text, ListingQuery& query) {
  const auto limit = parse_number<std::size_t>(text);
  if (!limit || *limit == 0 || *limit > kMaxLimit) return false;
  query.limit = *limit;
  return true;
}

bool apply_after(const std::string& text, ListingQuery& query) {
  const auto after = parse_number<std::uint64_t>(text);
  if (after) query.after = *after;
  return after.has_value();
}

bool apply_name(const std::string& text, std::vector<std::string>& names) {
  if (text.empty()) return false;
  names.push_back(text);
  return true;
}

constexpr std::array<ListingParameter, 13> kParameters{{
    {"state", "in this state", "a state such as close_wait, CLOSE-WAIT",
     "close_wait", &apply_state},
    {"cause", "in close_wait for this reason",
     "one of never_accepted, unread_data, unread_eof, not_closed, half_close",
     "not_closed", &apply_cause},
    {"process", "held by processes of this name", "a process name", "java",
     [](const std::string& text, ListingQuery& query) {
       return apply_name(text, query.processes);
     }},
    {"pid", "held by this process", "a process id", "2211",
     [](const std::string& text, ListingQuery& query) {
       return append(query.pids, parse_number<std::int32_t>(text));
     }},
    {"unit", "held by processes of this systemd unit", "a unit name",
     "nginx.service",
     [](const std::string& text, ListingQuery& query) {
       return apply_name(text, query.units);
     }},
    {"local", "with a local address in this network",
     "an address or a prefix such as 10.0.0.0/8", "10.0.0.0/8",
     [](const std::string& text, ListingQuery& query) {
       return append(query.filter.local, IpPrefix::parse(text));
     }},
    {"remote", "with a remote address in this network",
     "an address or a prefix such as 10.0.0.0/8", "2001:db8::/32",
     [](const std::string& text, ListingQuery& query) {
       return append(query.filter.remote, IpPrefix::parse(text));
     }},
    {"local_port", "with this local port", "a port from 0 to 65535", "443",
     [](const std::string& text, ListingQuery& query) {
       return append(query.filter.local_ports,
                     parse_number<std::uint16_t>(text));
     }},
    {"remote_port", "with this remote port", "a port from 0 to 65535", "5432",
     [](const std::string& text, ListingQuery& query) {
       return append(query.filter.remote_ports,
                     parse_number<std::uint16_t>(text));
     }},
    {"protocol", "of this protocol", "tcp or mptcp", "mptcp", &apply_protocol,
     true},
    {"min_age", "in their state for at least this long",
     "a duration such as 90s or 1h30m", "60s", &apply_min_age, true},
    {"limit", "at most so many", "a number from 1 to 10000", "1000",
     &apply_limit, true},
    {"after", "the page after this id", "the value of \"next\"", "4711",
     &apply_after, true},
}};

Problem bad_parameters(std::vector<ParameterProblem> errors) {
  return {.status = 400,
          .detail = "The query has parameters that do not work.",
          .hint = "/help",
          .errors = std::move(errors)};
}

ParameterProblem unknown_parameter(const std::string& name,
                                   std::vector<std::string_view> known) {
  known.emplace_back("format");
  const auto near = closest(name, known);
  return {printable(name),
          "There is no such parameter here." +
              (near ? " Did you mean '" + std::string(*near) + "'?"
                    : std::string())};
}

ParameterProblem bad_value(const ListingParameter& parameter,
                           const std::string& value) {
  return {std::string(parameter.name), "'" + printable(value) + "' is not " +
                                           std::string(parameter.expects)};
}

/// Applies those of `known` that the request has.
std::expected<ListingQuery, Problem> apply_all(
    const HttpRequest& request, std::span<const ListingParameter> known) {
  ListingQuery query;
  query.limit = kDefaultLimit;
  query.filter.states = {};  // until one is named
  std::vector<std::string_view> names;
  for (const ListingParameter& parameter : known)
    names.push_back(parameter.name);
  std::vector<ParameterProblem> errors;
  std::set<std::string_view> given;
  for (const QueryItem& item : request.query) {
    if (item.name == "format") continue;
    const auto parameter =
        std::ranges::find(known, item.name, &ListingParameter::name);
    if (parameter == known.end())
      errors.push_back(unknown_parameter(item.name, names));
    else if (!given.insert(item.name).second && parameter->once)
      errors.push_back({item.name, "It can be given once only."});
    else if (!parameter->apply(item.value, query))
      errors.push_back(bad_value(*parameter, item.value));
  }
  if (query.filter.states.empty()) query.filter.states = StateSet::all();
  if (errors.empty()) return query;
  return std::unexpected(bad_parameters(std::move(errors)));
}

}  // namespace

std::span<const ListingParameter> listing_parameters() { return kParameters; }

std::expected<ListingQuery, Problem> parse_listing_query(
    const HttpRequest& request) {
  return apply_all(request, kParameters);
}

std::expected<std::size_t, Problem> parse_limit(const HttpRequest& request,
                                                std::size_t by_default) {
  const auto limit = std::ranges::find(kParameters, std::string_view("limit"),
                                       &ListingParameter::name);
  auto query = apply_all(request, std::span(limit, 1));
  if (!query) return std::unexpected(std::move(query).error());
  return find_value(request.query, "limit") != nullptr ? query->limit
                                                       : by_default;
}

std::expected<void, Problem> expect_no_parameters(const HttpRequest& request) {
  auto query = apply_all(request, {});
  if (!query) return std::unexpected(std::move(query).error());
  return {};
}

std::string next_page_target(const HttpRequest& request, std::uint64_t after) {
  std::string target = request.path + "?";
  for (const QueryItem& item : request.query)
    if (item.name != "after")
      target += item.name + "=" + encode_query_value(item.value) + "&";
  return target + "after=" + std::to_string(after);
}

}  // namespace tcpstated
