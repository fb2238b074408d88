// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A network namespace of its own, the real programs in full mode, and what
/// they said about each socket.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "capture/event_source.hpp"
#include "kernel/held_sockets.hpp"
#include "kernel/socket_view.hpp"
#include "lab.hpp"

namespace tcpstated {

/// SO_COOKIE of a socket.
[[nodiscard]] std::uint64_t cookie_of(int fd);

/// Runs a command of the shell; fails the test if it fails.
void run(const std::string& command);

/// Closes with a RST.
void reset(UniqueFd& fd);

/// What sock_diag shows in our namespace, by cookie.
struct Dump final : RowSink {
  void on_rows(std::span<const StateChange> more) override;
  std::map<std::uint64_t, StateChange> rows;
  std::vector<StateChange> without_cookie;
};

class EventsWorld : public testing::Test {
 protected:
  /// Skips the test if this kernel or this user cannot load programs.
  void SetUp() override;
  void TearDown() override;

  /// "closed>listen listen>closed": all transitions of a socket until now.
  [[nodiscard]] std::string story(std::uint64_t cookie);
  /// The same once it ends with `end`; after 5 s as it is then.
  [[nodiscard]] std::string story_to(std::uint64_t cookie,
                                     std::string_view end);
  /// Every event of a socket until now.
  [[nodiscard]] std::vector<SocketEvent> events(std::uint64_t cookie);
  [[nodiscard]] std::size_t count_events();

  [[nodiscard]] Dump dump(StateSet states = StateSet::all());
  /// Cookies of closed sockets that the programs remember, or that a pass over
  /// the descriptors finds.
  [[nodiscard]] std::vector<std::uint64_t> remembered();
  [[nodiscard]] std::vector<std::uint64_t> held_closed();

  struct Pair {
    UniqueFd client;
    UniqueFd server;
    std::uint64_t client_cookie = 0;
    std::uint64_t server_cookie = 0;
  };
  [[nodiscard]] Pair connect(lab::Listener& listener,
                             lab::Family family = lab::Family::V4);

  std::unique_ptr<EventSource> source;
  std::unique_ptr<HeldSockets> held;
  std::unique_ptr<SocketView> view;
  std::map<std::uint64_t, std::vector<SocketEvent>> seen;

 private:
  void drain();
};

}  // namespace tcpstated
