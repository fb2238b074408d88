// SPDX-License-Identifier: Apache-2.0
#include "daemon/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace tcpstated {
namespace {

using std::chrono::steady_clock;

constexpr auto kStep = std::chrono::milliseconds(200);
constexpr std::size_t kWidth = 30;

}  // namespace

ProgressBar::ProgressBar(bool wanted)
    : on_terminal_(wanted && ::isatty(STDERR_FILENO) == 1),
      begun_(steady_clock::now()),
      next_(begun_ + std::chrono::seconds(1)) {}

ProgressBar::~ProgressBar() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::show(const ReadProgress& progress, std::uint64_t packets) {
  if (!on_terminal_) return;
  const auto now = steady_clock::now();
  if (now < next_) return;
  next_ = now + kStep;
  shown_ = true;
  const std::string text = progress_text(progress, packets, now - begun_);
  std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
}

std::string progress_text(const ReadProgress& progress, std::uint64_t packets,
                          std::chrono::duration<double> passed) {
  std::string text;
  const auto bytes = static_cast<double>(progress.bytes);
  if (progress.total > 0) {
    const double share =
        std::min(1.0, bytes / static_cast<double>(progress.total));
    const auto done = static_cast<std::size_t>(share * kWidth);
    text = fmt::format("[{}{}] {:3.0f} %  ", std::string(done, '='),
                       std::string(kWidth - done, ' '), share * 100);
  }
  const double seconds = std::max(passed.count(), 1e-3);
  return text + fmt::format("{:.0f} MB/s  {:.1f} M packets",
                            bytes / 1e6 / seconds,
                            static_cast<double>(packets) / 1e6);
}

}  // namespace tcpstated
