// SPDX-License-Identifier: Apache-2.0
// What the packet path costs; prints JSON.
//   pipeline file FILE ROUNDS        decode and model against bare libpcap
//   pipeline flood SYNS              a SYN flood against those who were there
//   pipeline collide CONNECTIONS     addresses that weak hashes confuse
// CPU times are what the scheduler counted for this thread.
#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "packet/decode.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatch = 64;
constexpr std::uint64_t kSeed = 0x1234567890abcdefU;

double cpu_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

/// Anonymous memory only: the pages of the file do not count.
double resident_bytes() {
  std::FILE* const statm = std::fopen("/proc/self/statm", "r");
  long all = 0;
  long resident = 0;
  long shared = 0;
  const int read = std::fscanf(statm, "%ld %ld %ld", &all, &resident, &shared);
  std::fclose(statm);
  return read == 3 ? static_cast<double>(resident - shared) *
                         static_cast<double>(::sysconf(_SC_PAGESIZE))
                   : 0;
}

bool is_local(const IpAddress& ip) {
  return ip.is_v4() ? ip.bytes[12] == 10 : ip.bytes[0] == 0xfd;
}

struct Capture {
  /// `buffered`: with a large buffer and without locks, as we read files.
  Capture(const char* name, bool buffered) {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    std::FILE* const file = std::fopen(name, "rb");
    if (file != nullptr && buffered) {
      buffer.resize(std::size_t{256} << 10U);
      std::setvbuf(file, buffer.data(), _IOFBF, buffer.size());
      ::__fsetlocking(file, FSETLOCKING_BYCALLER);
    }
    if (file != nullptr)
      pcap.reset(::pcap_fopen_offline_with_tstamp_precision(
          file, PCAP_TSTAMP_PRECISION_NANO, error.data()));
    if (pcap) return;
    std::fprintf(stderr, "pipeline: cannot read '%s': %s\n", name,
                 error.data());
    std::exit(1);
  }
  std::vector<char> buffer;
  std::unique_ptr<pcap_t, decltype(&::pcap_close)> pcap{nullptr, ::pcap_close};
};

/// Nanoseconds per packet, and what it saw last.
struct Cost {
  double per_packet = 0;
  std::uint64_t packets = 0;
};

template <class Consumer>
Cost read(const char* name, bool buffered, Consumer& consumer) {
  Capture capture(name, buffered);
  struct Seen {
    Consumer& consumer;
    std::uint64_t packets = 0;
  } seen{consumer};
  const double begin = cpu_nanoseconds();
  ::pcap_dispatch(
      capture.pcap.get(), -1,
      [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
        auto& state = *reinterpret_cast<Seen*>(user);
        ++state.packets;
        state.consumer.take(*header, bytes);
      },
      reinterpret_cast<u_char*>(&seen));
  consumer.finish();
  const double spent = cpu_nanoseconds() - begin;
  return {spent / static_cast<double>(seen.packets), seen.packets};
}

struct CountOnly {
  void take(const pcap_pkthdr&, const u_char*) {}
  void finish() {}
};

Decoded decode_packet(const pcap_pkthdr& header, const u_char* bytes) {
  return decode({.bytes = std::as_bytes(std::span(bytes, header.caplen)),
                 .wire_length = header.len,
                 .at = Instant{std::chrono::seconds(header.ts.tv_sec) +
                               std::chrono::nanoseconds(header.ts.tv_usec)}});
}

struct DecodeOnly {
  std::uint64_t segments = 0;

  void take(const pcap_pkthdr& header, const u_char* bytes) {
    const Decoded decoded = decode_packet(header, bytes);
    if (std::holds_alternative<Segment>(decoded)) ++segments;
  }
  void finish() {}
};

/// A model, and a batch on its way into it.
struct Follow {
  explicit Follow(const TcpModelOptions& options)
      : model(options, kSeed, is_local) {}

  void take(const pcap_pkthdr& header, const u_char* bytes) {
    const Decoded decoded = decode_packet(header, bytes);
    if (const auto* segment = std::get_if<Segment>(&decoded)) take(*segment);
  }
  void take(const Segment& segment) {
    batch[waiting++] = segment;
    if (waiting == kBatch) finish();
  }
  void finish() {
    model.observe(std::span(batch).first(waiting), changes);
    waiting = 0;
    told += changes.size();
    changes.clear();
  }

  TcpModel model;
  std::array<Segment, kBatch> batch;
  std::size_t waiting = 0;
  std::vector<EndpointChange> changes;
  std::uint64_t told = 0;
};

