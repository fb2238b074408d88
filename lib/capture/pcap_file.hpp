// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One capture file: pcap or pcapng, micro- or nanoseconds, or standard input.
/// Not its meaning: frames come out as they lie in the file. No libpcap here.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "capture/frame_visitor.hpp"

namespace tcpstated {

/// How far a reader of files has come.
struct ReadProgress {
  std::uint64_t bytes = 0;
  std::uint64_t total = 0;  ///< 0: not known, it is a pipe
};

class PcapFile {
 public:
  /// "-" is standard input. An Error for a folder, a missing or empty file, or
  /// one that is no capture.
  [[nodiscard]] static Result<PcapFile> open(const std::string& path);
  PcapFile(PcapFile&& other) noexcept;
  PcapFile& operator=(PcapFile&& other) noexcept;
  ~PcapFile();

  /// Calls `visit(frame)` for at most `limit` packets and returns how many;
  /// 0 at the end. The frame's bytes are valid during the call. An Error says
  /// where the file is damaged or cut, once everything before was visited.
  Result<std::size_t> read(std::size_t limit, FrameVisitor visit);

  /// As messages call it: the path, or "standard input".
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] int link_type() const;  ///< DLT_
  [[nodiscard]] ReadProgress progress() const;

 private:
  struct Impl;

  explicit PcapFile(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
