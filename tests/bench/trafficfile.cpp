// SPDX-License-Identifier: Apache-2.0
// Writes a capture of many TCP connections at once, always the same one:
//   trafficfile FILE PACKETS CONNECTIONS
// At any time CONNECTIONS are open; a packet belongs to a random one of them.
// They open, talk and end in the ways that connections have, at 500,000 packets
// per second, one in five over IPv6, and are cut to 96 bytes.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kSnapLength = 96;
constexpr std::uint64_t kPause = 2000;  // ns, on average

std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
  return x ^ x >> 31U;
}

class Random {
 public:
  std::uint64_t next() { return scramble(state_ += 0x9e3779b97f4a7c15U); }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool percent(std::uint64_t p) { return below(100) < p; }

 private:
  std::uint64_t state_ = 1;
};

enum Flags : std::uint8_t {
  kFin = 1,
  kSyn = 2,
  kRst = 4,
  kPush = 8,
  kAck = 16
};

enum class Fate : std::uint8_t {
  ClientCloses,
  ServerCloses,
  FinInAnswer,
  HalfClose,
  ClientResets,
  ServerResets,
  Refused,
  Unanswered,
  Leaked,
  Simultaneous,
};

/// Of a thousand.
constexpr std::array<std::pair<Fate, unsigned>, 10> kFates{{
    {Fate::ClientCloses, 430},
    {Fate::ServerCloses, 180},
    {Fate::FinInAnswer, 160},
    {Fate::HalfClose, 40},
    {Fate::ClientResets, 60},
    {Fate::ServerResets, 40},
    {Fate::Refused, 30},
    {Fate::Unanswered, 30},
    {Fate::Leaked, 20},
    {Fate::Simultaneous, 10},
}};

/// One packet, without addresses.
struct Step {
  bool from_client;
  std::uint8_t flags;
  std::uint16_t payload = 0;
};

struct Connection {
  std::uint64_t id;
  std::array<std::uint32_t, 2> next;  // sequence numbers: client, server
  Fate fate;
  std::uint16_t rounds;  // requests still to come
  std::uint16_t step;    // of the phase
  std::uint8_t phase;
};

class Pcap {
 public:
  explicit Pcap(const char* name) : file_(std::fopen(name, "wb")) {
    if (file_ == nullptr) {
      std::perror(name);
      std::exit(1);
    }
    constexpr std::array<std::uint32_t, 6> kHeader{
        0xa1b23c4d, 4U << 16U | 2U, 0, 0, kSnapLength, 1};
    std::fwrite(kHeader.data(), sizeof kHeader, 1, file_);
  }
  void write(std::uint64_t at, std::span<const std::uint8_t> frame,
             std::uint32_t length) {
    std::array<std::uint8_t, kSnapLength> cut{};
    const std::size_t held = std::min<std::size_t>(length, kSnapLength);
    std::memcpy(cut.data(), frame.data(), std::min(frame.size(), held));
    const std::array<std::uint32_t, 4> header{
        static_cast<std::uint32_t>(at / 1'000'000'000),
        static_cast<std::uint32_t>(at % 1'000'000'000),
        static_cast<std::uint32_t>(held), length};
    std::fwrite(header.data(), sizeof header, 1, file_);
    std::fwrite(cut.data(), held, 1, file_);
  }
  bool close() { return std::fclose(file_) == 0; }

 private:
  std::FILE* file_;
};

/// A header on its way into a frame.
class Bytes {
 public:
  void put(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;)
      bytes_[size_++] = static_cast<std::uint8_t>(value >> 8 * i);
  }
  [[nodiscard]] std::span<const std::uint8_t> all() const {
    return std::span(bytes_).first(size_);
  }

 private:
  std::array<std::uint8_t, 128> bytes_{};
  std::size_t size_ = 0;
};

class Traffic {
 public:
  Traffic(const char* file, std::uint64_t connections) : pcap_(file) {
    open_.resize(connections);
    for (Connection& one : open_) one = fresh();
  }
  void send_one() {
    Connection& one = open_[random_.below(open_.size())];
    const bool over = advance(one);
    if (over) one = fresh();
  }
  bool close() { return pcap_.close(); }

