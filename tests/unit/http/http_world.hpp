// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The real HttpServer on a loopback port and clients of raw sockets, all in
/// the test's thread: the server runs while a test waits for something.

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/strings.hpp"
#include "http/http_server.hpp"
#include "unit/http/client.hpp"

namespace tcpstated {

/// The server with routes of a few kinds, and what it told its observer.
struct HttpWorld : testing::Test {
  struct Told {
    std::string route;
    std::string method;
    unsigned status;
  };

  boost::asio::io_context io;
  HttpOptions options{.listen = {"127.0.0.1:0"}};
  std::vector<Told> told;
  std::size_t good = 0;             ///< requests that reached /good
  std::vector<HttpRespond> held;    ///< what /held has not answered yet
  std::size_t big_bytes = 4 << 20;  ///< the body of /big
  std::unique_ptr<HttpServer> server;

  std::vector<Route> routes() {
    using enum HttpMethod;
    return {
        {Get, "/good", "", RouteAccess::Open,
         [this](const HttpRequest& request, std::string_view, HttpRespond to) {
           ++good;
           const std::string* n = find_value(request.query, "n");
           to(ok(kTextType, "good" + (n != nullptr ? *n : "") + "\n"));
         }},
        {Get, "/held", "", RouteAccess::Open,
         [this](const HttpRequest&, std::string_view, HttpRespond to) {
           held.push_back(std::move(to));
         }},
        {Get, "/dropped", "", RouteAccess::Open,
         [](const HttpRequest&, std::string_view, HttpRespond) {}},
        {Get, "/thrown", "", RouteAccess::Open,
         [](const HttpRequest&, std::string_view, HttpRespond) {
           throw std::runtime_error("a bug");
         }},
        {Get, "/big", "", RouteAccess::Open,
         [this](const HttpRequest&, std::string_view, HttpRespond to) {
           to(ok(kTextType, std::string(big_bytes, 'b')));
         }},
        {Get, "/peer", "", RouteAccess::Open,
         [](const HttpRequest& request, std::string_view, HttpRespond to) {
           const HttpPeer& peer = request.peer;
           to(ok(kTextType, peer.address + (peer.loopback ? " loopback" : "") +
                                (peer.unix_socket ? "unix" : "")));
         }},
    };
  }

  void start() {
    auto made = HttpServer::listen(
        io, options, Router(routes(), DetailAccess::Local),
        [this](const HttpRecord& record) {
          told.push_back({std::string(record.route), std::string(record.method),
                          record.status});
        });
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
  }

  [[nodiscard]] const std::string& address() const {
    return server->addresses().front();
  }

  /// Lets the server work until `done`; false if that takes ten seconds.
  template <typename Done>
  bool run_until(Done done) {
    const auto give_up =
        std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      if (io.stopped()) io.restart();
      io.run_one_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  bool run_until_closed(Client& client) {
    return run_until([&] {
      client.read_what_is_there();
      return client.closed();
    });
  }
  bool run_until_connections(std::size_t count) {
    return run_until([&] { return server->stats().connections == count; });
  }
  /// Until the server has nothing more to do at once.
  void settle() {
    if (io.stopped()) io.restart();
    io.poll();
  }

  /// An Answer of status 0 if there is none.
  Answer receive(Client& client, bool to_head = false) {
    std::optional<Answer> answer;
    run_until([&] {
      client.read_what_is_there();
      answer = client.take_answer(to_head);
      return answer || client.closed();
    });
    return answer.value_or(Answer{});
  }
  Answer ask(Client& client, std::string_view request, bool to_head = false) {
    client.send(request);
    return receive(client, to_head);
  }
  /// A request that is held: returns once its handler has it.
  void begin_held(Client& client) {
    const std::size_t before = held.size();
    client.send("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return held.size() == before + 1; }));
  }
  void answer_held() {
    for (HttpRespond& respond : held) respond(ok(kTextType, "late\n"));
    held.clear();
  }
};

/// A GET of HTTP/1.1; `fields` end in CR LF.
inline std::string get(const std::string& path,
                       const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

inline constexpr std::string_view kGood =
    "GET /good HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace tcpstated
