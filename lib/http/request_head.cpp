// SPDX-License-Identifier: Apache-2.0
#include "http/request_head.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <boost/beast/http.hpp>

#include "base/strings.hpp"
#include "http/query.hpp"

namespace tcpstated {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

using Fields = http::request_parser<http::empty_body>::value_type;

Problem problem(unsigned status, std::string detail) {
  return {.status = status, .detail = std::move(detail)};
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

/// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || kMarks.contains(c);
  });
}

/// Visible ASCII only: RFC 3986 has no other characters.
bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

/// What a field value may hold (RFC 9110 5.5), without obs-text.
bool is_field_value(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return c == '\t' || (c >= ' ' && c < 0x7f); });
}

/// "GET /path HTTP/1.1": exactly two blanks.
std::optional<Problem> check_request_line(std::string_view line) {
  const auto parts = split(line, ' ');
  if (parts.size() != 3 || !is_token(parts[0]) || parts[1].empty() ||
      !is_visible(parts[1]) || !is_visible(parts[2]))
    return problem(400, "The request line is malformed.");
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0")
    return parts[2].starts_with("HTTP/")
               ? problem(505, "This server speaks HTTP/1.1 and HTTP/1.0.")
               : problem(400, "The request line is malformed.");
  return std::nullopt;
}

/// Every line ends in CR LF and nothing else, begins with a name, and is not
/// folded.
std::optional<Problem> check_lines(std::string_view head) {
  std::size_t number = 0;
  for (std::string_view line : split(head, '\n')) {
    const bool last = line.empty() && number > 0;
    if (last) continue;
    if (!line.ends_with('\r'))
      return problem(400, "A line does not end in CR LF.");
    line.remove_suffix(1);
    if (number++ == 0) {
      if (auto bad = check_request_line(line)) return bad;
      continue;
    }
    if (line.empty()) continue;  // the end
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon)) ||
        !is_field_value(line.substr(colon + 1)))
      return problem(400, "A header field is malformed.");
  }
  return std::nullopt;
}

/// Everything that would put a body behind the head.
std::optional<Problem> check_framing(const Fields& fields) {
  if (fields.count(http::field::transfer_encoding) > 0)
    return problem(501, "Transfer codings are not implemented.");
  if (fields.count(http::field::content_length) > 1)
    return problem(400, "There is more than one Content-Length.");
  if (const auto length = fields.find(http::field::content_length);
      length != fields.end()) {
    const auto bytes = parse_number<std::uint64_t>(
        std::string_view(length->value().data(), length->value().size()));
    if (!bytes) return problem(400, "Content-Length is not a number.");
    if (*bytes > 0) return problem(413, "No resource here takes a body.");
  }
  if (fields.count(http::field::expect) > 0)
    return problem(417, "Expectations are not supported.");
  return std::nullopt;
}

std::optional<Problem> check_host(const Fields& fields) {
  const auto hosts = fields.count(http::field::host);
  if (hosts > 1) return problem(400, "There is more than one Host.");
  if (hosts == 0 && fields.version() == 11)
    return problem(400, "The Host header is missing.");
  const auto host = fields[http::field::host];
  if (hosts == 1 && !is_valid_host({host.data(), host.size()}))
    return problem(400, "The Host header is malformed.");
  return std::nullopt;
}

HttpMethod method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return HttpMethod::Get;
    case http::verb::head:
      return HttpMethod::Head;
    case http::verb::options:
      return HttpMethod::Options;
    case http::verb::post:
      return HttpMethod::Post;
    case http::verb::put:
      return HttpMethod::Put;
    default:
      return HttpMethod::Other;
  }
}

std::optional<Problem> check_authorization(const Fields& fields) {
  if (fields.count(http::field::authorization) > 1)
    return problem(400, "There is more than one Authorization.");
  return std::nullopt;
}