 private:
  Connection fresh() {
    Connection one{};
    one.id = ++last_id_;
    for (std::uint32_t& next : one.next)
      next = static_cast<std::uint32_t>(random_.next());
    std::uint64_t draw = random_.below(1000);
    for (const auto& [fate, share] : kFates) {
      one.fate = fate;
      if (draw < share) break;
      draw -= share;
    }
    one.rounds = static_cast<std::uint16_t>(
        1 + std::min(1000.0, -4 * std::log(1 - static_cast<double>(
                                                   random_.below(1 << 20)) /
                                                   (1 << 20))));
    return one;
  }

  /// true: that was its last packet.
  bool advance(Connection& one) {
    switch (one.phase) {
      case 0:
        return open(one);
      case 1:
        return talk(one);
      default:
        return end(one);
    }
  }

  bool open(Connection& one) {
    static constexpr std::array kHandshake{
        Step{true, kSyn}, Step{false, kSyn | kAck}, Step{true, kAck}};
    if (one.fate == Fate::Unanswered) {
      one.next[0] -= one.step == 0 ? 0U : 1U;  // the same once more
      send(one, {true, kSyn});
      return ++one.step == 3;
    }
    if (one.fate == Fate::Refused && one.step == 1) {
      send(one, {false, kRst | kAck});
      return true;
    }
    send(one, kHandshake[one.step]);
    if (++one.step == kHandshake.size()) start(one, 1);
    return false;
  }

  bool talk(Connection& one) {
    const auto size = static_cast<std::uint16_t>(60 + random_.below(1388));
    if (one.step == 0) send(one, {true, kPush | kAck, size});
    if (one.step == 1) send(one, {false, kAck, size});
    if (one.step == 2) send(one, {true, kAck});
    if (one.step == 1 && random_.percent(33)) return false;  // a long answer
    one.step = static_cast<std::uint16_t>((one.step + 1) % 3);
    if (one.step == 0 && --one.rounds == 0) start(one, 2);
    return false;
  }

  bool end(Connection& one) {
    using Steps = std::span<const Step>;
    static constexpr std::array kClient{
        Step{true, kFin | kAck}, Step{false, kAck}, Step{false, kFin | kAck},
        Step{true, kAck}};
    static constexpr std::array kServer{
        Step{false, kFin | kAck}, Step{true, kAck}, Step{true, kFin | kAck},
        Step{false, kAck}};
    static constexpr std::array kCombined{
        Step{true, kFin | kAck}, Step{false, kFin | kAck}, Step{true, kAck}};
    static constexpr std::array kHalf{
        Step{true, kFin | kAck},        Step{false, kAck},
        Step{false, kPush | kAck, 999}, Step{true, kAck},
        Step{false, kFin | kAck},       Step{true, kAck}};
    static constexpr std::array kClientReset{Step{true, kRst | kAck}};
    static constexpr std::array kServerReset{Step{false, kRst | kAck}};
    const Steps steps = one.fate == Fate::ServerCloses   ? Steps(kServer)
                        : one.fate == Fate::FinInAnswer  ? Steps(kCombined)
                        : one.fate == Fate::HalfClose    ? Steps(kHalf)
                        : one.fate == Fate::ClientResets ? Steps(kClientReset)
                        : one.fate == Fate::ServerResets ? Steps(kServerReset)
                        : one.fate == Fate::Leaked ? Steps(kClient).first(2)
                                                   : Steps(kClient);
    if (one.fate == Fate::Simultaneous && one.step == 0) {
      send(one, steps[0]);
      one.next[0] -= 1;  // the server has not seen it yet
      send(one, {false, kFin | kAck});
      one.next[0] += 1;
      one.step = 3;
      send(one, {false, kAck});
      return false;
    }
    send(one, steps[one.step]);
    return ++one.step == steps.size();
  }

  static void start(Connection& one, std::uint8_t phase) {
    one.phase = phase;
    one.step = 0;
  }

