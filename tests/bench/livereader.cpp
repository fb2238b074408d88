// SPDX-License-Identifier: Apache-2.0
// livereader INTERFACE BUFFER_BYTES: the packet backend alone, until SIGTERM.
// Says READY, then at the end one line of JSON.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "capture/pcap_backend.hpp"
#include "fakes/deaf_sink.hpp"

namespace {

using namespace tcpstated;

class Counter final : public DeafSink {
 public:
  void on_segments(std::span<const Segment> batch) override {
    segments += batch.size();
  }
  void on_loss(Instant, std::uint64_t packets) override { lost += packets; }

  std::uint64_t segments = 0;
  std::uint64_t lost = 0;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

[[noreturn]] void fail(const Error& error) {
  fmt::print(stderr, "livereader: {}\n", error.message);
  std::exit(1);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: livereader INTERFACE BUFFER_BYTES\n", stderr);
    return 2;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &stop, nullptr);
  const UniqueFd stopped(::signalfd(-1, &stop, SFD_CLOEXEC));
  auto network = open_host_network();
  if (!network) fail(network.error());
  auto backend = PcapBackend::open(
      std::move(*network),
      {.interfaces = {arguments[1]},
       .buffer_size = std::strtoull(arguments[2], nullptr, 10)});
  if (!backend) fail(backend.error());
  Counter sink;
  std::puts("READY");
  std::fflush(stdout);
  const double before = cpu_seconds();
  std::array<pollfd, 2> waits{
      {{stopped.get(), POLLIN, 0}, {(*backend)->descriptor(), POLLIN, 0}}};
  while (waits[0].revents == 0) {
    ::poll(waits.data(), waits.size(), 250);
    if (auto drained = (*backend)->drain(sink); !drained) fail(drained.error());
  }
  const CaptureStats stats = (*backend)->stats();
  fmt::print(
      "{{\"received\": {}, \"segments\": {}, \"lost\": {}, \"told\": {}, "
      "\"cpu\": {:.6f}}}\n",
      stats.received, sink.segments, stats.lost, sink.lost,
      cpu_seconds() - before);
}
