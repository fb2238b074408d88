// SPDX-License-Identifier: Apache-2.0
#include "http/http_server.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "unit/http/http_world.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

using HttpServerTest = HttpWorld;

TEST_F(HttpServerTest, AnswersWithTheHeadersOfEveryResponse) {
  start();
  Client client(address());
  const Answer answer = ask(client, kGood);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "good\n");
  EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(answer.field("Content-Length"), "5");
  EXPECT_EQ(answer.field("Content-Type"), kTextType);
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(answer.field("Content-Security-Policy"),
            "default-src 'none'; sandbox");
  EXPECT_EQ(answer.field("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(answer.field("Server"), "");
}

TEST_F(HttpServerTest, TheDateIsAnImfFixdate) {
  start();
  Client client(address());
  const std::string date = ask(client, kGood).field("Date");
  std::tm parts{};
  const char* const end =
      ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  ASSERT_NE(end, nullptr) << date;
  EXPECT_EQ(*end, '\0') << date;
  EXPECT_NEAR(static_cast<double>(::timegm(&parts)),
              static_cast<double>(::time(nullptr)), 5);
}

TEST_F(HttpServerTest, AConnectionIsKeptForTheNextRequest) {
  start();
  Client client(address());
  EXPECT_EQ(ask(client, get("/good?n=1")).field("Connection"), "keep-alive");
  EXPECT_EQ(ask(client, get("/good?n=2")).body, "good2\n");
  EXPECT_EQ(server->stats().accepted, 1U);
}

TEST_F(HttpServerTest, AClientThatWantsToCloseIsClosed) {
  start();
  Client client(address());
  const Answer answer = ask(client, get("/good", "Connection: close\r\n"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_FALSE(client.was_reset());
}

TEST_F(HttpServerTest, Http10IsAnsweredAndClosed) {
  start();
  Client client(address());
  EXPECT_EQ(ask(client, "GET /good HTTP/1.0\r\n\r\n").status, 200U);
  EXPECT_TRUE(run_until_closed(client));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Client client(address());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += get("/good?n=" + std::to_string(i));
  client.send(requests);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(receive(client).body, "good" + std::to_string(i) + "\n");
}

TEST_F(HttpServerTest, APipelinedRequestWaitsForTheOneBefore) {
  start();
  Client client(address());
  client.send(get("/held") + get("/good"));
  ASSERT_TRUE(run_until([&] { return held.size() == 1; }));
  settle();
  EXPECT_EQ(good, 0U);
  answer_held();
  EXPECT_EQ(receive(client).body, "late\n");
  EXPECT_EQ(receive(client).body, "good\n");
}

TEST_F(HttpServerTest, DoesNotReadAheadOfAnAnswer) {
  start();
  Client client(address());
  begin_held(client);
  constexpr std::size_t kFarMoreThanBuffers = std::size_t{64} << 20;
  std::size_t taken = 0;
  for (std::size_t more = 1; more > 0 && taken < kFarMoreThanBuffers;) {
    taken += more = client.send(std::string(65536, 'x'));
    settle();
  }
  EXPECT_LT(taken, kFarMoreThanBuffers);
}

TEST_F(HttpServerTest, HeadIsAnsweredWithoutTheBodyButItsLength) {
  start();
  Client client(address());
  const Answer head =
      ask(client, "HEAD /good HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.field("Content-Length"), "5");
  EXPECT_EQ(head.field("Content-Type"), kTextType);
  EXPECT_EQ(ask(client, get("/good?n=2")).body, "good2\n");
}

TEST_F(HttpServerTest, OptionsIsAnsweredWithoutABody) {
  start();
  Client client(address());
  const Answer answer =
      ask(client, "OPTIONS /good HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(answer.status, 204U);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(answer.field("Content-Length"), "");
  EXPECT_EQ(ask(client, kGood).status, 200U) << "and the connection is kept";
}

TEST_F(HttpServerTest, ABigBodyArrivesWhole) {
  start();
  Client client(address());
  EXPECT_EQ(ask(client, get("/big")).body, std::string(big_bytes, 'b'));
}

TEST_F(HttpServerTest, ABigBodyIsPackedForThoseWhoTakeIt) {
  start();
  Client client(address());
  const Answer answer = ask(client, get("/big", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(answer.field("Content-Encoding"), "gzip");
  EXPECT_TRUE(answer.body.starts_with("\x1f\x8b"));
  EXPECT_LT(answer.body.size(), big_bytes / 10);
}

TEST_F(HttpServerTest, ASmallBodyIsNotPacked) {
  big_bytes = 1023;
  start();
  Client client(address());
  const std::string request = get("/big", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(ask(client, request).field("Content-Encoding"), "");
  big_bytes = 1024;
  EXPECT_EQ(ask(client, request).field("Content-Encoding"), "gzip");
}

TEST_F(HttpServerTest, AnUnknownPathIsNotFoundAndTheConnectionKept) {
  start();
  Client client(address());
  EXPECT_EQ(ask(client, get("/nowhere")).status, 404U);
  EXPECT_EQ(ask(client, kGood).status, 200U);
}

TEST_F(HttpServerTest, ARequestOfOneByteSegmentsIsAnswered) {
  start();
  Client client(address());
  for (const char c : kGood) {
    client.send({&c, 1});
    settle();
  }
  EXPECT_EQ(receive(client).status, 200U);
}

TEST_F(HttpServerTest, AClientThatHalfClosesStillGetsItsAnswer) {
  start();
  Client client(address());
  client.send(kGood);
  client.finish();
  EXPECT_EQ(receive(client).body, "good\n");
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_TRUE(run_until_connections(0));
}

TEST_F(HttpServerTest, AClientThatHalfClosesGetsALateAnswerToo) {
  start();
  Client client(address());
  begin_held(client);
  client.finish();
  settle();
  answer_held();
  EXPECT_EQ(receive(client).body, "late\n");
  EXPECT_TRUE(run_until_closed(client));
}

TEST_F(HttpServerTest, AClientThatHalfClosesGetsAllItsPipelinedAnswers) {
  start();
  Client client(address());
  client.send(get("/good?n=1") + get("/good?n=2"));
  client.finish();
  EXPECT_EQ(receive(client).body, "good1\n");
  EXPECT_EQ(receive(client).body, "good2\n");
  EXPECT_TRUE(run_until_closed(client));
}

TEST_F(HttpServerTest, HalfARequestAndAHalfCloseIsNoRequest) {
  start();
  Client client(address());
  client.send(kGood.substr(0, 20));
  client.finish();
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(client.received(), "");
  EXPECT_EQ(server->stats().malformed, 0U);
}

TEST_F(HttpServerTest, AClientThatLeavesBeforeItsAnswerIsForgotten) {
  start();
  Client client(address());
  begin_held(client);
  client.close();
  answer_held();
  EXPECT_TRUE(run_until_connections(0));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].status, 200U);
}

TEST_F(HttpServerTest, ThePeerIsKnown) {
  start();
  Client client(address());
  EXPECT_EQ(ask(client, get("/peer")).body, "127.0.0.1 loopback");
}

TEST_F(HttpServerTest, AnIpv4PeerOfAListenerForBothFamiliesIsCalledSo) {
  options.listen = {":0"};
  start();
  Client client(address());
  EXPECT_EQ(ask(client, get("/peer")).body, "127.0.0.1 loopback");
}

TEST_F(HttpServerTest, EveryAnswerIsTold) {
  start();
  Client client(address());
  ask(client, kGood);
  ask(client, get("/nowhere"));
  ask(client, "BREW /good HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ask(client, "junk\r\n\r\n");
  ASSERT_EQ(told.size(), 4U);
  EXPECT_EQ(told[0].route + " " + told[0].method, "/good GET");
  EXPECT_EQ(told[0].status, 200U);
  EXPECT_EQ(told[1].route + " " + told[1].method, " GET");
  EXPECT_EQ(told[1].status, 404U);
  EXPECT_EQ(told[2].route + " " + told[2].method, "/good other");
  EXPECT_EQ(told[2].status, 405U);
  EXPECT_EQ(told[3].route + " " + told[3].method, " ");
  EXPECT_EQ(told[3].status, 400U);
}

TEST_F(HttpServerTest, AQuestionThatIsDroppedIsUnavailable) {
  start();
  Client client(address());
  const Answer answer = ask(client, get("/dropped"));
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.field("Retry-After"), "1");
}

TEST_F(HttpServerTest, AHandlerThatThrowsDoesNotLeaveItsClientWaiting) {
  start();
  Client client(address());
  client.send(get("/thrown"));
  EXPECT_THROW(run_until([] { return false; }), std::runtime_error);
  EXPECT_EQ(receive(client).status, 503U);
}

TEST_F(HttpServerTest, AnAnswerMayComeFromAnotherThread) {
  start();
  Client client(address());
  begin_held(client);
  std::jthread other([this] { answer_held(); });
  EXPECT_EQ(receive(client).body, "late\n");
}

TEST_F(HttpServerTest, TheFirstAnswerCounts) {
  start();
  Client client(address());
  begin_held(client);
  held[0](ok(kTextType, "first\n"));
  held[0](ok(kTextType, "second\n"));
  EXPECT_EQ(receive(client).body, "first\n");
  EXPECT_EQ(ask(client, kGood).body, "good\n");
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(HttpServerTest, AHandlerHasAllTheTimeItNeeds) {
  options.head_deadline = 10ms;
  options.idle_deadline = 10ms;
  options.write_deadline = 10ms;
  start();
  Client client(address());
  begin_held(client);
  io.run_for(50ms);
  answer_held();
  EXPECT_EQ(receive(client).body, "late\n");
}

TEST_F(HttpServerTest, MoreRequestsThanAllowedAreTurnedAway) {
  options.max_requests = 2;
  start();
  Client first(address());
  Client second(address());
  Client third(address());
  begin_held(first);
  begin_held(second);
  const Answer refused = ask(third, kGood);
  EXPECT_EQ(refused.status, 503U);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  EXPECT_EQ(server->stats().overloaded, 1U);
  answer_held();
  EXPECT_EQ(receive(first).status, 200U);
  EXPECT_EQ(receive(second).status, 200U);
  EXPECT_EQ(ask(third, kGood).status, 200U) << "there is room again";
}

}  // namespace
}  // namespace tcpstated