/// The path and query of a target in origin form. The absolute form (RFC 9112
/// 3.2.2) is turned into it if it names the same host.
std::optional<std::string> origin_form(std::string_view target,
                                       std::string_view host) {
  constexpr std::string_view kScheme = "http://";
  if (target.starts_with('/')) return std::string(target);
  if (!to_lower(target.substr(0, kScheme.size())).starts_with(kScheme))
    return std::nullopt;
  target.remove_prefix(kScheme.size());
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  if (end == 0 || target.substr(0, end) != host) return std::nullopt;
  target.remove_prefix(end);
  return (target.starts_with('/') ? "" : "/") + std::string(target);
}

std::optional<Problem> read_target(std::string_view target,
                                   HttpRequest& request) {
  if (target == "*" && request.method == HttpMethod::Options) target = "/";
  const auto origin = origin_form(target, request.host);
  if (!origin || origin->contains('#'))
    return problem(400, "The request target is not a path.");
  const std::string_view text = *origin;
  const std::size_t mark = std::min(text.find('?'), text.size());
  auto path = decode_path(text.substr(0, mark));
  if (!path) return problem(400, "Path: " + path.error().message + ".");
  auto query = parse_query(text.substr(std::min(mark + 1, text.size())));
  if (!query) return problem(400, "Query: " + query.error().message + ".");
  request.path = std::move(*path);
  request.query = std::move(*query);
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view received) {
  // Line by line: the first empty line ends the head.
  std::size_t begin = 0;
  for (std::size_t end = received.find('\n'); end != received.npos;
       end = received.find('\n', begin)) {
    const std::string_view line = received.substr(begin, end - begin);
    begin = end + 1;
    if (line.empty() || line == "\r") return begin;
  }
  return std::nullopt;
}

std::size_t count_leading_line_ends(std::string_view received) {
  constexpr std::string_view kLineEnd = "\r\n";
  constexpr std::size_t kTolerated = 2;  // empty lines
  std::size_t lines = 0;
  while (lines < kTolerated &&
         received.substr(lines * kLineEnd.size()).starts_with(kLineEnd))
    ++lines;
  return lines * kLineEnd.size();
}

bool is_valid_host(std::string_view host) {
  std::string_view name = host;
  std::string_view port;
  const std::size_t bracket = host.find(']');
  const std::size_t colon = host.find(
      ':', host.starts_with('[') ? std::min(bracket, host.size()) : 0);
  if (colon != host.npos) {
    name = host.substr(0, colon);
    port = host.substr(colon + 1);
    if (!port.empty() && !parse_number<std::uint16_t>(port)) return false;
  }
  if (name.starts_with('[')) {
    if (!name.ends_with(']') || name.size() < 2) return false;
    const std::string address(name.substr(1, name.size() - 2));
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
  }
  return !name.empty() && name.size() <= 255 &&
         std::ranges::all_of(name, [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
         });
}

std::expected<RequestHead, Problem> parse_head(std::string_view head) {
  if (auto bad = check_lines(head)) return std::unexpected(std::move(*bad));
  http::request_parser<http::empty_body> parser;
  parser.eager(false);  // the head, and not one byte of a body
  parser.header_limit(static_cast<std::uint32_t>(head.size()));
  beast::error_code error;
  (void)parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (!parser.is_header_done())
    return std::unexpected(problem(400, "The request head is malformed."));

  const Fields& fields = parser.get();
  for (const auto& check :
       {check_framing(fields), check_host(fields), check_authorization(fields)})
    if (check) return std::unexpected(*check);
  const auto field = [&](auto name) {
    const auto value = fields[name];
    return std::string(value.data(), value.size());
  };
  RequestHead result;
  HttpRequest& request = result.request;
  request.method = method_of(fields.method());
  request.method_name = std::string(fields.method_string());
  request.host = field(http::field::host);
  request.accept = field(http::field::accept);
  request.accept_encoding = field(http::field::accept_encoding);
  request.authorization = field(http::field::authorization);
  request.origin = field(http::field::origin);
  request.fetch_site = field("Sec-Fetch-Site");
  result.keep_alive = fields.keep_alive();
  const auto target = fields.target();
  if (auto bad = read_target({target.data(), target.size()}, request))
    return std::unexpected(std::move(*bad));
  return result;
}

}  // namespace tcpstated
