// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A connection with both ends here, and the steps most cases are made of.

#include "lab.hpp"

namespace tcpstated::lab {

struct Connected {
  Listener listener;
  UniqueFd server;
  UniqueFd client;
};

/// Connects and accepts; fills in the ports of `made`.
[[nodiscard]] inline Connected connect_pair(Made& made,
                                            Family family = Family::V4,
                                            int protocol = 0) {
  Connected pair;
  pair.listener = listen_on(family, {.protocol = protocol});
  pair.client = connect_to(family, pair.listener.port, protocol);
  pair.server = accept_from(pair.listener.fd.get());
  made.port = pair.listener.port;
  made.peer_port = local_port(pair.client.get());
  return pair;
}

/// Runs `close`, which makes the client send its FIN, and notes when.
inline void at_client_close(Made& made, const std::function<void()>& close) {
  made.peer_closed_after = boottime_ns();
  close();
  made.peer_closed = boottime_ns();
}

/// Closes the client and waits until the server's kernel socket knows.
inline void close_client(Made& made, Connected& pair) {
  at_client_close(made, [&] { pair.client.reset(); });
  wait_for_fin(pair.server.get());
}

/// The server's socket stays open in this process until the cure.
inline void leak_here(Made& made, Connected pair) {
  made.holders = {{::getpid(), pair.server.get()}};
  made.kept.push_back(std::move(pair.server));
  made.kept.push_back(std::move(pair.listener.fd));
  made.cure = [&made] {
    read_to_end(made.kept.front().get());
    made.kept.front().reset();
  };
}

}  // namespace tcpstated::lab
