// SPDX-License-Identifier: Apache-2.0
#include "api/routes.hpp"

#include <algorithm>
#include <utility>

#include "api/answering.hpp"
#include "api/connection_query.hpp"
#include "api/exposition.hpp"
#include "api/json_views.hpp"
#include "api/pages.hpp"
#include "base/strings.hpp"

namespace tcpstated {
namespace {

using enum RouteAccess;
using enum Representation;

/// Leaks listed unless ?limit= says otherwise.
constexpr std::size_t kDefaultLeaks = 1000;

/// A resource that is at hand: no parameters, no waiting.
template <typename Text, typename Json>
auto at_hand(Representation first, Text text, Json json) {
  return [first, text, json](const HttpRequest& request, std::string_view,
                             HttpRespond respond) {
    if (auto bad = expect_no_parameters(request); !bad)
      return respond(to_response(std::move(bad).error(), request));
    if (const auto as = choose(request, first, respond))
      respond(render(
          *as, [&] { return text(request); }, [&] { return json(request); }));
  };
}

auto overview(ApiState& state) {
  return at_hand(
      Text,
      [&state](const HttpRequest& request) {
        return overview_page(state.daemon, *state.view, state.config.leaks,
                             own_address(request));
      },
      [&state](const HttpRequest&) {
        return overview_json(state.daemon, *state.view);
      });
}

auto states(ApiState& state, Representation first) {
  return at_hand(
      first, [&state](const HttpRequest&) { return states_page(*state.view); },
      [&state](const HttpRequest&) { return states_json(*state.view); });
}

auto status(ApiState& state, Representation first) {
  return at_hand(
      first,
      [&state](const HttpRequest&) {
        return status_page(state.daemon, *state.view);
      },
      [&state](const HttpRequest&) {
        return status_json(state.daemon, *state.view);
      });
}

auto config(ApiState& state) {
  return at_hand(
      Json,
      [&state](const HttpRequest&) { return format_config(state.config); },
      [&state](const HttpRequest&) { return config_json(state.config); });
}

auto leaks(ApiState& state, Representation first) {
  return [&state, first](const HttpRequest& request, std::string_view,
                         HttpRespond respond) {
    const auto limit = parse_limit(request, kDefaultLeaks);
    if (!limit) return respond(to_response(limit.error(), request));
    const auto as = choose(request, first, respond);
    if (!as || !begin_slow_question(state, request, respond)) return;
    state.engine->list_leaks(
        *limit, on_io_thread<LeakListing>(
                    state, [&state, as = *as, respond = std::move(respond)](
                               const LeakListing& leaks) mutable {
                      respond(render(
                          as,
                          [&] {
                            return leaks_page(*state.view, state.config.leaks,
                                              leaks);
                          },
                          [&] { return leaks_json(*state.view, leaks); }));
                    }));
  };
}

HttpResponse connections_response(ApiState& state, const HttpRequest& request,
                                  Representation as, const ListingPage& page) {
  const std::string next =
      page.next ? next_page_target(request, *page.next) : "";
  HttpResponse response = render(
      as, [&] { return connections_page(page, own_address(request) + next); },
      [&] { return connections_json(page, *state.view); });
  if (!next.empty())
    response.headers.push_back({"Link", "<" + next + ">; rel=\"next\""});
  return response;
}

auto connections(ApiState& state, Representation first) {
  return [&state, first](const HttpRequest& request, std::string_view,
                         HttpRespond respond) {
    auto query = parse_listing_query(request);
    if (!query) return respond(to_response(std::move(query).error(), request));
    const auto as = choose(request, first, respond);
    if (!as || !begin_slow_question(state, request, respond)) return;
    state.engine->list(
        std::move(*query),
        on_io_thread<Result<ListingPage>>(
            state, [&state, request, as = *as, respond = std::move(respond)](
                       Result<ListingPage> page) mutable {
              respond(page ? connections_response(state, request, as, *page)
                           : unavailable(page.error(), request));
            }));
  };
}

HttpResponse connection_response(ApiState& state, const HttpRequest& request,
                                 Representation as, const ListingPage& page) {
  if (page.rows.empty())
    return to_response({.status = 404,
                        .detail = "There is no connection with this id; it "
                                  "may have closed.",
                        .hint = "/connections"},
                       request);
  return render(
      as, [&] { return connection_page(page.rows.front(), page.at); },
      [&] { return connection_json(page.rows.front(), page.at, *state.view); });
}

auto connection(ApiState& state, Representation first) {
  return [&state, first](const HttpRequest& request, std::string_view argument,
                         HttpRespond respond) {
    if (auto bad = expect_no_parameters(request); !bad)
      return respond(to_response(std::move(bad).error(), request));
    const auto id = parse_number<std::uint64_t>(argument);
    if (!id)
      return respond(
          to_response({.status = 400,
                       .detail = "The id of a connection is a number.",
                       .hint = "/connections",
                       .errors = {{"id", "'" + printable(argument) + "'"}}},
                      request));
    const auto as = choose(request, first, respond);
    if (!as || !begin_slow_question(state, request, respond)) return;
    ListingQuery query;
    query.id = *id;
    query.limit = 1;
    state.engine->list(
        std::move(query),
        on_io_thread<Result<ListingPage>>(
            state, [&state, request, as = *as, respond = std::move(respond)](
                       Result<ListingPage> page) mutable {
              respond(page ? connection_response(state, request, as, *page)
                           : unavailable(page.error(), request));
            }));
  };
}

auto listeners(ApiState& state, Representation first) {
  return [&state, first](const HttpRequest& request, std::string_view,
                         HttpRespond respond) {
    if (auto bad = expect_no_parameters(request); !bad)
      return respond(to_response(std::move(bad).error(), request));
    const auto as = choose(request, first, respond);
    if (!as || !begin_slow_question(state, request, respond)) return;
    std::vector<std::uint64_t> inodes;
    for (const ListenerView& listener : state.view->listeners)
      inodes.insert(inodes.end(), listener.inodes.begin(),
                    listener.inodes.end());
    state.engine->find_holders(
        std::move(inodes),
        on_io_thread<Result<ProcessScan>>(
            state,
            [view = state.view, request, as = *as,
             respond = std::move(respond)](Result<ProcessScan> owners) mutable {
              if (!owners) return respond(unavailable(owners.error(), request));
              respond(render(
                  as, [&] { return listeners_page(*view, *owners); },
                  [&] { return listeners_json(*view, *owners); }));
            }));
  };
}

auto processes(ApiState& state, Representation first) {
  return [&state, first](const HttpRequest& request, std::string_view,
                         HttpRespond respond) {
    if (auto bad = expect_no_parameters(request); !bad)
      return respond(to_response(std::move(bad).error(), request));
    const auto as = choose(request, first, respond);
    if (!as || !begin_slow_question(state, request, respond)) return;
    state.engine->report_processes(on_io_thread<Result<ProcessReport>>(
        state,
        [view = state.view, request, as = *as,
         respond = std::move(respond)](Result<ProcessReport> report) mutable {
          if (!report) return respond(unavailable(report.error(), request));
          respond(render(
              as, [&] { return processes_page(*report); },
              [&] { return processes_json(*report, *view); }));
        }));
  };
}

auto metrics_page(ApiState& state) {
  return [&state](const HttpRequest& request, std::string_view,
                  HttpRespond respond) {
    if (auto bad = expect_no_parameters(request); !bad)
      return respond(to_response(std::move(bad).error(), request));
    if (auto bad = expect_text(request); !bad)
      return respond(to_response(std::move(bad).error(), request));
    const bool own = state.options.exporter_metrics;
    auto families =
        collect_metrics({.daemon = state.daemon,
                         .view = *state.view,
                         .self = state.read_self(),
                         .log = state.log,
                         .reload = state.reload,
                         .http = state.http_stats(),
                         .max_processes = state.config.leaks.max_processes},
                        own);
    if (own)
      for (auto& family : state.requests.collect())
        families.push_back(std::move(family));
    respond(ok(kTextExpositionType, to_text_exposition(families)));
  };
}

auto healthy() {
  return [](const HttpRequest&, std::string_view, HttpRespond respond) {
    respond(ok(kTextType, "ok\n"));
  };
}

auto ready(ApiState& state) {
  return [&state](const HttpRequest&, std::string_view, HttpRespond respond) {
    HttpResponse response =
        ok(kTextType, state.view->ready ? "ok\n" : "not yet\n");
    if (!state.view->ready) response.status = 503;
    respond(std::move(response));
  };
}

auto reload(ApiState& state) {
  return [&state](const HttpRequest& request, std::string_view,
                  HttpRespond respond) {
    if (const auto reloaded = state.reload_config(); !reloaded)
      return respond(to_response(
          {.status = 500,
           .detail = "The new configuration is bad, the old one stays: " +
                     printable(reloaded.error().message, 4096),
           .hint = "tcpstated --config.check"},
          request));
    respond(ok(kTextType, "reloaded\n"));
  };
}

auto quit(ApiState& state) {
  return [&state](const HttpRequest&, std::string_view, HttpRespond respond) {
    respond(ok(kTextType, "stopping\n"));
    state.quit();
  };
}

}  // namespace

std::vector<Route> make_routes(ApiState& state) {
  using enum HttpMethod;
  std::vector<Route> routes{
      {Get, "/", "states, leaks, in one screen", Detail, overview(state)},
      {Get, "/leaks", "who forgot which socket, and why", Detail,
       leaks(state, Text)},
      {Get, "/connections", "connections, by the parameters below", Detail,
       connections(state, Text)},
      {Get, "/connections/{id}", "one connection in full", Detail,
       connection(state, Text)},
      {Get, "/listeners", "listening sockets and their accept queues", Detail,
       listeners(state, Text)},
      {Get, "/processes", "sockets per process and state", Detail,
       processes(state, Text)},
      {Get, "/states", "how many sockets, and what each state means", Open,
       states(state, Text)},
      {Get, "/status", "the daemon: backends, abilities, losses", Open,
       status(state, Text)},
      {Get, "/help", "this page", Open, {}},
      {Get, state.options.telemetry_path, "metrics for Prometheus", Open,
       metrics_page(state)},
      {Get, "/api/v1/status", "/status as JSON", Open, status(state, Json)},
      {Get, "/api/v1/states", "/states as JSON", Open, states(state, Json)},
      {Get, "/api/v1/connections", "/connections as JSON", Detail,
       connections(state, Json)},
      {Get, "/api/v1/connections/{id}", "/connections/{id} as JSON", Detail,
       connection(state, Json)},
      {Get, "/api/v1/leaks", "/leaks as JSON", Detail, leaks(state, Json)},
      {Get, "/api/v1/listeners", "/listeners as JSON", Detail,
       listeners(state, Json)},
      {Get, "/api/v1/processes", "/processes as JSON", Detail,
       processes(state, Json)},
      {Get, "/api/v1/config", "the configuration in use", Detail,
       config(state)},
      {Get, "/-/healthy", "ok while the daemon runs", Health, healthy()},
      {Get, "/-/ready", "ok once the first sweep is done", Health,
       ready(state)},
  };
  if (state.options.lifecycle) {
    routes.push_back({Post, "/-/reload", "load the configuration anew", Detail,
                      reload(state)});
    routes.push_back({Post, "/-/quit", "stop the daemon", Detail, quit(state)});
  }
  const auto help = std::ranges::find(routes, "/help", &Route::path);
  // A copy of the table as it is now: help lists every route, itself too.
  help->handle = [listed = routes](const HttpRequest& request, std::string_view,
                                   HttpRespond respond) {
    respond(ok(kTextType, help_page(listed, own_address(request))));
  };
  return routes;
}

}  // namespace tcpstated