  void send(Connection& one, Step step) {
    const bool v6 = scramble(one.id) % 5 == 0;
    const bool syn = (step.flags & kSyn) != 0;
    const std::size_t options = syn ? 20 : (step.flags & kRst) != 0 ? 0 : 12;
    const std::size_t tcp = 20 + options + step.payload;
    Bytes frame;
    frame.put(0x020000000001, 6);
    frame.put(0x020000000002, 6);
    if (v6)
      put_ipv6(frame, one, step, tcp);
    else
      put_ipv4(frame, one, step, tcp);
    put_tcp(frame, one, step, options);
    const std::size_t length = 14 + (v6 ? 40U : 20U) + tcp;
    pcap_.write(now_, frame.all(), static_cast<std::uint32_t>(length));
    now_ += 1 + random_.below(2 * kPause);
    one.next[step.from_client ? 0 : 1] +=
        step.payload + (syn ? 1U : 0U) + ((step.flags & kFin) != 0 ? 1U : 0U);
  }

  // The servers are 10.1.0.1 to 10.1.0.4 and fd00::1 to fd00::4.
  void put_ipv4(Bytes& frame, const Connection& one, Step step,
                std::size_t tcp) {
    const std::uint64_t client = 0x14000000 | (scramble(one.id) >> 40U);
    const std::uint64_t server = 0x0a010001 + one.id % 4;
    frame.put(0x0800, 2);
    frame.put(0x4500, 2);
    frame.put(20 + tcp, 2);
    frame.put(++ip_id_, 2);
    frame.put(0x40004006, 4);
    frame.put(0, 2);
    frame.put(step.from_client ? client : server, 4);
    frame.put(step.from_client ? server : client, 4);
  }
  static void put_ipv6(Bytes& frame, const Connection& one, Step step,
                       std::size_t tcp) {
    const auto put_client = [&] {
      frame.put(0x20010db800000000, 8);
      frame.put(scramble(one.id), 8);
    };
    const auto put_server = [&] {
      frame.put(0xfd00000000000000, 8);
      frame.put(1 + one.id % 4, 8);
    };
    frame.put(0x86dd60000000, 6);
    frame.put(tcp, 2);
    frame.put(0x0640, 2);
    if (step.from_client) put_client();
    put_server();
    if (!step.from_client) put_client();
  }
  void put_tcp(Bytes& frame, const Connection& one, Step step,
               std::size_t options) const {
    const std::uint64_t client = 10240 + scramble(one.id) % 50000;
    const std::uint64_t server = 20000 + one.id / 4 % 16;
    const std::size_t self = step.from_client ? 0 : 1;
    const bool ack = (step.flags & kAck) != 0;
    frame.put(step.from_client ? client : server, 2);
    frame.put(step.from_client ? server : client, 2);
    frame.put(one.next[self], 4);
    frame.put(ack ? one.next[1 - self] : 0, 4);
    frame.put((20 + options) / 4 << 4U, 1);
    frame.put(step.flags, 1);
    frame.put(64240, 2);
    frame.put(0, 4);
    if (options == 20) frame.put(0x020405b4'0402080aU, 8);
    if (options == 12) frame.put(0x0101080a, 4);
    if (options > 0) frame.put(now_ / 1'000'000 << 32U, 8);
    if (options == 20) frame.put(0x01030307, 4);
  }

  Random random_;
  Pcap pcap_;
  std::vector<Connection> open_;
  std::uint64_t last_id_ = 0;
  std::uint64_t now_ = 1'700'000'000'000'000'000;
  std::uint16_t ip_id_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: trafficfile FILE PACKETS CONNECTIONS\n", stderr);
    return 2;
  }
  const std::uint64_t packets = std::strtoull(argv[2], nullptr, 10);
  Traffic traffic(argv[1], std::max(1ULL, std::strtoull(argv[3], nullptr, 10)));
  for (std::uint64_t i = 0; i < packets; ++i) traffic.send_one();
  return traffic.close() ? 0 : 1;
}
