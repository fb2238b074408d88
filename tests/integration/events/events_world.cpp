// SPDX-License-Identifier: Apache-2.0
#include "events_world.hpp"

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tcpstated {
namespace {

/// Missing permissions are no reason in CI; a missing kernel feature is.
bool may_skip() {
  const char* no_skip = std::getenv("TCPSTATED_NO_SKIP");
  return no_skip == nullptr || std::string_view(no_skip) != "1";
}

}  // namespace

std::uint64_t cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

void run(const std::string& command) {
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

void reset(UniqueFd& fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd.reset();
}

void Dump::on_rows(std::span<const StateChange> more) {
  for (const StateChange& row : more) {
    if (row.socket.cookie == 0) without_cookie.push_back(row);
    rows[row.socket.cookie] = row;
  }
}

void EventsWorld::SetUp() {
  if (::geteuid() != 0) {
    if (may_skip()) GTEST_SKIP() << "needs root for network namespaces";
    FAIL() << "needs root for network namespaces";
  }
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
  run("ip link set lo up");
  auto opened = open_event_source();
  if (!opened)
    GTEST_SKIP() << "kernel without eBPF: " << opened.error().message;
  source = std::move(*opened);
  source->set_mode(EventMode::Full);
  auto passes = open_held_sockets();
  ASSERT_TRUE(passes) << passes.error().message;
  held = std::move(*passes);
  auto sockets = open_socket_view();
  ASSERT_TRUE(sockets) << sockets.error().message;
  view = std::move(*sockets);
}

void EventsWorld::TearDown() {
  if (!source) return;
  const auto totals = source->totals();
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->lost, 0U);
}

void EventsWorld::drain() {
  const auto drained = source->drain([&](const SocketEvent& event) {
    if (event.tuple.netns == 0) seen[event.cookie].push_back(event);
  });
  ASSERT_TRUE(drained) << drained.error().message;
}

std::vector<SocketEvent> EventsWorld::events(std::uint64_t cookie) {
  drain();
  return seen[cookie];
}

std::size_t EventsWorld::count_events() {
  drain();
  std::size_t count = 0;
  for (const auto& [cookie, all] : seen) count += all.size();
  return count;
}

std::string EventsWorld::story(std::uint64_t cookie) {
  std::string text;
  for (const SocketEvent& event : events(cookie)) {
    if (!text.empty()) text += ' ';
    text += std::string(label(event.from)) + '>' + std::string(label(event.to));
  }
  return text;
}

std::string EventsWorld::story_to(std::uint64_t cookie, std::string_view end) {
  std::string text = story(cookie);
  for (int tries = 0; tries < 500 && !text.ends_with(end); ++tries) {
    lab::pause_ms(10);
    text = story(cookie);
  }
  return text;
}

Dump EventsWorld::dump(StateSet states) {
  Dump rows;
  EXPECT_TRUE(view->dump_tcp(states, rows));
  return rows;
}

std::vector<std::uint64_t> EventsWorld::remembered() {
  std::vector<std::uint64_t> cookies;
  const auto closed = source->detached();
  EXPECT_TRUE(closed);
  for (const SocketEvent& event : *closed)
    if (event.tuple.netns == 0) cookies.push_back(event.cookie);
  return cookies;
}

std::vector<std::uint64_t> EventsWorld::held_closed() {
  std::vector<std::uint64_t> cookies;
  EXPECT_TRUE(held->visit({TcpState::Closed}, [&](const HeldSocket& socket) {
    if (socket.socket.tuple.netns == 0)
      cookies.push_back(socket.socket.socket.cookie);
  }));
  return cookies;
}

EventsWorld::Pair EventsWorld::connect(lab::Listener& listener,
                                       lab::Family family) {
  Pair pair;
  pair.client = lab::connect_to(family, listener.port);
  pair.server = lab::accept_from(listener.fd.get());
  pair.client_cookie = cookie_of(pair.client.get());
  pair.server_cookie = cookie_of(pair.server.get());
  return pair;
}

}  // namespace tcpstated
