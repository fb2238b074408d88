// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// How the tests of this room ask: what became of this frame?

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "fakes/frame_builder.hpp"
#include "packet/decode.hpp"

namespace tcpstated {

using namespace std::chrono_literals;
inline constexpr Instant kAt{1h};
inline constexpr std::size_t kWhole = SIZE_MAX;

/// The first `captured` bytes of a frame, as a snap length of that many leaves
/// them, in a buffer of just that size: ASan sees a read beyond it.
inline Decoded decode(const FrameBuilder& frame,
                      std::size_t captured = kWhole) {
  const auto all = frame.bytes();
  const std::vector<std::uint8_t> kept(
      all.begin(), all.begin() + static_cast<std::ptrdiff_t>(
                                     std::min(captured, all.size())));
  return decode({.bytes = std::as_bytes(std::span(kept)),
                 .wire_length = static_cast<std::uint32_t>(all.size()),
                 .link_type = frame.link_type(),
                 .at = kAt});
}

/// "segment", "hard_error" or the label of the reason.
inline std::string_view outcome(const Decoded& decoded) {
  if (const auto* reason = std::get_if<DropReason>(&decoded))
    return kDropReasonLabels.at(static_cast<std::size_t>(*reason));
  return std::holds_alternative<Segment>(decoded) ? "segment" : "hard_error";
}
inline std::string_view outcome(const FrameBuilder& frame,
                                std::size_t captured = kWhole) {
  return outcome(decode(frame, captured));
}

/// Throws, hence fails the test, if it is none.
inline Segment segment(const FrameBuilder& frame,
                       std::size_t captured = kWhole) {
  return std::get<Segment>(decode(frame, captured));
}

}  // namespace tcpstated
