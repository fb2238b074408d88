// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One capture file: pcap or pcapng, micro- or nanoseconds, or standard input.
/// Not its meaning: frames come out as they lie in the file. No libpcap here.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "packet/decode.hpp"

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
  template <typename Visitor>
  Result<std::size_t> read(std::size_t limit, Visitor&& visit) {
    return read_with(
        limit,
        [](void* context, const Frame& frame) {
          (*static_cast<std::remove_reference_t<Visitor>*>(context))(frame);
        },
        std::addressof(visit));
  }

  /// As messages call it: the path, or "standard input".
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] int link_type() const;  ///< DLT_
  [[nodiscard]] ReadProgress progress() const;

 private:
  struct Impl;
  // A pointer and its context: a call per packet must not cost more.
  using Visit = void (*)(void* context, const Frame& frame);

  explicit PcapFile(std::unique_ptr<Impl> impl);
  Result<std::size_t> read_with(std::size_t limit, Visit visit, void* context);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpstated
