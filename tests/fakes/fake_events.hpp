// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Programs in the kernel and processes that hold sockets, as small worlds in
/// memory. Both outlive what is made of them.

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "capture/event_source.hpp"
#include "kernel/held_sockets.hpp"

namespace tcpstated {

class FakeEvents {
 public:
  explicit FakeEvents(std::function<Instant()> clock)
      : clock_(std::move(clock)) {}

  std::vector<SocketEvent> ring;      ///< not read yet
  std::vector<SocketEvent> detached;  ///< what the programs remember
  EventTotals totals;
  EventMode mode = EventMode::CloseWait;

  /// One transition of `socket` now.
  void happen(const StateChange& socket, TcpState from, TcpState to) {
    SocketEvent event;
    event.at = clock_();
    event.cookie = socket.socket.cookie;
    event.tuple = socket.tuple;
    event.from = from;
    event.to = to;
    event.inode = static_cast<std::uint32_t>(socket.socket.inode);
    event.has_file = event.inode != 0;
    ++totals.transitions[index(from)][index(to)];
    ++totals.reported;
    ring.push_back(event);
  }

  [[nodiscard]] std::unique_ptr<EventSource> source() {
    return std::make_unique<Source>(*this);
  }

 private:
  class Source final : public EventSource {
   public:
    explicit Source(FakeEvents& events) : events_(events) {}
    [[nodiscard]] Instant now() const override { return events_.clock_(); }
    void set_mode(EventMode mode) override { events_.mode = mode; }
    Result<> drain(const Visitor& visitor) override {
      for (const SocketEvent& event : std::exchange(events_.ring, {}))
        visitor(event);
      return {};
    }
    Result<EventTotals> totals() override { return events_.totals; }
    Result<std::vector<SocketEvent>> detached() override {
      return events_.detached;
    }

   private:
    FakeEvents& events_;
  };

  std::function<Instant()> clock_;
};

class FakeHeldSockets {
 public:
  std::vector<HeldSocket> sockets;
  std::size_t passes = 0;
  Duration cpu{};

  [[nodiscard]] std::unique_ptr<HeldSockets> view() {
    return std::make_unique<View>(*this);
  }

 private:
  class View final : public HeldSockets {
   public:
    explicit View(FakeHeldSockets& world) : world_(world) {}
    Result<Duration> visit(StateSet states, const Visitor& visitor) override {
      ++world_.passes;
      for (const HeldSocket& held : world_.sockets)
        if (states.contains(held.socket.to)) visitor(held);
      return world_.cpu;
    }

   private:
    FakeHeldSockets& world_;
  };
};

}  // namespace tcpstated