TcpModelOptions ample() {
  TcpModelOptions options;
  options.max_connections = 4'000'000;
  options.max_unanswered = 4'000'000;
  options.max_bytes = std::size_t{1} << 30U;
  return options;
}

void measure_file(const char* name, int rounds) {
  std::printf("[");
  for (int round = 0; round < rounds; ++round) {
    CountOnly count;
    DecodeOnly decode_only;
    const Cost plain = read(name, false, count);
    const Cost bare = read(name, true, count);
    const Cost decoding = read(name, true, decode_only);
    const double before = resident_bytes();
    auto follow = std::make_unique<Follow>(ample());
    const Cost following = read(name, true, *follow);
    const double after = resident_bytes();
    const auto connections = static_cast<double>(follow->model.size());
    std::printf(
        "%s{\"packets\":%llu,\"connections\":%.0f,\"changes\":%llu,"
        "\"plain\":%.2f,\"bare\":%.2f,\"decode\":%.2f,\"model\":%.2f,"
        "\"bytes\":%.1f}",
        round == 0 ? "" : ",\n", static_cast<unsigned long long>(bare.packets),
        connections, static_cast<unsigned long long>(follow->told),
        plain.per_packet, bare.per_packet, decoding.per_packet,
        following.per_packet, (after - before) / connections);
  }
  std::printf("]\n");
}

// Segments without a file.

class Wire {
 public:
  explicit Wire(const TcpModelOptions& options) : follow(options) {}

  void send(const Endpoint& from, const Endpoint& to, TcpFlags flags,
            std::uint32_t seq, std::uint32_t ack) {
    Segment s;
    s.from = from;
    s.to = to;
    s.at = now;
    s.flags = flags;
    s.seq = {seq};
    s.ack = {ack};
    s.window = 1000;
    s.ip_id = ++ip_id_;
    now += 2us;
    follow.take(s);
  }
  void open(const Endpoint& client, const Endpoint& server) {
    send(client, server, {.syn = true}, 0, 0);
    send(server, client, {.syn = true, .ack = true}, 0, 1);
    send(client, server, {.ack = true}, 1, 1);
  }
  void half_close(const Endpoint& client, const Endpoint& server) {
    send(client, server, {.ack = true, .fin = true}, 1, 1);
    send(server, client, {.ack = true}, 1, 2);
  }
  void pass(Duration time) {
    follow.finish();
    now += time;
    follow.model.expire(now, follow.changes);
    follow.changes.clear();
  }

  Follow follow;
  Instant now{1h};

 private:
  std::uint16_t ip_id_ = 0;
};

Endpoint endpoint(std::uint32_t ip, std::uint16_t port) {
  return {IpAddress::v4(ip), port};
}

void measure_flood(std::uint64_t syns) {
  constexpr std::uint32_t kEstablished = 10'000;
  constexpr std::uint32_t kLeaked = 1'000;
  const Endpoint server = endpoint(0x0a010001, 80);
  TcpModelOptions options;
  options.max_bytes = std::size_t{32} << 20U;
  const double before = resident_bytes();
  Wire wire(options);
  for (std::uint32_t i = 0; i < kEstablished + kLeaked; ++i) {
    const Endpoint client = endpoint(0x0b000000 + i, 40000);
    wire.open(client, server);
    if (i >= kEstablished) wire.half_close(client, server);
  }
  wire.pass(1s);
  const TcpModel& model = wire.follow.model;
  const auto count = [&](TcpState state) {
    return model.counts().local[index(state)];
  };
  const double begin = cpu_nanoseconds();
  double most = 0;
  for (std::uint64_t i = 0; i < syns; ++i) {
    const auto random = i * 0x9e3779b97f4a7c15U;
    wire.send(endpoint(0x20000000 | static_cast<std::uint32_t>(i),
                       static_cast<std::uint16_t>(random >> 48U)),
              server, {.syn = true}, static_cast<std::uint32_t>(random), 0);
    if (i % 65536 == 0) most = std::max(most, resident_bytes());
  }
  wire.follow.finish();
  const double spent = cpu_nanoseconds() - begin;
  most = std::max(most, resident_bytes());
  const auto evicted = model.stats().evicted;
  const std::size_t during = model.size();
  const bool degraded_during = model.degraded();
  wire.pass(10s);
  std::printf(
      "{\"syns\":%llu,\"ns\":%.1f,\"bound\":%zu,\"resident\":%.0f,"
      "\"during\":%zu,\"evicted_unanswered\":%llu,\"evicted\":%llu,"
      "\"established_lost\":%lld,\"close_wait_lost\":%lld,"
      "\"degraded_during\":%s,\"after\":%zu,\"degraded_after\":%s}\n",
      static_cast<unsigned long long>(syns), spent / static_cast<double>(syns),
      options.max_bytes, most - before, during,
      static_cast<unsigned long long>(evicted[0]),
      static_cast<unsigned long long>(
          std::accumulate(evicted.begin(), evicted.end(), std::uint64_t{0})),
      static_cast<long long>(kEstablished) -
          static_cast<long long>(count(TcpState::Established)),
      static_cast<long long>(kLeaked) -
          static_cast<long long>(count(TcpState::CloseWait)),
      degraded_during ? "true" : "false", model.size(),
      model.degraded() ? "true" : "false");
}

