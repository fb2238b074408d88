// SPDX-License-Identifier: Apache-2.0
// Any bytes as a capture: decoded frames through the passive state model, as a
// live backend or a file would feed it. The first byte chooses the link type;
// then for each frame: how long after the one before (steps of 50 ms), its
// length in two bytes, and so many bytes.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>
#include <vector>

#include "packet/decode.hpp"
#include "tcp/tcp_model.hpp"

namespace {

using namespace tcpstated;

constexpr std::array kLinkTypes{1,   0,   9,   12,  14,  101,
                                108, 113, 228, 229, 276, 147};
constexpr std::size_t kMostConnections = 8;

void require(bool held) {
  if (!held) std::abort();
}

/// The model beside one end, told what time it is by the frames.
class Watcher {
 public:
  void see(const Frame& frame) {
    const Decoded decoded = decode(frame);
    if (const auto* segment = std::get_if<Segment>(&decoded))
      model_.observe(std::span(segment, 1), changes_);
    else if (const auto* error = std::get_if<HardError>(&decoded))
      model_.observe(*error, changes_);
    check();
  }
  void let_pass(Instant now) {
    model_.expire(now, changes_);
    check();
  }
  void lose(Instant now) { model_.note_loss(now); }

  /// Nothing is counted that is not there.
  void finish(Instant now) {
    let_pass(now);
    std::uint64_t ends = 0;
    for (const auto& side : {model_.counts().local, model_.counts().remote})
      for (const std::uint64_t count : side) ends += count;
    require(ends <= 2 * model_.size());
  }

 private:
  void check() {
    require(model_.size() <= kMostConnections);
    for (const EndpointChange& change : changes_) {
      require(change.at >= last_);
      last_ = change.at;
    }
    changes_.clear();
  }

  TcpModel model_{{.max_connections = kMostConnections},
                  7,
                  [](const IpAddress& ip) { return ip.bytes[15] % 2 == 0; }};
  std::vector<EndpointChange> changes_;
  Instant last_ = Instant::min();
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  std::span rest(data, size);
  const int link_type = kLinkTypes[rest[0] % kLinkTypes.size()];
  rest = rest.subspan(1);
  Watcher watcher;
  Instant now{std::chrono::hours(1)};
  while (rest.size() > 3) {
    now += rest[0] * std::chrono::milliseconds(50);
    if (rest[0] == 255) watcher.lose(now);
    const std::size_t length =
        std::min<std::size_t>(rest[1] + 256U * rest[2], rest.size() - 3);
    // In a buffer of its own, so that ASan sees the very first byte too far.
    const std::vector<std::uint8_t> bytes(
        rest.begin() + 3, rest.begin() + 3 + static_cast<long>(length));
    watcher.see({.bytes = std::as_bytes(std::span(bytes)),
                 .wire_length = static_cast<std::uint32_t>(length),
                 .link_type = link_type,
                 .at = now});
    rest = rest.subspan(3 + length);
  }
  watcher.finish(now + std::chrono::minutes(3));
  return 0;
}
