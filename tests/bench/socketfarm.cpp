// SPDX-License-Identifier: Apache-2.0
// Makes TCP sockets in wanted states on 127.0.0.0/8 of its network namespace
// and holds them until its standard input ends:
//   socketfarm [--pairs N] [--close-wait N] [--time-wait N]
// A pair is two ESTABLISHED sockets. The peers of CLOSE_WAIT sockets are closed
// and gone after tcp_fin_timeout; TIME_WAIT ends by itself after 60 s.
// Says "READY {...}" when all of them exist. More sockets than a process may
// have descriptors are shared out among several.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

/// Descriptors a worker needs beside its sockets.
constexpr std::uint32_t kSpareDescriptors = 16;
/// Connections to one listener: less than the default range has local ports.
constexpr std::uint32_t kPerListener = 20000;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "socketfarm: %s: %s\n", what, std::strerror(errno));
  std::_Exit(1);
}

int checked(int result, const char* what) {
  if (result < 0) give_up(what);
  return result;
}

struct Plan {
  std::uint32_t pairs = 0;
  std::uint32_t close_wait = 0;
  std::uint32_t time_wait = 0;

  [[nodiscard]] std::uint32_t connections() const {
    return pairs + close_wait + time_wait;
  }
  [[nodiscard]] std::uint32_t descriptors() const {
    return 2 * (pairs + close_wait);  // until the clients are closed
  }
  /// The part of worker `number` of `workers`.
  [[nodiscard]] Plan share(std::uint32_t number, std::uint32_t workers) const {
    const auto part = [&](std::uint32_t whole) {
      return whole / workers + (number < whole % workers ? 1 : 0);
    };
    return {part(pairs), part(close_wait), part(time_wait)};
  }
};

/// A listener of its own address and the connections made to it.
class Peers {
 public:
  explicit Peers(std::uint32_t number)
      : listener_(checked(::socket(AF_INET, SOCK_STREAM, 0), "socket")) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number);
    checked(::bind(listener_, raw(), sizeof address_), "bind");
    checked(::listen(listener_, 16), "listen");
    socklen_t size = sizeof address_;  // port 0 was: any
    checked(
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size),
        "getsockname");
  }

  struct Ends {
    int client;
    int server;
  };
  Ends connect() {
    const int client = checked(::socket(AF_INET, SOCK_STREAM, 0), "socket");
    checked(::connect(client, raw(), sizeof address_), "connect");
    return {client, checked(::accept(listener_, nullptr, nullptr), "accept")};
  }

 private:
  [[nodiscard]] const sockaddr* raw() const {
    return reinterpret_cast<const sockaddr*>(&address_);
  }

  sockaddr_in address_{};
  int listener_;
};

[[noreturn]] void work(std::uint32_t number, const Plan& plan, int ready) {
  Peers peers(number);
  for (std::uint32_t i = 0; i < plan.pairs; ++i) peers.connect();
  // None is closed before all are connected: the port of a closed client may be
  // given to the next one, whose SYN would end the socket in CLOSE_WAIT.
  std::vector<int> clients;
  for (std::uint32_t i = 0; i < plan.close_wait; ++i)
    clients.push_back(peers.connect().client);
  // close() alone resets the peer a second later if the ACK of the FIN finds
  // the socket locked, which happens to one in thousands.
  for (const int client : clients) ::shutdown(client, SHUT_WR);
  for (const int client : clients) ::close(client);
  Peers passers(number);
  for (std::uint32_t i = 0; i < plan.time_wait; ++i) {
    const Peers::Ends ends = passers.connect();
    ::close(ends.client);
    ::close(ends.server);
  }
  if (::write(ready, "", 1) != 1) give_up("write");
  ::close(ready);
  for (;;) ::pause();
}

std::uint32_t allowed_descriptors() {
  rlimit limit{};
  checked(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  checked(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  const auto sane = std::min<rlim_t>(limit.rlim_max, 1'000'000);
  return static_cast<std::uint32_t>(sane) - kSpareDescriptors;
}

constexpr std::uint32_t divide_up(std::uint32_t whole, std::uint32_t by) {
  return (whole + by - 1) / by;
}

Plan parse(int argc, char** argv) {
  struct Option {
    std::string_view name;
    std::uint32_t Plan::* into;
  };
  constexpr std::array<Option, 3> kOptions{{{"--pairs", &Plan::pairs},
                                            {"--close-wait", &Plan::close_wait},
                                            {"--time-wait", &Plan::time_wait}}};
  Plan plan;
  for (int i = 1; i < argc; i += 2) {
    const auto* option = std::ranges::find(kOptions, argv[i], &Option::name);
    const std::string_view text = i + 1 < argc ? argv[i + 1] : "";
    std::uint32_t value = 0;
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (option == kOptions.end() || parsed.ec != std::errc{} ||
        parsed.ptr != end || value > 10'000'000) {
      std::fputs(
          "usage: socketfarm [--pairs N] [--close-wait N] [--time-wait N]\n",
          stderr);
      std::exit(2);
    }
    plan.*option->into = value;
  }
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  const Plan plan = parse(argc, argv);
  const std::uint32_t workers =
      std::max({1U, divide_up(plan.descriptors(), allowed_descriptors()),
                divide_up(plan.connections(), kPerListener)});
  std::array<int, 2> ready{};
  checked(::pipe(ready.data()), "pipe");
  std::vector<pid_t> pids;
  for (std::uint32_t number = 0; number < workers; ++number) {
    const pid_t pid = checked(::fork(), "fork");
    if (pid != 0) {
      pids.push_back(pid);
      continue;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // also if this one is killed
    ::close(ready[0]);
    work(number, plan.share(number, workers), ready[1]);
  }
  ::close(ready[1]);
  std::uint32_t done = 0;
  for (char byte = 0; ::read(ready[0], &byte, 1) == 1;) ++done;
  if (done != workers) return 1;  // a worker has said why
  std::printf(
      "READY {\"pairs\": %u, \"close_wait\": %u, \"time_wait\": %u, "
      "\"processes\": %u}\n",
      plan.pairs, plan.close_wait, plan.time_wait, workers);
  std::fflush(stdout);
  std::array<char, 64> ignored{};
  while (::read(STDIN_FILENO, ignored.data(), ignored.size()) > 0) {
  }
  for (const pid_t pid : pids) ::kill(pid, SIGKILL);
  for (const pid_t pid : pids) ::waitpid(pid, nullptr, 0);
  return 0;
}
