// SPDX-License-Identifier: Apache-2.0
#include "http/router.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/strings.hpp"
#include "http/problem.hpp"

namespace tcpstated {
namespace {

constexpr std::string_view kArgument = "{id}";

/// What the argument of `route` is in `path`; nullopt if it does not match.
std::optional<std::string_view> match(std::string_view route,
                                      std::string_view path) {
  if (!route.ends_with(kArgument)) {
    if (route == path) return "";
    return std::nullopt;
  }
  route.remove_suffix(kArgument.size());
  if (!path.starts_with(route) || path.size() == route.size() ||
      path.substr(route.size()).contains('/'))
    return std::nullopt;
  return path.substr(route.size());
}

bool answers(const Route& route, HttpMethod method) {
  return route.method == method ||
         (route.method == HttpMethod::Get && method == HttpMethod::Head);
}

/// "GET, HEAD, OPTIONS"
std::string allowed_methods(const std::vector<const Route*>& routes) {
  std::string allowed;
  for (const Route* route : routes) {
    allowed += std::string(label(route->method)) + ", ";
    if (route->method == HttpMethod::Get) allowed += "HEAD, ";
  }
  return allowed + "OPTIONS";
}

/// A Host header without its port and without brackets.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('['))
    return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  return host.substr(0, host.find(':'));
}

bool is_local_name(std::string_view host) {
  const std::string name(host_name(host));
  std::array<unsigned char, 16> address{};
  return to_lower(name) == "localhost" ||
         ::inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

/// Whether a browser sent this on behalf of another site.
bool is_cross_site(const HttpRequest& request) {
  if (!request.fetch_site.empty() && request.fetch_site != "same-origin" &&
      request.fetch_site != "none")
    return true;
  if (request.origin.empty()) return false;
  const std::size_t scheme = request.origin.find("://");
  return scheme == std::string::npos ||
         request.origin.substr(scheme + 3) != request.host;
}

}  // namespace

std::optional<std::string> refuse_detail(const HttpRequest& request,
                                         DetailAccess access) {
  if (is_cross_site(request))
    return "Another web site may not ask for connections and processes.";
  if (access == DetailAccess::All || request.peer.unix_socket ||
      request.authenticated)
    return std::nullopt;
  if (!request.peer.loopback)
    return "Connections and processes are shown to this host and to those who "
           "log in only (web.detail_access: local).";
  if (!is_local_name(request.host))
    return "The Host header names neither localhost nor an address "
           "(web.detail_access: local).";
  return std::nullopt;
}

HttpResponse Router::not_found(const HttpRequest& request) const {
  constexpr std::size_t kLongestGuess = 64;  // looking takes its time
  std::vector<std::string_view> paths;
  if (request.path.size() <= kLongestGuess)
    for (const Route& route : routes_) paths.push_back(route.path);
  const auto near = closest(request.path, paths);
  return to_response(
      {.status = 404,
       .detail = "There is nothing at '" + printable(request.path) + "'.",
       .hint = prefix_ + std::string(near.value_or("/help"))},
      request);
}

std::optional<std::string_view> Router::without_prefix(
    std::string_view path) const {
  if (!path.starts_with(prefix_)) return std::nullopt;
  path.remove_prefix(prefix_.size());
  if (path.empty() && !prefix_.empty()) return "/";
  if (!prefix_.empty() && !path.starts_with('/')) return std::nullopt;
  return path;
}

Router::Found Router::find(std::string_view path) const {
  Found found;
  for (const Route& route : routes_)
    if (const auto matched = match(route.path, path)) {
      found.routes.push_back(&route);
      found.argument = *matched;
    }
  return found;
}

std::string_view Router::name_of(std::string_view path) const {
  const auto inside = without_prefix(path);
  const Found found = inside ? find(*inside) : Found{};
  return found.routes.empty() ? "" : found.routes.front()->path;
}

bool Router::is_health(std::string_view path) const {
  const auto inside = without_prefix(path);
  const Found found = inside ? find(*inside) : Found{};
  return !found.routes.empty() &&
         found.routes.front()->access == RouteAccess::Health;
}

std::string_view Router::dispatch(const HttpRequest& request,
                                  HttpRespond respond) {
  if (prefix_.empty()) return dispatch_inside(request, std::move(respond));
  const auto inside = without_prefix(request.path);
  if (inside) {
    HttpRequest moved = request;
    moved.path = *inside;
    return dispatch_inside(moved, std::move(respond));
  }
  if (request.path == "/")
    respond({.status = 302,
             .content_type = "",
             .body = nullptr,
             .headers = {{"Location", prefix_ + "/"}}});
  else
    respond(not_found(request));
  return "";
}

std::string_view Router::dispatch_inside(const HttpRequest& request,
                                         HttpRespond respond) {
  const auto [here, argument] = find(request.path);
  if (here.empty()) {
    respond(not_found(request));
    return "";
  }
  const std::string_view name = here.front()->path;
  if (request.method == HttpMethod::Options) {
    respond({.status = 204,
             .content_type = "",
             .body = nullptr,
             .headers = {{"Allow", allowed_methods(here)}}});
    return name;
  }
  const auto route = std::ranges::find_if(here, [&](const Route* candidate) {
    return answers(*candidate, request.method);
  });
  if (route == here.end()) {
    respond(to_response(
        {.status = 405,
         .detail = "'" + printable(request.path) + "' cannot be asked with " +
                   printable(request.method_name) + ".",
         .headers = {{"Allow", allowed_methods(here)}}},
        request));
    return name;
  }
  if ((*route)->access == RouteAccess::Detail)
    if (const auto why = refuse_detail(request, detail_access_)) {
      respond(to_response(
          {.status = 403,
           .detail = *why,
           .hint = "curl localhost:19293" + prefix_ + printable(request.path) +
                   " on the host itself, users in --web.config.file, or "
                   "web.detail_access: all"},
          request));
      return name;
    }
  (*route)->handle(request, argument, std::move(respond));
  return name;
}

}  // namespace tcpstated
