// SPDX-License-Identifier: Apache-2.0
// Real and hand-made captures, frame by frame: every frame that is no segment
// has a reason that a person has checked (with tshark) and written down here.
#include <pcap/pcap.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "unit/packet/decoding.hpp"

namespace tcpstated {
namespace {

namespace fs = std::filesystem;

/// How many frames had each outcome.
using Outcomes = std::map<std::string, int, std::less<>>;

const fs::path kCaptures = TCPSTATED_SOURCE_DIR "/tests/data/captures";

void for_each_frame(const fs::path& file, auto&& visit) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_open_offline(file.c_str(), error.data()), pcap_close);
  ASSERT_TRUE(capture) << error.data();
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  while (pcap_next_ex(capture.get(), &header, &bytes) == 1)
    visit(Frame{.bytes = std::as_bytes(std::span(bytes, header->caplen)),
                .wire_length = header->len,
                .link_type = pcap_datalink(capture.get())});
}

Outcomes outcomes(const fs::path& file) {
  Outcomes counted;
  for_each_frame(file, [&](const Frame& frame) {
    ++counted[std::string(outcome(decode(frame)))];
  });
  return counted;
}

std::set<std::string> files_below(const fs::path& folder) {
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension().string().starts_with(".pcap"))
      found.insert(entry.path().lexically_relative(folder).string());
  return found;
}

// ARP and STP are not_ip; mDNS, DNS, NBNS, LLMNR, ICMP echo and neighbour
// discovery are not_tcp. Six bare ACKs of pppoe-over-qinq were rewritten to
// count six bytes of padding as theirs: IP says 46, PPPoE says 40, Linux drops
// them.
const std::map<std::string, Outcomes>& expected() {
  static const std::map<std::string, Outcomes> kExpected{
      {"suricata-verify/bug-6244-tcp-rst-with-data__tcp-rst-with-data.pcap",
       {{"segment", 8}}},
      {"suricata-verify/"
       "stream-async__http__stream-async-6063-cli-01__http-request-header-"
       "async-cli.pcap",
       {{"segment", 5}}},
      {"suricata-verify/"
       "stream-async__http__stream-async-6063-srv-01__http-request-header-"
       "async-srv.pcap",
       {{"segment", 5}}},
      {"suricata-verify/tcp-fastopen-01__tfo.pcap", {{"segment", 16}}},
      {"suricata-verify/tcp-fastopen-03__tfo.pcap", {{"segment", 14}}},
      {"suricata-verify/tcp-fastopen-05__tfo.pcap", {{"segment", 16}}},
      {"suricata-verify/tcp-fastopen-06__tfo-s1.pcap", {{"segment", 8}}},
      {"suricata-verify/tcp-fastopen-07__tcp_fastopen_segmentation.pcap",
       {{"segment", 20}}},
      {"suricata-verify/tcp-fastopen-08__tcp_fastopen_segmentation-s1.pcap",
       {{"segment", 12}}},
      {"suricata-verify/tcp-fastopen-10-syn-data-ignore__input.pcap",
       {{"segment", 52}}},
      {"suricata-verify/"
       "tcp-fastopen-11-reject-syn-data__tlpw-tcp-tfo-data-on-syn-nack.pcap",
       {{"segment", 29}}},
      {"suricata-verify/tcp-split-handshake-01-4whs__split-handshake-4whs.pcap",
       {{"segment", 7}}},
      {"suricata-verify/tcp-split-handshake-02-5whs__split-handshake-5whs.pcap",
       {{"segment", 8}}},
      {"zeek/chksums__ip4-tcp-bad-chksum.pcap", {{"segment", 1}}},
      {"zeek/chksums__ip6-hoa-tcp-good-chksum.pcap", {{"segment", 1}}},
      {"zeek/chksums__ip6-route0-tcp-good-chksum.pcap", {{"segment", 1}}},
      {"zeek/chksums__ip6-tcp-bad-chksum.pcap", {{"segment", 1}}},
      {"zeek/chksums__localhost-bad-chksum.pcap", {{"segment", 10}}},
      {"zeek/http__get.pcap", {{"segment", 14}}},
      {"zeek/ipv4__fragmented-syn.pcap",
       {{"later_fragment", 1}, {"segment", 1}}},
      {"zeek/ipv6-http-atomic-frag.pcap", {{"not_tcp", 2}, {"segment", 36}}},
      {"zeek/krb__kerberos_tso.pcapng", {{"segment", 314}}},
      {"zeek/linux_dlt_sll2.pcap", {{"not_ip", 2}, {"not_tcp", 4}}},
      {"zeek/mixed-vlan-mpls.pcap", {{"segment", 47}}},
      {"zeek/pop3__pop3.pcap", {{"segment", 125}}},
      {"zeek/pppoe-over-qinq.pcap", {{"bad_ip_header", 6}, {"segment", 80}}},
      {"zeek/tcp-http-with-padding.pcap", {{"segment", 25}}},
      {"zeek/tcp__fin_retransmission.pcap", {{"segment", 5}}},
      {"zeek/tcp__handshake-reorder.pcap", {{"segment", 14}}},
      {"zeek/tcp__miss_end_data.pcap", {{"segment", 9}}},
      {"zeek/tcp__missing-syn.pcap", {{"segment", 21}}},
      {"zeek/tcp__no-handshake.pcap", {{"segment", 1}}},
      {"zeek/tcp__one-sided-2745.pcap", {{"segment", 6}}},
      {"zeek/tcp__option-27.pcap", {{"segment", 1}}},
      {"zeek/tcp__payload-syn.pcap", {{"segment", 6}}},
      {"zeek/tcp__payload-synack.pcap", {{"segment", 6}}},
      {"zeek/tcp__retransmit-fast009.pcap", {{"segment", 39}}},
      {"zeek/tcp__retransmit-timeout.pcapng", {{"segment", 3}}},
      {"zeek/tcp__rst-inject-rae.pcap", {{"segment", 9}}},
      {"zeek/tcp__single-rst.pcap", {{"segment", 1}}},
      {"zeek/tcp__ssh-dups.pcap", {{"segment", 377}}},
      {"zeek/tcp__syn-bad.pcap", {{"segment", 1}}},
      {"zeek/tcp__syn-synack.pcap", {{"segment", 2}}},
      {"zeek/tcp__syn-then-ack-then-rst.pcap", {{"segment", 3}}},
      {"zeek/tcp__syn-then-rst.pcap", {{"segment", 2}}},
      {"zeek/tcp__syn-then-stuff-then-rst.pcap", {{"segment", 4}}},
      {"zeek/tcp__tcp-fast-open.pcap", {{"segment", 16}}},
      {"zeek/tcp__truncated-header.pcap", {{"segment", 24}}},
      {"zeek/tcp__window-scale-range.pcap", {{"segment", 5}}},
      {"zeek/vlan-qinqinq.pcap", {{"segment", 14}}},
      {"zeek/wikipedia.pcap",
       {{"not_ip", 10}, {"not_tcp", 48}, {"segment", 78}}},
  };
  return kExpected;
}

