// SPDX-License-Identifier: Apache-2.0
// Our programs with the backend's way of reading, and nothing else, until
// standard input ends. Prints what that took and what was lost.
//
//   $ eventwatch full
//   READY
//   {"events":512340,"lost":0,"cpu_seconds":0.21}
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "capture/event_source.hpp"

namespace {

double cpu_seconds() {
  timespec cpu{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return static_cast<double>(cpu.tv_sec) +
         static_cast<double>(cpu.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tcpstated;
  auto source = open_event_source();
  if (!source) {
    std::fprintf(stderr, "%s\n", source.error().message.c_str());
    return 1;
  }
  const bool full = argc > 1 && std::string_view(argv[1]) == "full";
  (*source)->set_mode(full ? EventMode::Full : EventMode::CloseWait);
  std::puts("READY");
  std::fflush(stdout);
  const double loaded = cpu_seconds();
  std::uint64_t events = 0;
  const auto drain = [&] {
    (void)(*source)->drain([&](const SocketEvent&) { ++events; });
  };
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  while (::poll(&input, 1, full ? 50 : 100) == 0) drain();
  drain();
  std::printf("{\"events\":%lu,\"lost\":%lu,\"cpu_seconds\":%f}\n", events,
              (*source)->totals()->lost, cpu_seconds() - loaded);
}
