// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Capture files as one stream of segments in the order of time. Not a
/// CaptureBackend: nobody waits for a file, it is read as fast as it can be.

#include <memory>
#include <span>
#include <string>

#include "base/error.hpp"
#include "capture/packet_sink.hpp"
#include "capture/pcap_file.hpp"
#include "capture/segment_batch.hpp"

namespace tcpstated {

class PacketFiles {
 public:
  /// All of them or an Error about the first that cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<PacketFiles>> open(
      std::span<const std::string> paths);
  virtual ~PacketFiles() = default;

  /// Delivers a few thousand packets, then says on_packet_time(); false once
  /// there is nothing left. An Error names a file that is damaged or cut: what
  /// came before it was delivered, and to call again goes on with the other
  /// files.
  virtual Result<bool> read_some(PacketSink& sink) = 0;

  /// Of all files together.
  [[nodiscard]] virtual ReadProgress progress() const = 0;
  [[nodiscard]] virtual const FrameCounts& counts() const = 0;
};

}  // namespace tcpstated