TEST(PublicCaptures, EveryFrameIsASegmentOrHasAKnownReason) {
  for (const auto& [file, counts] : expected())
    EXPECT_EQ(outcomes(kCaptures / "public" / file), counts) << file;
}

TEST(PublicCaptures, TheTableNamesEveryFile) {
  std::set<std::string> named;
  for (const auto& [file, counts] : expected()) named.insert(file);
  EXPECT_EQ(files_below(kCaptures / "public"), named);
}

TEST(LabelledCaptures, EveryFrameIsASegment) {
  const auto files = files_below(kCaptures / "labelled");
  EXPECT_EQ(files.size(), 42U + 4U);
  for (const std::string& file : files)
    for (const auto& [what, count] : outcomes(kCaptures / "labelled" / file))
      EXPECT_EQ(what, "segment") << file << ": " << count;
}

TEST(PublicCaptures, AWindowsSenderLeavesTheTotalLengthToTheCard) {
  std::uint32_t longest = 0;
  for_each_frame(kCaptures / "public/zeek/krb__kerberos_tso.pcapng",
                 [&](const Frame& frame) {
                   const Decoded decoded = decode(frame);
                   longest =
                       std::max(longest, std::get<Segment>(decoded).payload);
                 });
  EXPECT_EQ(longest, 3278U);
}

TEST(PublicCaptures, AFastOpenSynCarriesTheRequest) {
  int fast_open = 0;
  for_each_frame(kCaptures / "public/zeek/tcp__tcp-fast-open.pcap",
                 [&](const Frame& frame) {
                   const Decoded decoded = decode(frame);
                   fast_open += std::get<Segment>(decoded).options.fast_open;
                 });
  EXPECT_EQ(fast_open, 3);
}

}  // namespace
}  // namespace tcpstated
