// SPDX-License-Identifier: Apache-2.0
#include "http/external_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

/// Characters that stand for themselves in a path, so that no decoding makes
/// two prefixes of one.
bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_plain_path(std::string_view path) {
  return std::ranges::all_of(split(path, '/'), [](std::string_view segment) {
    return !segment.empty() && segment != "." && segment != ".." &&
           std::ranges::all_of(segment, is_plain);
  });
}

}  // namespace

Result<std::string> parse_route_prefix(std::string_view text) {
  std::string_view path = text;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return std::string();
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!is_plain_path(path))
    return fail("'" + printable(text) +
                "' is not a path of letters, digits, '-', '.', '_', '~'");
  return "/" + std::string(path);
}

Result<ExternalUrl> parse_external_url(std::string_view text) {
  if (text.empty()) return ExternalUrl{};
  const auto bad = [&](std::string_view why) {
    return fail("'" + printable(text) + "' " + std::string(why));
  };
  const auto parsed = boost::urls::parse_uri(
      boost::urls::string_view(text.data(), text.size()));
  if (!parsed) return bad("is not a URL such as 'https://host/path'");
  const boost::urls::url_view url = *parsed;
  const std::string scheme = to_lower(std::string(url.scheme()));
  if (scheme != "http" && scheme != "https")
    return bad("does not begin with http:// or https://");
  if (url.encoded_host().empty()) return bad("names no host");
  if (url.has_userinfo() || url.has_query() || url.has_fragment())
    return bad("has more than a host, a port and a path");
  auto path = parse_route_prefix(std::string(url.encoded_path()));
  if (!path) return std::unexpected(std::move(path).error());
  const auto host = url.encoded_host_and_port();
  return ExternalUrl{
      .text = scheme + "://" + std::string(host.data(), host.size()) + *path,
      .path = *path};
}

}  // namespace tcpstated
