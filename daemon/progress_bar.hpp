// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// How far a long reading has come, on a terminal.

#include <chrono>
#include <cstdint>
#include <string>

#include "capture/pcap_file.hpp"

namespace tcpstated {

/// "[=====>    ]  45 %  612 MB/s  12.3 M packets": nothing where standard error
/// is no terminal, nothing in the first second, and nothing if not `wanted`.
class ProgressBar {
 public:
  explicit ProgressBar(bool wanted);
  /// Wipes the line.
  ~ProgressBar();

  void show(const ReadProgress& progress, std::uint64_t packets);

 private:
  bool on_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point next_;
};

[[nodiscard]] std::string progress_text(const ReadProgress& progress,
                                        std::uint64_t packets,
                                        std::chrono::duration<double> passed);

}  // namespace tcpstated
