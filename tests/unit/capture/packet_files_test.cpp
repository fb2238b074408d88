// SPDX-License-Identifier: Apache-2.0
#include "capture/packet_files.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "fakes/capture_file.hpp"
#include "fakes/recording_sink.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

struct PacketFilesTest : testing::Test {
  TemporaryFolder folder;
  std::vector<std::string> paths;
  std::unique_ptr<PacketFiles> files;
  RecordingSink sink;
  std::vector<std::string> errors;

  void add(const std::string& content) {
    paths.push_back(folder.write(std::to_string(paths.size()), content));
  }
  void read_all() {
    auto opened = PacketFiles::open(paths);
    ASSERT_TRUE(opened) << opened.error().message;
    files = std::move(*opened);
    for (;;) {
      const auto more = files->read_some(sink);
      if (!more) errors.push_back(more.error().message);
      if (more && !*more) return;
      ASSERT_LE(errors.size(), paths.size());
    }
  }
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const {
    return files->counts().dropped.at(static_cast<std::size_t>(reason));
  }
};

TEST_F(PacketFilesTest, DeliversBatchesThatATableCanPrefetch) {
  CaptureBytes bytes;
  for (std::uint16_t i = 0; i < 150; ++i) bytes.frame(1s, numbered(i));
  add(bytes.content());
  read_all();
  EXPECT_EQ(sink.segments.size(), 150U);
  EXPECT_EQ(sink.batches, 3U);
  EXPECT_EQ(files->counts().frames, 150U);
}

TEST_F(PacketFilesTest, CountsEachReasonNotToBeASegment) {
  CaptureBytes bytes;
  bytes.frame(1s, numbered(1));
  bytes.frame(1s, ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(17));
  bytes.frame(1s, ethernet().ipv4("10.0.0.1", "10.0.0.2").protocol(17));
  bytes.frame(1s, FrameLayers::Bytes(5));
  add(bytes.content());
  read_all();
  EXPECT_EQ(dropped(DropReason::NotTcp), 2U);
  EXPECT_EQ(dropped(DropReason::Truncated), 1U);
  EXPECT_EQ(files->counts().unreadable(), 1U);
  EXPECT_EQ(files->counts().frames, 4U);
}

TEST_F(PacketFilesTest, AHardErrorKeepsItsPlaceAmongTheSegments) {
  const auto refused = ethernet()
                           .ipv4("10.0.0.9", "10.0.0.1")
                           .icmp(1, 3, 3)
                           .ipv4("10.0.0.1", "10.0.0.2")
                           .tcp(1, 80)
                           .syn();
  CaptureBytes bytes;
  bytes.frame(1s, numbered(1)).frame(2s, refused).frame(3s, numbered(2));
  add(bytes.content());
  read_all();
  EXPECT_EQ(sink.order, "ses");
}

TEST_F(PacketFilesTest, TimeStandsStillForAPacketThatIsTooOld) {
  CaptureBytes bytes;
  bytes.frame(5s, numbered(1)).frame(3s, numbered(2)).frame(6s, numbered(3));
  add(bytes.content());
  read_all();
  ASSERT_EQ(sink.segments.size(), 3U);
  EXPECT_EQ(sink.segments[1].at, Instant(5s));
  EXPECT_EQ(sink.segments[2].at, Instant(6s));
  EXPECT_EQ(files->counts().out_of_order, 1U);
}

TEST_F(PacketFilesTest, TheLastFrameSaysHowLateItIsEvenIfItIsNoSegment) {
  CaptureBytes bytes;
  bytes.frame(5s, numbered(1)).frame(9s, FrameLayers::Bytes(60));
  add(bytes.content());
  read_all();
  EXPECT_EQ(sink.now, Instant(9s));
  EXPECT_GE(sink.times, 1U);
}

TEST_F(PacketFilesTest, MergesFilesByTime) {
  CaptureBytes odd;
  CaptureBytes even;
  CaptureBytes late;
  for (std::uint16_t i = 0; i < 300; ++i)
    (i % 2 == 0 ? even : odd).frame(1s + i * 1ms, numbered(i));
  for (std::uint16_t i = 300; i < 400; ++i)
    late.frame(1s + i * 1ms, numbered(i));
  add(late.content());
  add(odd.content());
  add(even.content());
  read_all();
  std::vector<int> expected(400);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(sink.ports(), expected);
  EXPECT_EQ(files->counts().out_of_order, 0U);
}

TEST_F(PacketFilesTest, MergesFilesThatAreThemselvesOutOfOrder) {
  std::minstd_rand random(1);
  for (int file = 0; file < 5; ++file) {
    CaptureBytes bytes;
    for (int i = 0; i < 200; ++i)
      bytes.frame(1s + 1ms * (random() % 1000), numbered(1));
    add(bytes.content());
  }
  read_all();  // the sink checks the time
  EXPECT_EQ(sink.segments.size(), 1000U);
  EXPECT_GT(files->counts().out_of_order, 0U);
}

TEST_F(PacketFilesTest, ACutFileIsAnErrorAndTheOthersGoOn) {
  CaptureBytes cut;
  cut.frame(1s, numbered(1)).frame(3s, numbered(3)).cut(1);
  CaptureBytes whole;
  whole.frame(2s, numbered(2)).frame(4s, numbered(4));
  add(cut.content());
  add(whole.content());
  read_all();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_TRUE(errors[0].contains("/0' is cut in the middle of packet 2"))
      << errors[0];
  EXPECT_EQ(sink.ports(), (std::vector<int>{1, 2, 4}));
}

TEST_F(PacketFilesTest, TheOnlyFileIsCutAndEverythingBeforeIsDelivered) {
  CaptureBytes bytes;
  for (std::uint16_t i = 0; i < 100; ++i) bytes.frame(1s, numbered(i));
  add(bytes.cut(3).content());
  read_all();
  EXPECT_EQ(errors.size(), 1U);
  EXPECT_EQ(sink.segments.size(), 99U);
}

TEST_F(PacketFilesTest, AFileWithoutPacketsIsTheEndAtOnce) {
  add(CaptureBytes().content());
  read_all();
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(sink.times, 0U) << "no time has been seen";
}

TEST_F(PacketFilesTest, OneThatCannotBeOpenedIsNamed) {
  add(CaptureBytes().content());
  paths.emplace_back("/nowhere/x.pcap");
  const auto opened = PacketFiles::open(paths);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message,
            "cannot open '/nowhere/x.pcap': No such file or directory");
}

TEST_F(PacketFilesTest, ProgressIsOfAllFilesTogether) {
  CaptureBytes bytes;
  for (std::uint16_t i = 0; i < 100; ++i) bytes.frame(1s, numbered(i));
  add(bytes.content());
  add(bytes.content());
  read_all();
  EXPECT_EQ(files->progress().total, 2 * bytes.content().size());
  EXPECT_EQ(files->progress().bytes, files->progress().total);
}

}  // namespace
}  // namespace tcpstated
