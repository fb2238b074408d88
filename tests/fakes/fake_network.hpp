// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A host's network as a small world in memory: interfaces that come and go,
/// packets that arrive on them, buffers that overflow, and two clocks.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/host_network.hpp"
#include "fakes/frame_builder.hpp"

namespace tcpstated {

class FakeNetwork {
 public:
  struct Packet {
    Instant wall;
    FrameLayers::Bytes bytes;
  };
  struct Link {
    NetworkInterface interface;
    std::string refuses;  ///< why it cannot be captured, else ""
    std::deque<Packet> buffer;
    std::uint64_t lost = 0;
    int opened = 0;  ///< how often a capture was opened or tried
    bool captured = false;
  };

  Link& add(const std::string& name, bool up = true) {
    changed_ = true;
    Link& link = links_[name];
    link = {};
    link.interface = {.index = ++last_index_, .name = name, .up = up};
    return link;
  }
  void remove(const std::string& name) {
    changed_ = true;
    links_.erase(name);
  }
  void set_up(const std::string& name, bool up) {
    changed_ = true;
    links_.at(name).interface.up = up;
  }
  void add_address(std::string_view address) {
    changed_ = true;
    addresses_.push_back(*IpPrefix::parse(address));
  }
  Link& link(const std::string& name) { return links_.at(name); }

  /// Captured now, if somebody captures there.
  void arrive(const std::string& name, const FrameBuilder& frame) {
    Link& link = links_.at(name);
    if (link.captured)
      link.buffer.push_back({Instant(wall_.time_since_epoch()), frame.bytes()});
  }
  void advance(Duration time) {
    boot_ += time;
    wall_ += time;
  }
  void step_wall_clock(Duration by) { wall_ += by; }
  [[nodiscard]] Instant boot() const { return boot_; }
  /// What a backend sees of it; this world must outlive it.
  std::unique_ptr<HostNetwork> view() { return std::make_unique<View>(*this); }

 private:
  class Capture final : public InterfaceCapture {
   public:
    Capture(FakeNetwork& world, const NetworkInterface& interface)
        : world_(world), interface_(interface) {}
    ~Capture() override {
      if (Link* link = here()) link->captured = false;
    }
    [[nodiscard]] int descriptor() const override { return -1; }
    Result<std::size_t> read(std::size_t limit, FrameVisitor visit) override {
      Link* link = here();
      if (link == nullptr) return fail("the interface disappeared");
      std::size_t count = 0;
      for (; count < limit && !link->buffer.empty(); ++count) {
        const Packet packet = std::move(link->buffer.front());
        link->buffer.pop_front();
        visit(Frame{
            .bytes = std::as_bytes(std::span(packet.bytes)),
            .wire_length = static_cast<std::uint32_t>(packet.bytes.size()),
            .at = packet.wall});
      }
      return count;
    }
    Result<InterfaceCounts> counts() override {
      Link* link = here();
      if (link == nullptr) return fail("the interface disappeared");
      return InterfaceCounts{.lost = link->lost};
    }

   private:
    Link* here() {
      const auto found = world_.links_.find(interface_.name);
      const bool same = found != world_.links_.end() &&
                        found->second.interface.index == interface_.index;
      return same ? &found->second : nullptr;
    }
    FakeNetwork& world_;
    NetworkInterface interface_;
  };
  class View final : public HostNetwork {
   public:
    explicit View(FakeNetwork& world) : world_(world) {}
    [[nodiscard]] int descriptor() const override { return -1; }
    Result<bool> refresh() override {
      interfaces_.clear();
      for (const auto& [name, link] : world_.links_)
        interfaces_.push_back(link.interface);
      return std::exchange(world_.changed_, false);
    }
    [[nodiscard]] const std::vector<NetworkInterface>& interfaces()
        const override {
      return interfaces_;
    }
    [[nodiscard]] const std::vector<IpPrefix>& addresses() const override {
      return world_.addresses_;
    }
    Result<std::unique_ptr<InterfaceCapture>> capture(
        const NetworkInterface& interface, const PcapOptions&) override {
      Link& link = world_.links_.at(interface.name);
      ++link.opened;
      if (!link.refuses.empty()) return fail(link.refuses);
      link.captured = true;
      return std::make_unique<Capture>(world_, interface);
    }
    [[nodiscard]] WallAnchor now() const override {
      return {.event = world_.boot_, .wall = world_.wall_};
    }

   private:
    FakeNetwork& world_;
    std::vector<NetworkInterface> interfaces_;
  };
  std::map<std::string, Link> links_;
  std::vector<IpPrefix> addresses_;
  bool changed_ = true;
  int last_index_ = 0;
  Instant boot_{std::chrono::hours(5)};
  WallTime wall_{std::chrono::hours(500'000)};
};

}  // namespace tcpstated
