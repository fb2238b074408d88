// SPDX-License-Identifier: Apache-2.0
// Opens and closes connections on loopback as fast as one thread can, each
// through CLOSE_WAIT, for so many seconds. Prints what one costs.
//
//   $ connloop 2
//   {"connections":51234,"cpu_seconds":1.98,"wall_seconds":2.0}
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>

#include "base/fd.hpp"

namespace {

double seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  using tcpstated::UniqueFd;
  const double wanted = argc > 1 ? std::atof(argv[1]) : 2;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM, 0));
  if (::bind(listener.get(), any, size) != 0 ||
      ::listen(listener.get(), 128) != 0 ||
      ::getsockname(listener.get(), any, &size) != 0)
    die("listen");
  long connections = 0;
  const double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
  const double start = seconds(CLOCK_MONOTONIC);
  while (seconds(CLOCK_MONOTONIC) - start < wanted) {
    for (int i = 0; i < 100; ++i, ++connections) {
      UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
      if (::connect(client.get(), any, size) != 0) die("connect");
      const UniqueFd server(::accept(listener.get(), nullptr, nullptr));
      client.reset();
      char end = 0;
      if (::recv(server.get(), &end, 1, 0) != 0) die("recv");
    }
  }
  std::printf("{\"connections\":%ld,\"cpu_seconds\":%f,\"wall_seconds\":%f}\n",
              connections, seconds(CLOCK_THREAD_CPUTIME_ID) - cpu,
              seconds(CLOCK_MONOTONIC) - start);
}
