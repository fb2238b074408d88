// SPDX-License-Identifier: Apache-2.0
// How the HttpServer begins and ends.
#include "http/http_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>

#include "fakes/temporary_folder.hpp"
#include "http/listen_socket.hpp"
#include "unit/http/http_world.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

using HttpStopTest = HttpWorld;

TEST_F(HttpStopTest, ServesAUnixSocket) {
  const TemporaryFolder folder;
  options.listen = {"unix:" + folder.file("api.sock")};
  start();
  EXPECT_EQ(address(), options.listen[0]);
  Client client(address());
  EXPECT_EQ(ask(client, get("/peer")).body, "unix");
}

TEST_F(HttpStopTest, ServesSeveralAddresses) {
  options.listen = {"127.0.0.1:0", "127.0.0.1:0"};
  start();
  ASSERT_EQ(server->addresses().size(), 2U);
  for (const std::string& each : server->addresses()) {
    Client client(each);
    EXPECT_EQ(ask(client, kGood).status, 200U) << each;
  }
}

TEST_F(HttpStopTest, StartsOnAllAddressesOrNot) {
  const TemporaryFolder folder;
  const std::string path = folder.file("api.sock");
  options.listen = {"unix:" + path, "nonsense"};
  const auto made = HttpServer::listen(io, options, Router({}, {}), {});
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().message.contains("'nonsense'"));
  EXPECT_FALSE(std::filesystem::exists(path)) << "left behind";
}

TEST_F(HttpStopTest, StopClosesWhatIsIdle) {
  start();
  Client idle(address());
  Client begun(address());
  EXPECT_EQ(ask(idle, kGood).status, 200U);
  begun.send("GET /go");
  ASSERT_TRUE(run_until_connections(2));
  settle();
  server->stop();
  EXPECT_EQ(server->stats().connections, 0U);
  EXPECT_TRUE(run_until_closed(idle));
  EXPECT_TRUE(run_until_closed(begun));
}

TEST_F(HttpStopTest, StopLetsAnAnswerBeReadAndClosesThen) {
  start();
  Client client(address());
  client.send(get("/big"));
  ASSERT_TRUE(run_until([&] { return told.size() == 1; }));
  server->stop();
  EXPECT_EQ(receive(client).body.size(), big_bytes);
  EXPECT_TRUE(run_until_closed(client));
}

TEST_F(HttpStopTest, StopLetsARunningRequestEndAndThenThereIsNoWork) {
  options.head_deadline = 10ms;
  start();
  Client client(address());
  begin_held(client);
  server->stop();
  io.run_for(50ms);
  EXPECT_FALSE(io.stopped()) << "a request is running";
  answer_held();
  const Answer answer = receive(client);
  EXPECT_EQ(answer.body, "late\n");
  EXPECT_EQ(answer.field("Connection"), "close");
  client.close();
  EXPECT_TRUE(run_until([&] { return io.stopped(); }));
  EXPECT_EQ(server->stats().connections, 0U);
}

TEST_F(HttpStopTest, StopAnswersWhatWasPipelinedNoMore) {
  start();
  Client client(address());
  client.send(get("/held") + get("/good"));
  ASSERT_TRUE(run_until([&] { return held.size() == 1; }));
  server->stop();
  answer_held();
  EXPECT_EQ(receive(client).body, "late\n");
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(good, 0U);
}

TEST_F(HttpStopTest, AfterStopNobodyCanConnect) {
  start();
  server->stop();
  EXPECT_FALSE(Client(address()).connected());
}

TEST_F(HttpStopTest, StopWhileAClientIsAtTheDoorIsTheEnd) {
  start();
  Client client(address());
  server->stop();
  EXPECT_TRUE(run_until([&] { return io.stopped(); }));
  EXPECT_EQ(server->stats().accepted, 0U);
}

TEST_F(HttpStopTest, StopJustBeforeAcceptingGoesOnIsTheEnd) {
  options.max_connections = 1;
  start();
  Client first(address());
  begin_held(first);
  Client second(address());
  settle();  // no room: accepting pauses
  answer_held();
  first.close();
  ASSERT_TRUE(run_until_connections(0));
  boost::asio::io_context clock;
  boost::asio::steady_timer(clock, 150ms).wait();
  // The pause has expired; stop() runs between that and its handler.
  boost::asio::post(io, [this] { server->stop(); });
  EXPECT_TRUE(run_until([&] { return io.stopped(); }));
  EXPECT_EQ(server->stats().accept_failed, 0U);
}

TEST_F(HttpStopTest, StopRemovesItsUnixSocketOnce) {
  const TemporaryFolder folder;
  const std::string path = folder.file("api.sock");
  options.listen = {"unix:" + path};
  start();
  server->stop();
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto successor = open_listen_socket("unix:" + path);
  ASSERT_TRUE(successor);
  server.reset();
  EXPECT_TRUE(std::filesystem::exists(path)) << "took the successor's";
}

TEST_F(HttpStopTest, MayGoBeforeItsAnswers) {
  start();
  Client client(address());
  begin_held(client);
  Client idle(address());
  ASSERT_TRUE(run_until_connections(2));
  server.reset();
  answer_held();  // posted, and thrown away with the io_context
  EXPECT_EQ(told.size(), 0U);
}

}  // namespace
}  // namespace tcpstated
