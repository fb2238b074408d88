// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fakes/capture_file.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;
using testing::Test;

struct PcapFileTest : Test {
  TemporaryFolder folder;

  PcapFile opened(const std::string& content) {
    auto file = PcapFile::open(folder.write("file", content));
    EXPECT_TRUE(file) << file.error().message;
    return std::move(file).value();
  }
  static std::string why_not(const std::string& path) {
    const auto file = PcapFile::open(path);
    return file ? "it opened" : file.error().message;
  }
  static Instant first_stamp(PcapFile file) {
    Instant at{};
    EXPECT_TRUE(file.read(1, [&](const Frame& frame) { at = frame.at; }));
    return at;
  }
};

const FrameLayers::Bytes kFrame = numbered(1).bytes();

TEST_F(PcapFileTest, ReadsNanoseconds) {
  CaptureBytes bytes(CaptureBytes::Unit::Nano);
  bytes.frame(5s + 123456789ns, kFrame);
  EXPECT_EQ(first_stamp(opened(bytes.content())), Instant(5s + 123456789ns));
}

TEST_F(PcapFileTest, ReadsMicroseconds) {
  CaptureBytes bytes(CaptureBytes::Unit::Micro);
  bytes.frame(5s + 123456us, kFrame);
  EXPECT_EQ(first_stamp(opened(bytes.content())), Instant(5s + 123456us));
}

