// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "cases.hpp"
#include "connected.hpp"

namespace tcpstated::lab {
namespace {

constexpr std::size_t kRequest = 1000;

/// A client that sends a request and later closes; the time between is long
/// enough that no bound is exact by being narrow.
Connected with_request(Made& made) {
  Connected pair = connect_pair(made);
  write_all(pair.client.get(), kRequest);
  pause_ms(200);
  return pair;
}

void reply(Connected& pair) {
  read_exactly(pair.server.get(), kRequest);
  write_all(pair.server.get(), kRequest);
  read_exactly(pair.client.get(), kRequest);
}

void leak_eof_unread(Made& made, Family family) {
  Connected pair = connect_pair(made, family);
  pause_ms(200);
  close_client(made, pair);
  leak_here(made, std::move(pair));
}

}  // namespace

void make_unread_data(Made& made) {
  Connected pair = with_request(made);
  close_client(made, pair);
  leak_here(made, std::move(pair));
}

void make_unread_eof(Made& made) { leak_eof_unread(made, Family::V4); }
void make_v6(Made& made) { leak_eof_unread(made, Family::V6); }
void make_v4mapped(Made& made) { leak_eof_unread(made, Family::V4Mapped); }

void make_not_closed(Made& made) {
  Connected pair = with_request(made);
  close_client(made, pair);
  read_to_end(pair.server.get());
  leak_here(made, std::move(pair));
}

void make_drained_exact(Made& made) {
  Connected pair = with_request(made);
  close_client(made, pair);
  read_exactly(pair.server.get(), kRequest);
  leak_here(made, std::move(pair));
}

void make_replied(Made& made) {
  Connected pair = with_request(made);
  reply(pair);
  pause_ms(1500);
  close_client(made, pair);
  read_to_end(pair.server.get());
  leak_here(made, std::move(pair));
}

void make_replied_at_once(Made& made) {
  Connected pair = with_request(made);
  reply(pair);
  close_client(made, pair);
  read_to_end(pair.server.get());
  leak_here(made, std::move(pair));
}

void make_shut_rd(Made& made) {
  Connected pair = connect_pair(made);
  pause_ms(200);
  ::shutdown(pair.server.get(), SHUT_RD);
  at_client_close(made, [&] { pair.client.reset(); });
  leak_here(made, std::move(pair));
}

void make_keepalive(Made& made) {
  Connected pair = connect_pair(made);
  const int on = 1;
  const int idle = 1;
  const int fd = pair.server.get();
  if (::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0 ||
      ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) != 0 ||
      ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof idle) != 0)
    die("cannot switch keepalive on");
  pause_ms(200);
  // A peer that lives on answers the probes.
  at_client_close(made, [&] { ::shutdown(pair.client.get(), SHUT_WR); });
  wait_for_fin(fd);
  made.holders = {{::getpid(), fd}};
  made.kept.push_back(std::move(pair.server));
  made.kept.push_back(std::move(pair.client));
  made.cure = [&made] { made.kept.clear(); };
}

void make_hostile_name(Made& made) {
  ::prctl(PR_SET_NAME, "\x1b[2J\"\n\xff");
  make_not_closed(made);
}

}  // namespace tcpstated::lab
