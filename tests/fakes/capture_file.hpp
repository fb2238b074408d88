// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Capture files written byte by byte, so that a test can also write what no
/// program would. Gone with the test.

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "fakes/frame_builder.hpp"
#include "fakes/temporary_folder.hpp"

namespace tcpstated {

/// Fields in the byte order of this machine, as the magic number says.
class CaptureBytes {
 public:
  /// What the second half of a stamp counts.
  enum class Unit : std::uint32_t { Micro = 0xa1b2c3d4, Nano = 0xa1b23c4d };

  explicit CaptureBytes(Unit unit = Unit::Nano, std::uint32_t link_type = 1)
      : unit_(unit) {
    put(static_cast<std::uint32_t>(unit));
    put(0x0004'0002);  // version 2.4
    put(0).put(0).put(262144).put(link_type);
  }

  CaptureBytes& frame(Duration at, const FrameLayers::Bytes& bytes) {
    const auto rest = at % std::chrono::seconds(1);
    put(static_cast<std::uint32_t>(at / std::chrono::seconds(1)));
    put(static_cast<std::uint32_t>(unit_ == Unit::Nano
                                       ? rest.count()
                                       : rest / std::chrono::microseconds(1)));
    const auto size = static_cast<std::uint32_t>(bytes.size());
    put(size).put(size);
    content_.append(bytes.begin(), bytes.end());
    return *this;
  }
  CaptureBytes& frame(Duration at, const FrameBuilder& frame_) {
    return frame(at, frame_.bytes());
  }
  CaptureBytes& put(std::uint32_t field) {
    content_.append(reinterpret_cast<const char*>(&field), sizeof field);
    return *this;
  }
  CaptureBytes& cut(std::size_t bytes) {
    content_.resize(content_.size() - bytes);
    return *this;
  }
  [[nodiscard]] const std::string& content() const { return content_; }

 private:
  Unit unit_;
  std::string content_;
};

/// A pcapng file with one interface whose clock has `resolution` (the option
/// if_tsresol: 6 is microseconds, 9 nanoseconds).
class PcapngBytes {
 public:
  explicit PcapngBytes(std::uint8_t resolution) {
    put({0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28});
    put({1, 32, 1, 0, 0x0001'0009, resolution, 0, 32});
  }
  PcapngBytes& frame(std::uint64_t stamp, const FrameLayers::Bytes& bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const std::uint32_t padded = (size + 3) / 4 * 4;
    put({6, 32 + padded, 0, static_cast<std::uint32_t>(stamp >> 32U),
         static_cast<std::uint32_t>(stamp), size, size});
    content_.append(bytes.begin(), bytes.end());
    content_.append(padded - size, '\0');
    return put({32 + padded});
  }
  PcapngBytes& put(std::initializer_list<std::uint32_t> fields) {
    for (const std::uint32_t field : fields)
      content_.append(reinterpret_cast<const char*>(&field), sizeof field);
    return *this;
  }
  [[nodiscard]] const std::string& content() const { return content_; }

 private:
  std::string content_;
};

/// A segment with data from a numbered sender.
inline FrameBuilder numbered(std::uint16_t port) {
  return ethernet()
      .ipv4("10.0.0.1", "10.0.0.2")
      .tcp(port, 80)
      .seq(1)
      .ack(1)
      .payload(10);
}

}  // namespace tcpstated