TEST_F(PcapFileTest, ReadsPcapngOfEitherResolution) {
  PcapngBytes micro(6);
  micro.frame(5'000'001, kFrame);
  EXPECT_EQ(first_stamp(opened(micro.content())), Instant(5s + 1us));
  PcapngBytes nano(9);
  nano.frame(5'000'000'001, kFrame);
  EXPECT_EQ(first_stamp(opened(nano.content())), Instant(5s + 1ns));
}

TEST_F(PcapFileTest, AStampBeyondAllTimeStaysRepresentable) {
  PcapngBytes seconds(0);
  seconds.frame(UINT64_MAX, kFrame).frame(UINT64_MAX / 2, kFrame);
  PcapFile file = opened(seconds.content());
  const auto count = file.read(2, [](const Frame& frame) {
    EXPECT_GE(frame.at, Instant{});
    EXPECT_LE(frame.at, Instant::max());
  });
  EXPECT_EQ(count.value(), 2U);
}

TEST_F(PcapFileTest, HandsOverBytesAndTheLengthOnTheWire) {
  CaptureBytes bytes(CaptureBytes::Unit::Nano, 101);
  bytes.put(1).put(2).put(3).put(1500).cut(0);
  std::string content = bytes.content() + "abc";
  PcapFile file = opened(content);
  EXPECT_EQ(file.link_type(), 12);  // what DLT_RAW is called on Linux
  const auto count = file.read(1, [](const Frame& frame) {
    EXPECT_EQ(frame.bytes.size(), 3U);
    EXPECT_EQ(frame.bytes[1], std::byte{'b'});
    EXPECT_EQ(frame.wire_length, 1500U);
    EXPECT_EQ(frame.link_type, 12);
  });
  EXPECT_EQ(count.value(), 1U);
}

TEST_F(PcapFileTest, ReadsNoMoreThanItIsToldAndThenSaysEnd) {
  CaptureBytes bytes;
  for (int i = 0; i < 5; ++i) bytes.frame(1s, kFrame);
  PcapFile file = opened(bytes.content());
  int seen = 0;
  const auto visit = [&](const Frame&) { ++seen; };
  EXPECT_EQ(file.read(0, visit).value(), 0U);
  EXPECT_EQ(file.read(3, visit).value(), 3U);
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(file.read(SIZE_MAX, visit).value(), 2U);
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(file.read(3, visit).value(), 0U);
  EXPECT_EQ(file.read(3, visit).value(), 0U);
}

TEST_F(PcapFileTest, ACutFileDeliversWhatIsWholeAndSaysWhereItEnds) {
  CaptureBytes bytes;
  bytes.frame(1s, kFrame).frame(2s, kFrame).frame(3s, kFrame).cut(5);
  PcapFile file = opened(bytes.content());
  int seen = 0;
  EXPECT_EQ(file.read(100, [&](const Frame&) { ++seen; }).value(), 2U);
  EXPECT_EQ(seen, 2);
  for (int again = 0; again < 2; ++again) {
    const auto end = file.read(100, [](const Frame&) { FAIL(); });
    ASSERT_FALSE(end);
    EXPECT_TRUE(
        end.error().message.contains("/file' is cut in the middle of "
                                     "packet 3 (near byte "))
        << end.error().message;
  }
}

TEST_F(PcapFileTest, ADamagedFileDeliversWhatWasBefore) {
  CaptureBytes bytes;
  bytes.frame(1s, kFrame).put(2).put(0).put(0x7fffffff).put(1);
  PcapFile file = opened(bytes.content() + std::string(1000, 'x'));
  EXPECT_EQ(file.read(100, [](const Frame&) {}).value(), 1U);
  const auto end = file.read(100, [](const Frame&) {});
  ASSERT_FALSE(end);
  EXPECT_TRUE(end.error().message.contains("is damaged at packet 2"))
      << end.error().message;
}

TEST_F(PcapFileTest, SaysWhatIsWrongWithAFile) {
  EXPECT_EQ(why_not("/nowhere/x.pcap"),
            "cannot open '/nowhere/x.pcap': No such file or directory");
  EXPECT_EQ(why_not(folder.path()),
            "cannot read '" + folder.path() + "': Is a directory");
  const std::string empty = folder.write("empty", "");
  EXPECT_EQ(why_not(empty), "cannot read '" + empty + "': it is empty");
  const std::string text = folder.write("text", "this is not a capture\n");
  EXPECT_TRUE(why_not(text).starts_with("cannot read '" + text + "': no capt"))
      << why_not(text);
  const std::string cut =
      folder.write("cut", CaptureBytes().content().substr(0, 10));
  EXPECT_TRUE(why_not(cut).starts_with("cannot read '" + cut + "': no capture"))
      << why_not(cut);
}

TEST_F(PcapFileTest, NamesTheCompressionOfAFile) {
  const std::string gzip = folder.write("gzip", "\x1f\x8b\x08\x01xxxxxxxxxx");
  EXPECT_TRUE(why_not(gzip).contains("compressed (gzip)")) << why_not(gzip);
  const std::string zstd = folder.write("zstd", "\x28\xb5\x2f\xfdxxxxxxxxxx");
  EXPECT_TRUE(why_not(zstd).contains("compressed (zstd)")) << why_not(zstd);
}

TEST_F(PcapFileTest, KnowsHowFarItIs) {
  CaptureBytes bytes;
  for (int i = 0; i < 3; ++i) bytes.frame(1s, kFrame);
  PcapFile file = opened(bytes.content());
  EXPECT_EQ(file.progress().total, bytes.content().size());
  EXPECT_LT(file.progress().bytes, file.progress().total);
  ASSERT_TRUE(file.read(100, [](const Frame&) {}));
  EXPECT_EQ(file.progress().bytes, file.progress().total);
}

TEST_F(PcapFileTest, StandardInputHasNoEndInSight) {
  CaptureBytes bytes;
  bytes.frame(1s, kFrame).frame(2s, kFrame).cut(1);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::write(ends[1], bytes.content().data(), bytes.content().size()),
            std::ssize(bytes.content()));
  ::close(ends[1]);
  const int before = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  ::close(ends[0]);
  auto file = PcapFile::open("-");
  if (before >= 0) ::dup2(before, STDIN_FILENO);
  if (before >= 0) ::close(before);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->progress().total, 0U);
  EXPECT_EQ(file->read(100, [](const Frame&) {}).value(), 1U);
  EXPECT_EQ(file->progress().bytes, kFrame.size());
  const auto end = file->read(100, [](const Frame&) {});
  ASSERT_FALSE(end);
  EXPECT_TRUE(end.error().message.starts_with(
      "'standard input' is cut in the middle of packet 2: "))
      << end.error().message;
}

}  // namespace
}  // namespace tcpstated
