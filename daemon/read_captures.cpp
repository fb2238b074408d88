// SPDX-License-Identifier: Apache-2.0
#include "daemon/read_captures.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/strings.hpp"
#include "capture/packet_files.hpp"
#include "daemon/host.hpp"
#include "daemon/progress_bar.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {
namespace {

/// Lets the state model see what a reader found, and the output what the model
/// concluded.
class Analysis final : public PacketSink {
 public:
  Analysis(const TcpModelOptions& options, LocalAddresses local,
           CaptureOutput& output)
      : local_(std::move(local)),
        model_(options, random_seed(),
               [this](const IpAddress& ip) { return local_.contains(ip); }),
        output_(output) {
    model_.on_forgotten([this](const ObservedConnection& connection) {
      tell_changes();  // what ended it comes first
      output_.on_connection(connection);
    });
  }

  void on_segments(std::span<const Segment> segments) override {
    if (!first_) first_ = segments.front().at;
    model_.observe(segments, changes_);
    tell_changes();
  }
  void on_hard_error(const HardError& error) override {
    model_.observe(error, changes_);
    tell_changes();
  }
  void on_loss(Instant now, std::uint64_t /*packets*/) override {
    model_.note_loss(now);
  }
  void on_local_addresses(
      std::shared_ptr<const LocalAddresses> /*ours*/) override {}
  void on_packet_time(Instant now) override {
    last_ = now;
    model_.expire(now, changes_);
    tell_changes();
  }

  void finish() {
    model_.visit([this](const ObservedConnection& connection) {
      output_.on_connection(connection);
    });
  }
  [[nodiscard]] const TcpModel& model() const { return model_; }
  [[nodiscard]] Instant first() const { return first_.value_or(last_); }
  [[nodiscard]] Instant last() const { return last_; }

 private:
  void tell_changes() {
    for (const EndpointChange& change : changes_) output_.on_change(change);
    changes_.clear();
  }

  LocalAddresses local_;
  TcpModel model_;
  CaptureOutput& output_;
  std::vector<EndpointChange> changes_;
  std::optional<Instant> first_;
  Instant last_;
};

/// Standard output in large pieces.
class StandardOutput {
 public:
  ~StandardOutput() { flush(); }
  void write(std::string_view text) {
    pending_ += text;
    if (pending_.size() >= kPiece) flush();
  }
  /// Why nothing can be written any more, then reading on makes no sense; 0
  /// as long as all is well. EPIPE: nobody listens (`| head`).
  [[nodiscard]] int error() const { return error_; }

  void flush() {
    const bool written = std::fwrite(pending_.data(), 1, pending_.size(),
                                     stdout) == pending_.size() &&
                         std::fflush(stdout) == 0;
    if (!written && error_ == 0) error_ = errno;
    pending_.clear();
  }

 private:
  static constexpr std::size_t kPiece = 64UL * 1024;

  std::string pending_;
  int error_ = 0;
};

CaptureSummary summarize(const CaptureReading& reading,
                         const FrameCounts& counts, const Analysis& analysis,
                         std::string trouble) {
  const TcpModelStats& stats = analysis.model().stats();
  CaptureSummary summary{
      .files = reading.files,
      .local_known = !reading.local.empty(),
      .packets = counts.frames,
      .segments = stats.segments,
      .copies = stats.copies,
      .out_of_order = counts.out_of_order,
      .dropped = {},
      .evicted = std::accumulate(stats.evicted.begin(), stats.evicted.end(),
                                 stats.refused),
      .first = analysis.first(),
      .last = analysis.last(),
      .counts = analysis.model().counts(),
      .trouble = std::move(trouble)};
  for (std::size_t i = 0; i < kDropReasonLabels.size(); ++i)
    summary.dropped.emplace_back(kDropReasonLabels[i], counts.dropped[i]);
  return summary;
}

/// What ended a file before its end; empty if nothing did.
std::string read_all(PacketFiles& files, Analysis& analysis,
                     const StandardOutput& out, bool shows_progress) {
  ProgressBar bar(shows_progress);
  std::string trouble;
  for (bool more = true; more && out.error() == 0;) {
    const auto read = files.read_some(analysis);
    if (!read) trouble += (trouble.empty() ? "" : "; ") + read.error().message;
    more = !read || *read;
    bar.show(files.progress(), files.counts().frames);
  }
  return trouble;
}

void complain(std::string_view what) {
  std::fprintf(stderr, "tcpstated: %s\n", printable(what, 1024).c_str());
}

}  // namespace

int read_captures(const CommandLine& line, const Config& config) {
  const CaptureFormat format = line.reading.format;
  auto files = PacketFiles::open(line.reading.files);
  if (!files) {
    complain(files.error().message);
    return 1;
  }
  StandardOutput out;
  const auto output = make_capture_output(
      format, config.leaks, [&](std::string_view text) { out.write(text); });
  TcpModelOptions options = config.model;
  options.keep_traffic = format != CaptureFormat::Events;
  Analysis analysis(options, LocalAddresses(line.reading.local), *output);
  // Lines that come meanwhile would run through the bar.
  const bool bar_is_alone =
      format == CaptureFormat::Table || ::isatty(STDOUT_FILENO) == 0;
  const std::string trouble = read_all(**files, analysis, out, bar_is_alone);
  if (options.keep_traffic) analysis.finish();
  const CaptureSummary summary =
      summarize(line.reading, (*files)->counts(), analysis, trouble);
  output->finish(summary);
  if (const std::string bad = unreadable_text(summary); !bad.empty())
    complain(bad);
  if (!trouble.empty()) complain(trouble);
  out.flush();
  if (out.error() != 0 && out.error() != EPIPE)
    complain(fmt::format("cannot write to standard output: {}",
                         std::strerror(out.error())));
  return trouble.empty() && out.error() == 0 ? 0 : 1;
}

}  // namespace tcpstated
