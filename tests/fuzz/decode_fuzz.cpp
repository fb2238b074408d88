// SPDX-License-Identifier: Apache-2.0
// Any bytes as a frame: the first chooses the link type, the next two say how
// much longer it was on the wire.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>
#include <vector>

#include "packet/decode.hpp"

namespace {

constexpr std::array kLinkTypes{1,   0,   9,   12,  14,  101,
                                108, 113, 228, 229, 276, 147};

void require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tcpstated;
  constexpr std::size_t kChoices = 3;
  if (size < kChoices) return 0;
  // In a buffer of its own, so that ASan sees the very first byte too far.
  const std::vector<std::uint8_t> bytes(data + kChoices, data + size);
  const std::uint32_t more = data[1] + 256U * data[2];
  const Frame frame{
      .bytes = std::as_bytes(std::span(bytes)),
      .wire_length = static_cast<std::uint32_t>(bytes.size()) + more,
      .link_type = kLinkTypes[data[0] % kLinkTypes.size()],
      .at = Instant{std::chrono::seconds(1)}};
  const Decoded decoded = decode(frame);
  if (const auto* segment = std::get_if<Segment>(&decoded)) {
    require(segment->at == frame.at && bytes.size() >= 40);
    // Only a capture that is not whole can lack payload that was on the wire.
    require(more > 0 || segment->payload <= bytes.size() - 40);
    require(segment->options.has_timestamp || segment->options.timestamp == 0);
  } else if (const auto* error = std::get_if<HardError>(&decoded)) {
    require(error->at == frame.at && bytes.size() >= 20 + 8 + 20 + 8);
  } else {
    const auto reason = static_cast<std::size_t>(std::get<DropReason>(decoded));
    require(reason < kDropReasonLabels.size());
  }
  return 0;
}
