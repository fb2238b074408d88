// SPDX-License-Identifier: Apache-2.0
// What a client may not do to the HttpServer: be slow, be many, be big.
#include "http/http_server.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "unit/http/http_world.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

using HttpLimitsTest = HttpWorld;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

/// Sockets the kernel still keeps for a server, its listener and those in
/// TIME_WAIT aside: with nobody holding a descriptor, these are orphans.
std::size_t sockets_in_kernel(std::string_view address) {
  constexpr std::string_view kTimeWait = "06";
  constexpr std::string_view kListen = "0A";
  const auto port =
      parse_number<unsigned>(address.substr(address.rfind(':') + 1));
  std::ifstream table("/proc/self/net/tcp");
  std::size_t count = 0;
  for (std::string line; std::getline(table, line);) {
    const auto words = split_words(line);
    if (words.size() < 4 || words[0] == "sl") continue;
    const auto local =
        parse_number<unsigned>(words[1].substr(words[1].find(':') + 1), 16);
    if (local == port && words[3] != kListen && words[3] != kTimeWait) ++count;
  }
  return count;
}

/// No descriptor can be opened beyond those that are open now.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd lowest_free(::dup(0));
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(lowest_free.get());
    ::setrlimit(RLIMIT_NOFILE, &tight);
  }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(HttpLimitsTest, ASlowHeadIsToldSoAndClosed) {
  options.head_deadline = 30ms;
  start();
  Client client(address());
  client.send("GET /good HTTP/1.1\r\nHost: lo");
  EXPECT_EQ(receive(client).status, 408U);
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(server->stats().malformed, 1U);
}

TEST_F(HttpLimitsTest, DrippingDoesNotMoveTheDeadlineOfAHead) {
  options.head_deadline = 30ms;
  start();
  Client client(address());
  client.send("GET /good HTTP/1.1\r\n");
  std::optional<Answer> answer;
  ASSERT_TRUE(run_until([&] {
    client.send("a");
    client.read_what_is_there();
    return (answer = client.take_answer()).has_value();
  }));
  EXPECT_EQ(answer->status, 408U);
}

TEST_F(HttpLimitsTest, AConnectionThatSaysNothingIsClosedInSilence) {
  options.head_deadline = 10ms;
  start();
  Client client(address());
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(client.received(), "");
  EXPECT_EQ(server->stats().malformed, 0U);
}

TEST_F(HttpLimitsTest, AnEmptyLineAfterARequestIsNoSlowHead) {
  options.head_deadline = 30ms;
  start();
  Client client(address());
  EXPECT_EQ(ask(client, std::string(kGood) + "\r\n").status, 200U);
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_EQ(client.received(), "");
}

TEST_F(HttpLimitsTest, AnIdleConnectionIsClosed) {
  options.idle_deadline = 20ms;
  start();
  Client client(address());
  EXPECT_EQ(ask(client, kGood).status, 200U);
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_FALSE(client.was_reset());
}

TEST_F(HttpLimitsTest, ThePipelinedHeadHasItsOwnDeadline) {
  options.head_deadline = 30ms;
  start();
  Client client(address());
  client.send(std::string(kGood) + "GET /go");
  EXPECT_EQ(receive(client).status, 200U);
  EXPECT_EQ(receive(client).status, 408U);
}

TEST_F(HttpLimitsTest, ASlowReaderIsResetAndLeavesNoOrphan) {
  options.write_deadline = 100ms;
  start();
  Client client(address(), true);
  client.send(get("/big"));
  ASSERT_TRUE(run_until_connections(1));
  EXPECT_EQ(sockets_in_kernel(address()), 1U);
  ASSERT_TRUE(run_until_connections(0));
  EXPECT_TRUE(run_until_closed(client));
  EXPECT_TRUE(client.was_reset());
  EXPECT_LT(client.received().size(), big_bytes);
  EXPECT_EQ(sockets_in_kernel(address()), 0U);
}

