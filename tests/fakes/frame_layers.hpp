// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The mechanics below frame_builder.hpp: headers one behind the other, each
/// named by the one before, and lengths that are only known at the end.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tcp/endpoint.hpp"

namespace tcpstated {

class FrameLayers {
 public:
  using Bytes = std::vector<std::uint8_t>;
  /// How a header says what follows it.
  enum class Naming : std::uint8_t { Nothing, EtherType, Ppp, IpProtocol };

  [[nodiscard]] Bytes bytes() const {
    FrameLayers done = *this;
    for (const Length& length : lengths_)
      done.set_at(length.at, bytes_.size() - length.from, 2);
    done.bytes_.resize(bytes_.size() + padding_);
    return done.bytes_;
  }

 protected:
  void begin(const Bytes& header, Naming naming = Naming::Nothing,
             std::size_t name_at = 0) {
    header_ = bytes_.size();
    naming_ = naming;
    name_at_ = header_ + name_at;
    append(header);
  }
  /// Tells the header before what comes now, in its own numbers.
  void name(unsigned ether_type, unsigned ppp, unsigned ip_protocol) {
    if (naming_ == Naming::EtherType) set_at(name_at_, ether_type, 2);
    if (naming_ == Naming::Ppp) set_at(name_at_, ppp, 2);
    if (naming_ == Naming::IpProtocol) set_at(name_at_, ip_protocol, 1);
  }
  void append(const Bytes& more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
  }
  /// The last `size` bytes of an address of 16.
  void append(std::string_view ip, std::ptrdiff_t size) {
    const IpAddress parsed = IpAddress::parse(ip).value();
    append({parsed.bytes.end() - size, parsed.bytes.end()});
  }
  /// Offsets count from the beginning of the last header.
  void set(std::size_t at, std::uint64_t value, std::size_t size) {
    set_at(header_ + at, value, size);
  }
  void set_bits(std::size_t at, std::uint8_t bits) {
    bytes_.at(header_ + at) |= bits;
  }
  /// Two bytes at `at` will hold the length of all that is behind `from`.
  void measure(std::size_t at, std::size_t from) {
    lengths_.push_back({header_ + at, header_ + from});
  }
  void say_length(std::uint16_t value) {
    set_at(lengths_.back().at, value, 2);
    lengths_.pop_back();
  }
  void pad(std::size_t count) { padding_ = count; }

 private:
  struct Length {
    std::size_t at;
    std::size_t from;
  };

  void set_at(std::size_t at, std::uint64_t value, std::size_t size) {
    for (; size > 0; value >>= 8U)
      bytes_.at(at + --size) = static_cast<std::uint8_t>(value);
  }

  Bytes bytes_;
  std::size_t header_ = 0;  ///< where the last one begins
  Naming naming_ = Naming::Nothing;
  std::size_t name_at_ = 0;
  std::vector<Length> lengths_;
  std::size_t padding_ = 0;
};

}  // namespace tcpstated