/// Addresses and ports of the i-th connection.
using Tuples = std::pair<Endpoint, Endpoint> (*)(std::uint32_t i);

/// A SYN and a RST of each, so that the table has to find them again.
double cost_of(Tuples tuples, std::uint32_t connections) {
  Wire wire(ample());
  const double begin = cpu_nanoseconds();
  for (std::uint32_t i = 0; i < connections; ++i) {
    const auto [client, server] = tuples(i);
    wire.send(client, server, {.syn = true}, i, 0);
  }
  for (std::uint32_t i = 0; i < connections; ++i) {
    const auto [client, server] = tuples(i);
    wire.send(server, client, {.ack = true, .rst = true}, 0, i + 1);
  }
  wire.follow.finish();
  return (cpu_nanoseconds() - begin) / (2.0 * connections);
}

std::uint32_t scramble(std::uint32_t i) {
  i = (i ^ i >> 16U) * 0x7feb352dU;
  i = (i ^ i >> 15U) * 0x846ca68bU;
  return i ^ i >> 16U;
}

void measure_collisions(std::uint32_t connections) {
  struct Kind {
    const char* name;
    Tuples tuples;
  };
  // Equal under XOR of the addresses; equal in the lower bits; equal under a
  // sum of 32-bit words; one address, ports in order.
  constexpr std::array kKinds{
      Kind{"random",
           [](std::uint32_t i) {
             return std::pair(endpoint(scramble(i), static_cast<std::uint16_t>(
                                                        scramble(~i))),
                              endpoint(0x0a010001, 80));
           }},
      Kind{"xor",
           [](std::uint32_t i) {
             return std::pair(endpoint(0x14000000 ^ i, 999),
                              endpoint(0x0a010001 ^ i, 80));
           }},
      Kind{"high_bits",
           [](std::uint32_t i) {
             return std::pair(endpoint(i << 12U | 1, 999),
                              endpoint(0x0a010001 + (i >> 20U), 80));
           }},
      Kind{"sum",
           [](std::uint32_t i) {
             return std::pair(endpoint(0x14000000 + i, 999),
                              endpoint(0x0a010001 - i, 80));
           }},
      Kind{"ports",
           [](std::uint32_t i) {
             return std::pair(
                 endpoint(0x14000000, static_cast<std::uint16_t>(i)),
                 endpoint(0x0a010001, static_cast<std::uint16_t>(i >> 16U)));
           }},
  };
  std::array<double, kKinds.size()> best{};
  for (int round = 0; round < 3; ++round)
    for (std::size_t k = 0; k < kKinds.size(); ++k) {
      const double cost = cost_of(kKinds[k].tuples, connections);
      best[k] = round == 0 ? cost : std::min(best[k], cost);
    }
  for (std::size_t k = 0; k < kKinds.size(); ++k)
    std::printf("%s\"%s\":%.1f", k == 0 ? "{" : ",", kKinds[k].name, best[k]);
  std::printf("}\n");
}

}  // namespace
}  // namespace tcpstated

int main(int argc, char** argv) {
  const std::string_view what = argc > 2 ? argv[1] : "";
  const auto number = [&](int i) {
    return static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10));
  };
  if (what == "file" && argc == 4)
    tcpstated::measure_file(argv[2], std::atoi(argv[3]));
  else if (what == "flood" && argc == 3)
    tcpstated::measure_flood(number(2));
  else if (what == "collide" && argc == 3)
    tcpstated::measure_collisions(number(2));
  else
    return std::fputs("usage: pipeline file|flood|collide ...\n", stderr), 2;
  return 0;
}
