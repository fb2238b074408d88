// SPDX-License-Identifier: Apache-2.0
#include "engine/packet_view.hpp"

#include <gtest/gtest.h>

#include "engine/engine.hpp"
#include "engine/observed_listing.hpp"
#include "fakes/wire.hpp"

namespace tcpstated {
namespace {

using namespace std::chrono_literals;

/// An engine that only sees packets, beside the server.
struct PacketViewTest : testing::Test, EngineObserver {
  Wire wire;
  ConnectionTable table{{}, 5};
  LeakDetector leaks{{}, AttributionMethod::Auto, 5};
  PacketView packets{{}, 5};
  Engine engine{
      table, leaks, packets, {.kernel = false, .packets = true}, *this};
  std::vector<LeakEvent> told;

  PacketViewTest() { engine.on_local_addresses(Wire::server_only()); }
  void on_leak(const LeakEvent& event) override { told.push_back(event); }

  void pass(Duration time) {
    wire.now += time;
    engine.on_packet_time(wire.now);
  }
  void open() {
    engine.on_segments(wire.open());
    pass(1s);
  }
  /// The client closes, the server acknowledges and does no more.
  void leak() {
    open();
    engine.on_segments(wire.close_from_client());
    pass(1s);
  }
  [[nodiscard]] std::shared_ptr<const HostView> view() const {
    return engine.view({}, {});
  }
  [[nodiscard]] ListingPart list(const ListingQuery& query = {}) const {
    ObservedListing listing(query);
    while (listing.look_on(packets.model(), leaks, {}, engine.now())) {
    }
    return listing.take_sorted();
  }
};

TEST_F(PacketViewTest, CountsBothEndsOfAConnection) {
  open();
  const auto counts = view()->observed.counts;
  EXPECT_EQ(counts.local[index(TcpState::Established)], 1U);
  EXPECT_EQ(counts.remote[index(TcpState::Established)], 1U);
  EXPECT_TRUE(view()->ready);
  EXPECT_EQ(view()->tcp, StateCounts{});
}

TEST_F(PacketViewTest, AForgottenCloseIsALeakOfUnknownCause) {
  leak();
  pass(61s);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].leaking);
  EXPECT_EQ(told[0].leak.cause, LeakCause::Unknown);
  EXPECT_EQ(told[0].leak.holders->attribution, Attribution::PacketsOnly);
  EXPECT_TRUE(told[0].leak.connection.since.exact);
  EXPECT_EQ(told[0].leak.connection.quality, Quality::Confirmed);
  EXPECT_TRUE(leaks.wanted().empty()) << "there is nothing to search for";
}

TEST_F(PacketViewTest, ALeakEndsWhenTheServerCloses) {
  leak();
  pass(61s);
  engine.on_segments(wire.close_from_server());
  pass(1s);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_FALSE(told[1].leaking);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(PacketViewTest, AServerThatSendsOnAfterTheFinUsesAHalfClose) {
  leak();
  for (int i = 0; i < 70; ++i) {
    engine.on_segments(wire.data_from_server(100));
    pass(1s);
  }
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(
      view()
          ->close_wait_by_cause[static_cast<std::size_t>(LeakCause::HalfClose)],
      1U);
}

TEST_F(PacketViewTest, ListsOurEndWithThePeersState) {
  leak();
  const ListingPart rows = list();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].connection.state, TcpState::CloseWait);
  EXPECT_EQ(rows[0].connection.tuple.local, Wire::server());
  EXPECT_EQ(rows[0].cause, LeakCause::Unknown);
  ASSERT_TRUE(rows[0].peer);
  EXPECT_EQ(rows[0].peer->state, TcpState::FinWait2);
}

TEST_F(PacketViewTest, OfWhatOnlyPassesBothEndsAreListed) {
  engine.on_local_addresses(std::make_shared<const LocalAddresses>());
  open();
  EXPECT_EQ(list().size(), 2U);
}

TEST_F(PacketViewTest, PacketsBelongToNoProcess) {
  open();
  EXPECT_TRUE(list({.pids = {1}}).empty());
}

TEST_F(PacketViewTest, ALeakKeepsItsIdInListings) {
  leak();
  pass(61s);
  ASSERT_EQ(list().size(), 1U);
  EXPECT_EQ(list()[0].connection.id, told.at(0).leak.connection.id);
  EXPECT_TRUE(list()[0].leaked);
}

TEST(RowId, TheEndsOfAConnectionDiffer) {
  const FourTuple tuple{Wire::server(), Wire::client()};
  EXPECT_NE(row_id(7, tuple), row_id(7, tuple.reversed()));
  EXPECT_LT(row_id(7, tuple), row_id(8, tuple.reversed()));
}

}  // namespace
}  // namespace tcpstated
