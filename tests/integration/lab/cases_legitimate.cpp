// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <array>

#include "cases.hpp"
#include "connected.hpp"

namespace tcpstated::lab {
namespace {

constexpr int kHealthyConnections = 2000;

/// The client says that it has no more to send and goes on reading.
void half_close(Made& made, const Connected& pair) {
  pause_ms(200);
  at_client_close(made, [&] { ::shutdown(pair.client.get(), SHUT_WR); });
  wait_for_fin(pair.server.get());
}

void stop(Made& made) {
  made.threads.clear();  // asks them to stop and joins
  made.kept.clear();
}

void keep_both(Made& made, Connected pair) {
  made.holders = {{::getpid(), pair.server.get()}};
  made.kept.push_back(std::move(pair.server));
  made.kept.push_back(std::move(pair.client));
  made.cure = [&made] { stop(made); };
}

void serve_one(const Listener& listener) {
  UniqueFd client = connect_to(Family::V4, listener.port);
  const UniqueFd server = accept_from(listener.fd.get());
  write_all(client.get(), 100);
  client.reset();
  read_to_end(server.get());
}

}  // namespace

void make_half_close(Made& made) {
  Connected pair = connect_pair(made);
  half_close(made, pair);
  made.threads.emplace_back(
      [fd = pair.server.get(), peer = pair.client.get()](std::stop_token end) {
        while (!end.stop_requested()) {
          write_all(fd, 64);
          read_exactly(peer, 64);
          pause_ms(100);
        }
      });
  keep_both(made, std::move(pair));
}

void make_gave_up(Made& made) {
  Connected pair = connect_pair(made);
  half_close(made, pair);
  write_all(pair.server.get(), 64);
  read_exactly(pair.client.get(), 64);
  keep_both(made, std::move(pair));
}

void make_half_close_blocked(Made& made) {
  Connected pair = connect_pair(made);
  half_close(made, pair);
  const std::array<char, 65536> data{};
  while (::send(pair.server.get(), data.data(), data.size(),
                MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
    continue;
  keep_both(made, std::move(pair));
}

void make_healthy(Made& made) {
  Listener listener = listen_on(Family::V4);
  made.port = listener.port;
  made.threads.emplace_back(
      [listener = std::move(listener)](std::stop_token end) {
        for (int i = 0; i < kHealthyConnections && !end.stop_requested(); ++i) {
          serve_one(listener);
          pause_ms(10);
        }
      });
  made.cure = [&made] { stop(made); };
}

}  // namespace tcpstated::lab