TEST_F(HttpLimitsTest, TheEndOfAnAnswerIsNoOrphanForLong) {
  options.write_deadline = 100ms;
  big_bytes = 100'000;  // fits into the send buffer
  start();
  Client client(address(), true);
  client.send(get("/big", "Connection: close\r\n"));
  client.finish();  // so that the server has no reason to stay
  ASSERT_TRUE(run_until_connections(1));
  ASSERT_TRUE(run_until_connections(0));
  EXPECT_TRUE(run_until([&] { return sockets_in_kernel(address()) == 0; }));
}

TEST_F(HttpLimitsTest, AtTheCapTheOneThatKeptUsWaitingLongestIsClosed) {
  options.max_connections = 2;
  start();
  Client first(address());
  first.send("GET /go");
  ASSERT_TRUE(run_until_connections(1));
  Client second(address());
  ASSERT_TRUE(run_until_connections(2));
  Client third(address());
  EXPECT_EQ(ask(third, kGood).status, 200U);
  EXPECT_TRUE(run_until_closed(first));
  EXPECT_EQ(server->stats().connections, 2U);
  EXPECT_EQ(server->stats().evicted, 1U);
  EXPECT_EQ(ask(second, kGood).status, 200U);
}

TEST_F(HttpLimitsTest, AGoodRequestMakesAConnectionYoungAgain) {
  options.max_connections = 2;
  start();
  Client scraper(address());
  EXPECT_EQ(ask(scraper, kGood).status, 200U);
  Client idler(address());
  ASSERT_TRUE(run_until_connections(2));
  EXPECT_EQ(ask(scraper, kGood).status, 200U);
  Client third(address());
  EXPECT_EQ(ask(third, kGood).status, 200U);
  EXPECT_TRUE(run_until_closed(idler));
  EXPECT_EQ(ask(scraper, kGood).status, 200U);
}

TEST_F(HttpLimitsTest, ARefusedClientThatStaysMakesRoomAtTheCap) {
  options.max_connections = 1;
  start();
  Client refused(address());
  EXPECT_EQ(ask(refused, "junk\r\n\r\n").status, 400U);
  Client next(address());
  EXPECT_EQ(ask(next, kGood).status, 200U);
  EXPECT_EQ(server->stats().evicted, 1U) << "waited until it was drained";
}

TEST_F(HttpLimitsTest, AtTheCapRunningRequestsAreNotClosed) {
  options.max_connections = 1;
  start();
  Client first(address());
  begin_held(first);
  Client second(address());
  second.send(kGood);
  settle();
  EXPECT_EQ(good, 0U) << "the second waits in the queue";
  answer_held();
  EXPECT_EQ(receive(first).body, "late\n");
  EXPECT_EQ(receive(second).body, "good\n");
}

TEST_F(HttpLimitsTest, SlowReadersDoNotFillTheMemory) {
  options.max_waiting_bytes = 2 * big_bytes;
  start();
  Client slowest(address(), true);
  slowest.send(get("/big"));
  ASSERT_TRUE(run_until([&] { return told.size() == 1; }));
  Client slow(address(), true);
  slow.send(get("/big"));
  ASSERT_TRUE(run_until([&] { return told.size() == 2; }));
  settle();
  EXPECT_EQ(server->stats().connections, 2U);
  Client good_reader(address());
  EXPECT_EQ(ask(good_reader, get("/big")).body.size(), big_bytes);
  EXPECT_TRUE(run_until_closed(slowest));
  EXPECT_TRUE(slowest.was_reset());
  EXPECT_EQ(receive(slow).body.size(), big_bytes) << "the younger one stays";
  EXPECT_EQ(server->stats().evicted, 1U);
}

TEST_F(HttpLimitsTest, WhatWasTakenNoLongerCounts) {
  options.max_waiting_bytes = 2 * big_bytes;
  start();
  Client client(address());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(ask(client, get("/big")).body.size(), big_bytes);
  EXPECT_EQ(server->stats().evicted, 0U);
}

