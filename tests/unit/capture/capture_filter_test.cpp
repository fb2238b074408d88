// SPDX-License-Identifier: Apache-2.0
// The filter as it runs on a frame with all its tags in it. On a live interface
// the outermost tag is beside the frame: tests/contract/pcap_real_test.cpp.
#include "capture/capture_filter.hpp"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <filesystem>

#include "capture/pcap_file.hpp"
#include "fakes/capture_file.hpp"

namespace tcpstated {
namespace {

class Filter {
 public:
  explicit Filter(int link_type) : capture_(pcap_open_dead(link_type, 262144)) {
    EXPECT_EQ(
        pcap_compile(capture_, &program_, capture_filter(link_type).c_str(), 1,
                     PCAP_NETMASK_UNKNOWN),
        0)
        << pcap_geterr(capture_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    pcap_freecode(&program_);
    pcap_close(capture_);
  }
  [[nodiscard]] bool passes(const Frame& frame) const {
    const pcap_pkthdr header{
        .ts = {},
        .caplen = static_cast<bpf_u_int32>(frame.bytes.size()),
        .len = frame.wire_length};
    return pcap_offline_filter(
               &program_, &header,
               reinterpret_cast<const u_char*>(frame.bytes.data())) != 0;
  }
  [[nodiscard]] bool passes(const FrameBuilder& frame) const {
    const auto bytes = frame.bytes();
    return passes({.bytes = std::as_bytes(std::span(bytes)),
                   .wire_length = static_cast<std::uint32_t>(bytes.size())});
  }

 private:
  pcap_t* capture_;
  bpf_program program_{};
};

TEST(CaptureFilter, PassesEveryFrameOfRealCapturesThatBecomesSomething) {
  namespace fs = std::filesystem;
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(
           TCPSTATED_SOURCE_DIR "/tests/data/captures")) {
    if (!entry.path().extension().string().starts_with(".pcap")) continue;
    auto file = PcapFile::open(entry.path());
    ASSERT_TRUE(file) << file.error().message;
    const Filter filter(file->link_type());
    const auto visit = [&](const Frame& frame) {
      if (!std::holds_alternative<DropReason>(decode(frame))) {
        EXPECT_TRUE(filter.passes(frame)) << entry.path();
      }
    };
    while (file->read(1000, visit).value_or(0) > 0) {
    }
    ++files;
  }
  EXPECT_GT(files, 90);
}

TEST(CaptureFilter, KeepsBackOtherProtocols) {
  const Filter filter(DLT_EN10MB);
  const auto udp4 = [](FrameBuilder frame) {
    return frame.ipv4("10.0.0.1", "10.0.0.2").protocol(17).payload(30);
  };
  EXPECT_FALSE(filter.passes(udp4(ethernet())));
  EXPECT_FALSE(filter.passes(udp4(ethernet().vlan(7))));
  EXPECT_FALSE(filter.passes(udp4(ethernet().vlan(7, 0x88a8))));
  EXPECT_FALSE(
      filter.passes(ethernet().ipv6("::1", "::2").protocol(17).payload(30)));
  EXPECT_FALSE(filter.passes(ethernet().payload(60)));
}

TEST(CaptureFilter, CompilesForEveryLinkTypeThatCanBeLive) {
  for (const int type : {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_LINUX_SLL2,
                         DLT_PPP, DLT_NULL, DLT_IPV4, DLT_IPV6})
    EXPECT_FALSE(capture_filter(type).empty()) << Filter(type).passes(Frame{});
}

}  // namespace
}  // namespace tcpstated
