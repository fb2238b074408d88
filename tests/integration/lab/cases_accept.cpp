// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <utility>

#include "cases.hpp"
#include "connected.hpp"

namespace tcpstated::lab {
namespace {

bool has_queue(int listener) {
  pollfd wanted{.fd = listener, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, 0) == 1;
}

/// Answers 1 with whether its listener has a queue, 2 by accepting and
/// closing.
void serve_listener(int control, std::uint16_t port) {
  const Listener own =
      listen_on(Family::V4, {.port = port, .reuse_port = true});
  tell(control, own.fd.get());
  tell(control, own.port);
  for (;;) {
    std::int64_t order = 0;
    if (::read(control, &order, sizeof order) != sizeof order) return;
    if (order == 2) accept_from(own.fd.get()).reset();
    tell(control, order == 1 && has_queue(own.fd.get()) ? 1 : 0);
  }
}

/// A client that comes and goes while nobody accepts.
void leave_in_queue(Made& made, int protocol) {
  Listener listener = listen_on(Family::V4, {.protocol = protocol});
  UniqueFd client = connect_to(Family::V4, listener.port, protocol);
  made.port = listener.port;
  made.peer_port = local_port(client.get());
  made.holders = {{::getpid(), listener.fd.get()}};
  pause_ms(200);
  at_client_close(made, [&] { client.reset(); });
  made.kept.push_back(std::move(listener.fd));
  made.cure = [&made] { accept_from(made.kept.front().get()).reset(); };
}

}  // namespace

void make_never_accepted(Made& made) { leave_in_queue(made, 0); }

void make_mptcp_never_accepted(Made& made) {
  expect_mptcp();
  leave_in_queue(made, kMptcp);
}

void make_never_accepted_reuseport(Made& made) {
  std::uint16_t port = 0;  // the first listener chooses
  std::vector<std::int64_t> fds;
  for (int i = 0; i < 2; ++i) {
    made.children.emplace_back(
        [port](int control) { serve_listener(control, port); });
    fds.push_back(hear(made.children.back().control()));
    port = static_cast<std::uint16_t>(hear(made.children.back().control()));
  }
  UniqueFd client = connect_to(Family::V4, port);
  made.port = port;
  made.peer_port = local_port(client.get());
  at_client_close(made, [&] { client.reset(); });
  std::size_t chosen = fds.size();
  for (std::size_t i = 0; i < fds.size(); ++i) {
    tell(made.children[i].control(), 1);
    if (hear(made.children[i].control()) == 1) chosen = i;
  }
  if (chosen == fds.size()) die("no listener has the connection");
  made.holders = {{made.children[chosen].pid(), static_cast<int>(fds[chosen])}};
  made.cure = [&made, chosen] {
    tell(made.children[chosen].control(), 2);
    (void)hear(made.children[chosen].control());
  };
}

}  // namespace tcpstated::lab
