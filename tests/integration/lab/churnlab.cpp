// SPDX-License-Identifier: Apache-2.0
// Opens and closes connections on loopback in every order for so many seconds,
// at a bounded rate, next to a few leaks that stay.
//
//   $ churnlab 10
//   READY {"leaks":25,"listeners":9}
//   DONE {"connections":20000}
//   exit                                        (typed)
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>

#include "connected.hpp"
#include "lab.hpp"

namespace {

using namespace tcpstated;
using namespace tcpstated::lab;

constexpr int kLeaks = 25;
constexpr int kListeners = 8;  // so many, because ports in TIME_WAIT add up
constexpr int kBatch = 20;
constexpr int kBatchesPerSecond = 100;

struct Pair {
  UniqueFd client;
  UniqueFd server;
};

void reset_connection(UniqueFd& fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd.reset();
}

/// Closes `batch` one way; every way passes through other states, and a batch
/// stays in them for a moment.
void close_batch(std::vector<Pair>& batch, int way) {
  for (Pair& pair : batch) switch (way) {
      case 0:  // CLOSE_WAIT, and FIN_WAIT_2 without a process
        pair.client.reset();
        break;
      case 1:  // the server is the active closer
        pair.server.reset();
        break;
      case 2:  // a half-close
        ::shutdown(pair.client.get(), SHUT_WR);
        break;
      default:
        reset_connection(pair.client);
    }
  pause_ms(1000 / kBatchesPerSecond);
  batch.clear();
}

std::vector<Made> make_leaks() {
  std::vector<Made> leaks(kLeaks);
  Listener listener = listen_on(Family::V4);
  for (Made& made : leaks) {
    Connected pair;
    pair.client = connect_to(Family::V4, listener.port);
    pair.server = accept_from(listener.fd.get());
    close_client(made, pair);
    made.kept.push_back(std::move(pair.server));
  }
  leaks.front().kept.push_back(std::move(listener.fd));
  return leaks;
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc == 2 ? std::atoi(argv[1]) : 0;
  if (seconds < 1 || seconds > 240) {
    std::cerr << "usage: churnlab SECONDS (1 to 240)" << std::endl;
    return 2;
  }
  bound_lifetime();
  raise_fd_limit();
  const std::vector<Made> leaks = make_leaks();
  std::array<Listener, kListeners> listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i)
    listeners[i] = listen_on(i % 2 == 0 ? Family::V4 : Family::V6);
  std::cout << "READY {\"leaks\":" << kLeaks
            << ",\"listeners\":" << kListeners + 1 << "}" << std::endl;

  const std::int64_t end =
      boottime_ns() + seconds * std::int64_t{1'000'000'000};
  std::int64_t connections = 0;
  for (int turn = 0; boottime_ns() < end; ++turn) {
    const std::size_t i = static_cast<std::size_t>(turn) % listeners.size();
    std::vector<Pair> batch;
    for (int n = 0; n < kBatch; ++n, ++connections) {
      Pair& pair = batch.emplace_back();
      pair.client =
          connect_to(i % 2 == 0 ? Family::V4 : Family::V6, listeners[i].port);
      pair.server = accept_from(listeners[i].fd.get());
    }
    close_batch(batch, turn / kListeners % 4);
  }
  std::cout << "DONE {\"connections\":" << connections << "}" << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "exit";)
    continue;
  return 0;
}