TEST_F(HttpLimitsTest, WithoutADescriptorAWaitingConnectionMakesRoom) {
  start();
  {
    // UBSan needs a descriptor when it meets a class for the first time.
    Client earlier(address());
    EXPECT_EQ(ask(earlier, kGood).status, 200U);
  }
  ASSERT_TRUE(run_until_connections(0));
  Client first(address());
  ASSERT_TRUE(run_until_connections(1));
  Client second(address());
  const NoMoreDescriptors limit;
  EXPECT_EQ(ask(second, kGood).status, 200U);
  EXPECT_TRUE(run_until_closed(first));
  EXPECT_EQ(server->stats().evicted, 1U);
  EXPECT_GE(server->stats().accept_failed, 1U);
}

TEST_F(HttpLimitsTest, WithoutADescriptorAndRoomAClientIsToldByAClose) {
  start();
  Client busy(address());
  begin_held(busy);
  Client second(address());
  {
    const NoMoreDescriptors limit;
    EXPECT_TRUE(run_until_closed(second));
  }
  Client third(address());
  EXPECT_EQ(ask(third, kGood).status, 200U) << "accepts again";
  answer_held();
  EXPECT_EQ(receive(busy).body, "late\n");
}

TEST_F(HttpLimitsTest, TheCapKeepsDescriptorsInReserve) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit tight = before;
  tight.rlim_cur = 128;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  start();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(server->stats().max_connections, 96U);
}

TEST_F(HttpLimitsTest, NothingStaysBehindOfManyConnections) {
  start();
  const std::size_t before = open_descriptors();
  {
    std::vector<Client> clients;
    for (int i = 0; i < 100; ++i) clients.emplace_back(address());
    ASSERT_TRUE(run_until_connections(100));
    for (std::size_t i = 0; i < clients.size(); ++i)
      clients[i].send(i % 4 == 0   ? std::string(kGood)
                      : i % 4 == 1 ? "junk\r\n\r\n"
                      : i % 4 == 2 ? get("/big")
                                   : std::string("GET /go"));
    ASSERT_TRUE(run_until([&] { return told.size() == 75; }));
  }
  EXPECT_TRUE(run_until_connections(0));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(HttpLimitsTest, ATooLongTargetIsToldSo) {
  start();
  Client client(address());
  EXPECT_EQ(ask(client, get("/" + std::string(9000, 'a'))).status, 414U);
}

TEST_F(HttpLimitsTest, ATooLongTargetIsToldSoHoweverItIsCut) {
  start();
  Client client(address());
  const std::string request = get("/" + std::string(9000, 'a'));
  client.send(request.substr(0, 4095));
  settle();
  client.send(request.substr(4095));
  EXPECT_EQ(receive(client).status, 414U);
}

TEST_F(HttpLimitsTest, ATooLongHeadIsToldSo) {
  start();
  Client client(address());
  EXPECT_EQ(
      ask(client, get("/good", "A: " + std::string(9000, 'a') + "\r\n")).status,
      431U);
}

TEST_F(HttpLimitsTest, AHeadOfExactlyTheLimitIsAnswered) {
  start();
  const std::size_t rest = get("/good", "A: \r\n").size();
  const auto of_size = [&](std::size_t bytes) {
    return get("/good", "A: " + std::string(bytes - rest, 'a') + "\r\n");
  };
  Client client(address());
  EXPECT_EQ(ask(client, of_size(options.max_header_bytes)).status, 200U);
  EXPECT_EQ(ask(client, of_size(options.max_header_bytes + 1)).status, 431U);
}

TEST_F(HttpLimitsTest, TheAnswerToAFloodIsSeenBeforeTheReset) {
  start();
  Client client(address());
  client.send(get("/good", "A: " + std::string(100'000, 'a') + "\r\n"));
  EXPECT_EQ(receive(client).status, 431U);
}

}  // namespace
}  // namespace tcpstated
