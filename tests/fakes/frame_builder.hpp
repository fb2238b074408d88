// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// Frames written as one would say them:
///   ethernet().vlan(7).ipv4("10.0.0.1", "10.0.0.2").tcp(1234, 80).syn().seq(1)
/// Every layer is named by the one below. Lengths are filled in when the bytes
/// are asked for, unless a test said others.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fakes/frame_layers.hpp"

namespace tcpstated {

class FrameBuilder : public FrameLayers {
 public:
  FrameBuilder(int link_type, const Bytes& header,
               Naming naming = Naming::Nothing, std::size_t name_at = 0)
      : link_type_(link_type) {
    begin(header, naming, name_at);
  }
  [[nodiscard]] int link_type() const { return link_type_; }

  FrameBuilder& vlan(std::uint16_t id, unsigned ether_type = 0x8100) {
    name(ether_type, 0, 0);
    begin({0, 0, 0x88, 0xb5}, Naming::EtherType, 2);
    return put(0, id, 2);
  }
  FrameBuilder& mpls(std::uint32_t label, bool bottom = true) {
    name(0x8847, 0x0281, 137);
    begin({0, 0, 0, 64});
    return put(0, label << 4U | (bottom ? 1U : 0U), 3);
  }
  FrameBuilder& pppoe() {
    name(0x8864, 0, 0);
    begin({0x11, 0, 0, 9, 0, 0, 0xc0, 0x21}, Naming::Ppp, 6);
    measure(4, 6);
    return *this;
  }

  FrameBuilder& ipv4(std::string_view from, std::string_view to) {
    name(0x0800, 0x0021, 4);
    begin({0x45, 0, 0, 0, 0, 0, 0, 0, 64, 253, 0, 0}, Naming::IpProtocol, 9);
    append(from, 4);
    append(to, 4);
    measure(2, 0);
    return *this;
  }
  /// So many words of NOPs.
  FrameBuilder& ip_options(unsigned words) {
    append(Bytes(words * 4UL, 1));
    return put(0, 0x45 + words, 1);
  }
  FrameBuilder& ip_id(std::uint16_t id) { return put(4, id, 2); }
  FrameBuilder& fragment(unsigned offset, bool more) {
    return put(6, offset / 8 | (more ? 0x2000U : 0U), 2);
  }
  FrameBuilder& ipv6(std::string_view from, std::string_view to) {
    name(0x86dd, 0x0057, 41);
    begin({0x60, 0, 0, 0, 0, 0, 253, 64}, Naming::IpProtocol, 6);
    append(from, 16);
    append(to, 16);
    measure(4, 40);
    return *this;
  }
  /// `rest`: all of the header but its first byte.
  FrameBuilder& extension(unsigned type, const Bytes& rest) {
    name(0, 0, type);
    begin({253}, Naming::IpProtocol, 0);
    return raw(rest);
  }
  FrameBuilder& fragment6(unsigned offset, bool more) {
    return extension(44, {0, 0, 0, 0, 0, 0, 7})
        .put(2, offset | (more ? 1U : 0U), 2);
  }
  FrameBuilder& jumbo(std::uint32_t length) {
    return extension(0, {0, 0xc2, 4, 0, 0, 0, 0}).put(4, length, 4);
  }
  /// What the length field of the last layer that has one says.
  FrameBuilder& length(std::uint16_t value) {
    say_length(value);
    return *this;
  }
  /// Some other protocol over IP, of which nothing is written.
  FrameBuilder& protocol(unsigned number) {
    name(0, 0, number);
    return *this;
  }
  /// `number`: 1, or 58 for ICMPv6.
  FrameBuilder& icmp(unsigned number, unsigned type, unsigned code) {
    name(0, 0, number);
    begin(Bytes(8));
    return put(0, type, 1).put(1, code, 1);
  }

  FrameBuilder& tcp(std::uint16_t from, std::uint16_t to) {
    name(0, 0, 6);
    begin(Bytes(20));
    return put(0, from, 2).put(2, to, 2).offset(5);
  }
  FrameBuilder& seq(std::uint32_t value) { return put(4, value, 4); }
  FrameBuilder& ack(std::uint32_t value) { return put(8, value, 4).flag(0x10); }
  FrameBuilder& window(std::uint16_t value) { return put(14, value, 2); }
  FrameBuilder& syn() { return flag(0x02); }
  FrameBuilder& fin() { return flag(0x01); }
  FrameBuilder& rst() { return flag(0x04); }
  FrameBuilder& flag(std::uint8_t bits) {
    set_bits(13, bits);
    return *this;
  }
  FrameBuilder& offset(std::size_t words) { return put(12, words << 4U, 1); }
  /// Filled up to whole words with zeros.
  FrameBuilder& options(Bytes list) {
    list.resize((list.size() + 3) / 4 * 4);
    return raw(list).offset(5 + list.size() / 4);
  }

  FrameBuilder& raw(const Bytes& more) {
    append(more);
    return *this;
  }
  FrameBuilder& payload(std::size_t count) { return raw(Bytes(count, 'x')); }
  /// Behind everything, and in no length.
  FrameBuilder& padding(std::size_t count) {
    pad(count);
    return *this;
  }

 private:
  FrameBuilder& put(std::size_t at, std::uint64_t value, std::size_t size) {
    set(at, value, size);
    return *this;
  }

  int link_type_;
};

inline FrameBuilder ethernet() {
  return {1,
          {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5},
          FrameLayers::Naming::EtherType,
          12};
}

}  // namespace tcpstated
