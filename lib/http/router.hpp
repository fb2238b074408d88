// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Paths to handlers. The route table is data: help, documentation and tests
/// read it too.

#include <functional>
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
  Router(std::vector<Route> routes, DetailAccess detail_access)
      : routes_(std::move(routes)), detail_access_(detail_access) {}

  /// Finds the route, checks access, calls the handler or answers the problem
  /// itself. Returns the path of the route for metrics, "" if there was none.
  std::string_view dispatch(const HttpRequest& request, HttpRespond respond);

  void set_detail_access(DetailAccess access) { detail_access_ = access; }
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  [[nodiscard]] HttpResponse not_found(const HttpRequest& request) const;

  std::vector<Route> routes_;
  DetailAccess detail_access_;
};

/// Why this request may not see details, nullopt if it may. A loopback peer is
/// not enough: a web page can make a browser on this host ask (DNS rebinding),
/// so the Host must be local and the request must not come from another site.
[[nodiscard]] std::optional<std::string> refuse_detail(
    const HttpRequest& request, DetailAccess access);

}  // namespace tcpstated
