// SPDX-License-Identifier: Apache-2.0
#include <linux/io_uring.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "cases.hpp"
#include "connected.hpp"

namespace tcpstated::lab {
namespace {

int register_with_ring(int ring, unsigned operation, const int* fds,
                       unsigned count) {
  return static_cast<int>(
      ::syscall(SYS_io_uring_register, ring, operation, fds, count));
}

}  // namespace

void make_io_uring(Made& made) {
  io_uring_params parameters{};
  UniqueFd ring(
      static_cast<int>(::syscall(SYS_io_uring_setup, 4, &parameters)));
  if (!ring)
    skip(std::string("kernel without io_uring: ") + std::strerror(errno));
  Connected pair = connect_pair(made);
  pause_ms(200);
  close_client(made, pair);
  const int fd = pair.server.get();
  if (register_with_ring(ring.get(), IORING_REGISTER_FILES, &fd, 1) != 0)
    die("cannot register a file with io_uring");
  pair.server.reset();
  made.holders = {{::getpid(), ring.get(), "io_uring_fixed"}};
  made.kept.push_back(std::move(ring));
  made.cure = [&made] {
    if (register_with_ring(made.kept.front().get(), IORING_UNREGISTER_FILES,
                           nullptr, 0) != 0)
      die("cannot take a file back from io_uring");
  };
}

void make_mptcp(Made& made) {
  expect_mptcp();
  Connected pair = connect_pair(made, Family::V4, kMptcp);
  write_all(pair.client.get(), 1000);
  pause_ms(200);
  at_client_close(made, [&] { pair.client.reset(); });
  read_to_end(pair.server.get());
  leak_here(made, std::move(pair));
}

void make_mptcp_unread(Made& made) {
  expect_mptcp();
  Connected pair = connect_pair(made, Family::V4, kMptcp);
  write_all(pair.client.get(), 1000);
  pause_ms(200);
  at_client_close(made, [&] { pair.client.reset(); });
  wait_for_fin(pair.server.get());
  leak_here(made, std::move(pair));
}

}  // namespace tcpstated::lab
