// SPDX-License-Identifier: Apache-2.0
// The limits and deadlines of plain connections hold for TLS.
#include <gtest/gtest.h>

#include "fakes/certificates.hpp"
#include "fakes/temporary_folder.hpp"
#include "unit/http/http_world.hpp"
#include "unit/http/tls_client.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

struct TlsServerTest : HttpWorld {
  FakeAuthority authority;

  std::shared_ptr<const TlsContext> new_context() {
    const PemPair pair = authority.issue("server", "DNS:localhost");
    auto made =
        TlsContext::make({.certificate = pair.certificate, .key = pair.key});
    EXPECT_TRUE(made);
    return *made;
  }
  void start_with_tls() {
    start();
    server->set_policy({.tls = new_context()});
  }
  bool shake_hands(TlsClient& client) {
    return run_until([&] { return client.shake_hands(); });
  }
  bool run_until_received(TlsClient& client, std::string_view end) {
    return run_until([&] { return client.receive().ends_with(end); });
  }
};

TEST_F(TlsServerTest, ARequestIsAnsweredAndTheConnectionKept) {
  start_with_tls();
  TlsClient client(address());
  ASSERT_TRUE(shake_hands(client));
  for (const char* n : {"1", "2"}) {
    ASSERT_TRUE(client.send(get(std::string("/good?n=") + n)));
    EXPECT_TRUE(run_until_received(client, std::string("good") + n + "\n"));
  }
  EXPECT_EQ(server->stats().accepted, 1U);
}

TEST_F(TlsServerTest, ABigBodyArrivesWhole) {
  start_with_tls();
  TlsClient client(address());
  ASSERT_TRUE(shake_hands(client));
  client.send(get("/big"));
  EXPECT_TRUE(run_until([&] { return client.receive().size() > big_bytes; }));
}

TEST_F(TlsServerTest, TheEndIsToldByTlsToo) {
  start_with_tls();
  TlsClient client(address());
  ASSERT_TRUE(shake_hands(client));
  client.send(get("/good", "Connection: close\r\n"));
  EXPECT_TRUE(run_until([&] {
    client.receive();
    return client.ended_in_order();
  }));
}

TEST_F(TlsServerTest, AClientThatSaysNoGoodbyeIsForgotten) {
  start_with_tls();
  TlsClient client(address());
  ASSERT_TRUE(shake_hands(client));
  client.send(get("/good", "Connection: close\r\n"));
  EXPECT_TRUE(run_until_received(client, "good\n"));
  EXPECT_TRUE(run_until_connections(0)) << "it waits for one second";
}

TEST_F(TlsServerTest, AnIdleConnectionIsEndedInOrder) {
  options.idle_deadline = 20ms;
  start_with_tls();
  TlsClient client(address());
  ASSERT_TRUE(shake_hands(client));
  client.send(get("/good"));
  EXPECT_TRUE(run_until([&] {
    client.receive();
    return client.ended_in_order();
  }));
}

TEST_F(TlsServerTest, ASilentClientIsClosedAtTheDeadlineOfTheHead) {
  options.head_deadline = 20ms;
  start_with_tls();
  Client client(address());
  EXPECT_TRUE(run_until_closed(client));
}

TEST_F(TlsServerTest, AClientThatGoesWithoutAWordIsNoMalformedRequest) {
  start_with_tls();
  Client client(address());
  client.finish();
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_TRUE(run_until_connections(0));
  EXPECT_EQ(server->stats().malformed, 0U);
  EXPECT_EQ(server->stats().handshakes_failed, 0U);
}

TEST_F(TlsServerTest, HalfAHandshakeIsClosedAtTheDeadlineOfTheHead) {
  options.head_deadline = 20ms;
  start_with_tls();
  Client client(address());
  client.send("\x16\x03\x01\x02");
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(server->stats().connections, 0U);
}

TEST_F(TlsServerTest, TheHandshakeAndTheHeadShareOneDeadline) {
  options.head_deadline = 100ms;
  start_with_tls();
  TlsClient client(address());
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(shake_hands(client));
  EXPECT_TRUE(run_until_connections(0));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
}

TEST_F(TlsServerTest, SlowHandshakesCountAsConnectionsAndGiveWay) {
  options.max_connections = 3;
  start_with_tls();
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 6; ++i) {
    slow.push_back(std::make_unique<Client>(address()));
    slow.back()->send("\x16\x03");
    settle();
  }
  EXPECT_LE(server->stats().connections, 3U);
  TlsClient client(address());
  ASSERT_TRUE(shake_hands(client));
  client.send(get("/good"));
  EXPECT_TRUE(run_until_received(client, "good\n"));
  EXPECT_GE(server->stats().evicted, 4U);
}

TEST_F(TlsServerTest, JunkThatLooksLikeAHandshakeIsCounted) {
  start_with_tls();
  Client client(address());
  client.send("\x16junk that is no handshake at all, of TLS or of anything");
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(server->stats().handshakes_failed, 1U);
  EXPECT_TRUE(run_until_connections(0));
}

TEST_F(TlsServerTest, PlainHttpIsToldInWords) {
  start_with_tls();
  Client client(address());
  const Answer answer = ask(client, kGood);
  EXPECT_EQ(answer.status, 400U);
  EXPECT_TRUE(answer.body.contains("https://"));
  EXPECT_EQ(good, 0U);
  EXPECT_TRUE(run_until_closed(client));
}

TEST_F(TlsServerTest, TlsAtAPlainPortIsRefusedAtOnce) {
  start();
  TlsClient client(address());
  EXPECT_FALSE(client.shake_hands());
  EXPECT_TRUE(run_until([&] { return server->stats().malformed == 1; }));
}

TEST_F(TlsServerTest, AUnixSocketIsPlain) {
  const TemporaryFolder folder;
  options.listen = {"unix:" + folder.file("api.sock")};
  start_with_tls();
  Client client(address());
  EXPECT_EQ(ask(client, kGood).status, 200U);
}

TEST_F(TlsServerTest, AnotherCertificateIsForNewConnections) {
  start_with_tls();
  TlsClient before(address());
  ASSERT_TRUE(shake_hands(before));
  before.send(get("/held"));
  ASSERT_TRUE(run_until([&] { return held.size() == 1; }));
  TlsClient idle(address());
  ASSERT_TRUE(shake_hands(idle));
  idle.send(get("/good"));
  EXPECT_TRUE(run_until_received(idle, "good\n"));

  server->set_policy({.tls = new_context()});
  EXPECT_TRUE(run_until([&] {
    idle.receive();
    return idle.ended_in_order();
  }));
  answer_held();
  EXPECT_TRUE(run_until_received(before, "late\n"));
  EXPECT_TRUE(before.receive().contains("Connection: close"));
  TlsClient after(address());
  EXPECT_TRUE(shake_hands(after));
}

TEST_F(TlsServerTest, ConfiguredHeadersReplaceOurs) {
  start();
  server->set_policy(
      {.headers = {{"Content-Security-Policy", "default-src 'self'"},
                   {"Strict-Transport-Security", "max-age=1"}}});
  Client client(address());
  const Answer answer = ask(client, kGood);
  EXPECT_EQ(answer.field("Content-Security-Policy"), "default-src 'self'");
  EXPECT_FALSE(answer.head.contains("sandbox"));
  EXPECT_EQ(answer.field("Strict-Transport-Security"), "max-age=1");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
}

}  // namespace
}  // namespace tcpstated
