// SPDX-License-Identifier: Apache-2.0
#include "capture/packet_files.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "capture/frame_queue.hpp"

namespace tcpstated {
namespace {

constexpr std::size_t kPacketsPerCall = 4096;
/// Read ahead of one file while another is older.
constexpr std::size_t kPacketsAhead = 64;

/// A file and what was read ahead of it.
struct Lane {
  PcapFile file;
  FrameQueue ahead;

  /// False at the end of the file.
  Result<bool> fill() {
    if (!ahead.empty()) return true;
    const auto count = file.read(
        kPacketsAhead, [this](const Frame& frame) { ahead.push(frame); });
    if (!count) return std::unexpected(count.error());
    return *count > 0;
  }
};

class MergedFiles final : public PacketFiles {
 public:
  explicit MergedFiles(std::vector<Lane> lanes) : lanes_(std::move(lanes)) {
    const auto total = [](const Lane& lane) {
      return lane.file.progress().total;
    };
    if (std::ranges::all_of(lanes_, total))
      for (const Lane& lane : lanes_) total_ += total(lane);
  }

  Result<bool> read_some(PacketSink& sink) override {
    const std::uint64_t enough = batch_.counts().frames + kPacketsPerCall;
    Result<bool> more = !lanes_.empty();
    while (more && *more && batch_.counts().frames < enough)
      more = lanes_.size() == 1 ? read_last(sink) : merge(sink);
    batch_.flush(sink);
    if (batch_.counts().frames > 0) sink.on_packet_time(batch_.now());
    return more;
  }

  [[nodiscard]] ReadProgress progress() const override {
    ReadProgress all{.bytes = finished_, .total = total_};
    for (const Lane& lane : lanes_) all.bytes += lane.file.progress().bytes;
    return all;
  }
  [[nodiscard]] const FrameCounts& counts() const override {
    return batch_.counts();
  }

 private:
  /// The last file needs no merging: from the file into the batch.
  Result<bool> read_last(PacketSink& sink) {
    Lane& lane = lanes_.front();
    lane.ahead.deliver(Instant::max(), batch_, sink);
    auto count = lane.file.read(kPacketsPerCall, [&](const Frame& frame) {
      batch_.add({frame.at, decode(frame)}, sink);
    });
    if (!count || *count == 0) finish(lanes_.begin());
    if (!count) return std::unexpected(std::move(count).error());
    return !lanes_.empty();
  }

  /// As far as every file has been read: no older packet is to come.
  Result<bool> merge(PacketSink& sink) {
    std::vector<FrameQueue*> queues;
    Instant until = Instant::max();
    for (auto lane = lanes_.begin(); lane != lanes_.end();) {
      auto filled = lane->fill();
      if (!filled || !*filled) {
        lane = finish(lane);
        if (!filled) return std::unexpected(std::move(filled).error());
        continue;
      }
      until = std::min(until, lane->ahead.latest());
      ++lane;
    }
    for (Lane& lane : lanes_) queues.push_back(&lane.ahead);
    deliver_merged(queues, until, batch_, sink);
    return !lanes_.empty();
  }

  std::vector<Lane>::iterator finish(std::vector<Lane>::iterator lane) {
    finished_ += lane->file.progress().bytes;
    return lanes_.erase(lane);
  }

  std::vector<Lane> lanes_;     ///< the files with packets left
  std::uint64_t finished_ = 0;  ///< bytes of the others
  std::uint64_t total_ = 0;
  SegmentBatch batch_;
};

}  // namespace

Result<std::unique_ptr<PacketFiles>> PacketFiles::open(
    std::span<const std::string> paths) {
  std::vector<Lane> lanes;
  for (const std::string& path : paths) {
    auto file = PcapFile::open(path);
    if (!file) return std::unexpected(std::move(file).error());
    lanes.push_back({.file = std::move(*file), .ahead = {}});
  }
  return std::make_unique<MergedFiles>(std::move(lanes));
}

}  // namespace tcpstated
