// SPDX-License-Identifier: Apache-2.0
#include "api/capture_output.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/observed_record.hpp"
#include "base/strings.hpp"
#include "unit/api/capture_world.hpp"

namespace tcpstated {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::array kFormats{CaptureFormat::Table, CaptureFormat::Json,
                              CaptureFormat::Ndjson, CaptureFormat::Csv,
                              CaptureFormat::Events};

/// The client has closed and the server has not, for `age`.
std::string left_open(CaptureFormat format, Duration age, bool beside_server) {
  CaptureWorld world(format, beside_server);
  Wire wire;
  world.see(wire.open());
  world.see(wire.close_from_client());
  world.pass(wire.now + age);
  return world.finish();
}

TEST(CaptureOutput, OfNothingIsWellFormed) {
  for (const CaptureFormat format : kFormats) {
    const std::string text = CaptureWorld(format).finish();
    switch (format) {
      case CaptureFormat::Table:
        EXPECT_TRUE(text.contains("0 packets, 0 of TCP.")) << text;
        EXPECT_TRUE(text.contains("STATES  none")) << text;
        EXPECT_TRUE(text.contains("LEAKS  none")) << text;
        EXPECT_TRUE(text.contains("CONNECTIONS  0\n\n")) << text;
        break;
      case CaptureFormat::Json:
        EXPECT_TRUE(json::parse(text).at("connections").as_array().empty());
        break;
      case CaptureFormat::Csv:
        EXPECT_EQ(text, observed_csv_header() + "\r\n");
        break;
      default:
        EXPECT_EQ(text, "");
    }
  }
}

TEST(CaptureOutput, SaysNothingThatOnlyAKernelKnows) {
  for (const CaptureFormat format : kFormats) {
    const std::string text = left_open(format, 2min, true);
    for (const std::string_view word :
         {"pid", "PID", "inode", "cookie", "cause", "holders", "queue"})
      EXPECT_FALSE(text.contains(word)) << word << " in:\n" << text;
  }
}

TEST(CaptureJson, IsOneDocumentWithASummary) {
  CaptureWorld world(CaptureFormat::Json);
  Wire wire;
  world.see(wire.open());
  world.see(wire.close_from_server());
  world.summary.dropped = {{"not_tcp", 2}, {"truncated", 1}};
  world.summary.copies = 3;
  const json::value document = json::parse(world.finish());
  EXPECT_EQ(document.at("connections").as_array().size(), 1U);
  const json::value& summary = document.at("summary");
  EXPECT_EQ(summary.at("files"), json::value({"web1.pcap"}));
  EXPECT_EQ(summary.at("packets").to_number<int>(), 5);
  EXPECT_EQ(summary.at("segments").to_number<int>(), 5);
  EXPECT_EQ(summary.at("copies").to_number<int>(), 3);
  EXPECT_EQ(summary.at("dropped").at("truncated").to_number<int>(), 1);
  EXPECT_TRUE(summary.at("trouble").is_null());
}

TEST(CaptureJson, SaysWhatEndedTheReading) {
  CaptureWorld world(CaptureFormat::Json);
  world.summary.trouble = "cannot read '\x1b[2J': cut";
  EXPECT_EQ(json::parse(world.finish()).at("summary").at("trouble").as_string(),
            "cannot read '\\x1b[2J': cut");
}

TEST(CaptureNdjson, IsALineOfJsonPerConnection) {
  CaptureWorld world(CaptureFormat::Ndjson);
  Wire wire;
  world.see(wire.open());
  world.see(wire.close_from_client());
  world.see(wire.close_from_server());
  wire.now += 2min;  // TIME-WAIT is over: the same addresses once more
  world.see(wire.open());
  const std::string text = world.finish();
  ASSERT_EQ(std::ranges::count(text, '\n'), 2) << text;
  for (const std::string_view line : split(trim(text), '\n'))
    EXPECT_TRUE(json::parse(line).is_object()) << line;
}

TEST(CaptureCsv, EndsLinesAsRfc4180Wants) {
  CaptureWorld world(CaptureFormat::Csv);
  Wire wire;
  world.see(wire.open());
  const std::string text = world.finish();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  for (std::size_t at = text.find('\n'); at != text.npos;
       at = text.find('\n', at + 1))
    EXPECT_EQ(text[at - 1], '\r');
}

TEST(CaptureEvents, AreTheTransitionsOfBothEnds) {
  CaptureWorld world(CaptureFormat::Events, true);
  Wire wire;
  world.see(wire.open());
  std::vector<std::string> seen;
  const std::string text = world.finish();
  for (const std::string_view line : split(trim(text), '\n')) {
    const json::value event = json::parse(line);
    seen.push_back(std::string(event.at("endpoint").as_string()) + " " +
                   std::string(event.at("to").as_string()));
  }
  EXPECT_EQ(seen,
            (std::vector<std::string>{
                "10.0.0.7:51312 syn_sent", "10.0.0.1:80 syn_received",
                "10.0.0.7:51312 established", "10.0.0.1:80 established"}));
}

TEST(CaptureEvents, AStateKnownBetterIsNoTransition) {
  CaptureWorld world(CaptureFormat::Events);
  Wire wire;
  world.see(wire.open());
  world.see(wire.data_from_server(9));
  const std::string text = world.finish();
  for (const std::string_view line : split(trim(text), '\n')) {
    const json::value event = json::parse(line);
    EXPECT_NE(event.at("from"), event.at("to")) << line;
  }
}

TEST(CaptureTable, ALeakIsOlderThanTheThreshold) {
  // By then tcp_fin_timeout has taken the peer.
  const std::string text = left_open(CaptureFormat::Table, 61s, true);
  EXPECT_TRUE(text.contains("LEAKS  1 endpoint: closed by the peer"));
  EXPECT_TRUE(text.contains("61s  10.0.0.1:80  10.0.0.7:51312  closed\n"))
      << text;
}

TEST(CaptureTable, ABriefCloseWaitIsMentionedOnly) {
  const std::string text = left_open(CaptureFormat::Table, 59s, true);
  EXPECT_TRUE(text.contains(
      "LEAKS  none: no endpoint was in close_wait for 1m, 1 for up to 59s\n"))
      << text;
}

TEST(CaptureTable, TheFarSideLeaksOnlyIfNobodySaidWhichIsOurs) {
  // The server is in CLOSE-WAIT, and it is our client that waits for it.
  CaptureWorld ours(CaptureFormat::Table, true);
  Wire wire;
  ours.see(wire.open());
  ours.see(wire.close_from_server());
  ours.pass(wire.now + 61s);
  EXPECT_TRUE(ours.finish().contains("LEAKS  none"));

  CaptureWorld anybody(CaptureFormat::Table);
  Wire same;
  anybody.see(same.open());
  anybody.see(same.close_from_server());
  anybody.pass(same.now + 61s);
  EXPECT_TRUE(anybody.finish().contains("LEAKS  1 endpoint"));
}

TEST(CaptureTable, AsksWhoseHostItIsUnlessItWasTold) {
  EXPECT_TRUE(left_open(CaptureFormat::Table, 1s, false)
                  .contains("ends of both sides are shown"));
  EXPECT_FALSE(
      left_open(CaptureFormat::Table, 1s, true).contains("both sides"));
}

TEST(CaptureTable, SaysWhatWentWrong) {
  CaptureWorld world(CaptureFormat::Table);
  world.summary.packets = 9;
  world.summary.out_of_order = 1;
  world.summary.copies = 2;
  world.summary.evicted = 3;
  world.summary.dropped = {{"truncated", 4}};
  world.summary.trouble = "cannot read '\x1b.pcap'";
  const std::string text = world.finish();
  for (const std::string_view line :
       {"\n1 packet stamped earlier than the one before.\n",
        "\n2 segments seen twice, on two devices.\n",
        "\n3 connections forgotten to make room.\n",
        "\n4 packets were unreadable: truncated 4.\n",
        "\ncannot read '\\x1b.pcap'\n"})
    EXPECT_TRUE(text.contains(line)) << line << text;
}

TEST(CaptureTable, FitsInEightyColumns) {
  CaptureWorld world(CaptureFormat::Table, true);
  Wire wire;
  world.see(wire.open());
  world.see(wire.data_from_server(1'234'567));
  world.see(wire.close_from_client());
  const std::string text = world.finish();
  for (const std::string_view line : split(text, '\n'))
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(UnreadableText, NamesWhatIsWrongAndNotWhatIsAnotherProtocol) {
  CaptureSummary summary;
  summary.dropped = {{"not_tcp", 7}, {"truncated", 0}};
  EXPECT_EQ(unreadable_text(summary), "");
  summary.dropped = {{"not_tcp", 7}, {"truncated", 1}};
  EXPECT_EQ(unreadable_text(summary), "1 packet was unreadable: truncated 1");
  summary.dropped = {{"bad_ip_header", 2}, {"truncated", 10}};
  EXPECT_EQ(unreadable_text(summary),
            "12 packets were unreadable: bad_ip_header 2, truncated 10");
}

}  // namespace
}  // namespace tcpstated
