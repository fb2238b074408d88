// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Paths to handlers. The route table is data: help, documentation and tests
/// read it too.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/http_options.hpp"
#include "http/message.hpp"

namespace tcpstated {

/// Who may use a route.
enum class RouteAccess : std::uint8_t {
  Open,    ///< everybody who can connect
  Detail,  ///< shows addresses and processes: as HttpOptions::detail_access
           ///< says
  Health,  ///< everybody, even where others must log in
};

struct Route {
  HttpMethod method = HttpMethod::Get;  ///< Get answers HEAD as well
  std::string_view path;     ///< "/leaks"; a last segment "{id}" takes anything
  std::string_view summary;  ///< one line for /help
  RouteAccess access = RouteAccess::Open;
  /// `argument` is what "{id}" stood for, else empty.
  std::function<void(const HttpRequest&, std::string_view argument,
                     HttpRespond)>
      handle;
};

class Router {
 public:
  /// Every path has `prefix` ("/tcpstated") before it.
  Router(std::vector<Route> routes, DetailAccess detail_access,
         std::string prefix = "")
      : routes_(std::move(routes)),
        detail_access_(detail_access),
        prefix_(std::move(prefix)) {}

  /// Finds the route, checks access, calls the handler or answers the problem
  /// itself. Returns the path of the route for metrics, "" if there was none.
  std::string_view dispatch(const HttpRequest& request, HttpRespond respond);

  /// What dispatch() would return.
  [[nodiscard]] std::string_view name_of(std::string_view path) const;
  [[nodiscard]] bool is_health(std::string_view path) const;

  void set_detail_access(DetailAccess access) { detail_access_ = access; }
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Found {
    std::vector<const Route*> routes;  ///< of one path, one for each method
    std::string_view argument;
  };

  [[nodiscard]] std::optional<std::string_view> without_prefix(
      std::string_view path) const;
  [[nodiscard]] Found find(std::string_view path) const;
  [[nodiscard]] HttpResponse not_found(const HttpRequest& request) const;
  std::string_view dispatch_inside(const HttpRequest& request,
                                   HttpRespond respond);

  std::vector<Route> routes_;
  DetailAccess detail_access_;
  std::string prefix_;
};

/// Why this request may not see details, nullopt if it may. Who has logged in
/// may, from wherever. A loopback peer is not enough: a web page can make a
/// browser on this host ask (DNS rebinding), so the Host must be local and the
/// request must not come from another site.
[[nodiscard]] std::optional<std::string> refuse_detail(
    const HttpRequest& request, DetailAccess access);

}  // namespace tcpstated
