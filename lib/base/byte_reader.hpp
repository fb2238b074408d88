// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// The only way bytes from outside (wire, netlink, files) are read. Every read
/// is checked against the end; nothing here does pointer arithmetic for the
/// caller to get wrong.

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace tcpstated {

/// A cursor over bytes it does not own. A read that does not fit returns
/// nullopt and leaves the cursor where it was.
class ByteReader {
 public:
  explicit constexpr ByteReader(std::span<const std::byte> bytes)
      : rest_(bytes) {}

  [[nodiscard]] constexpr std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] constexpr bool empty() const { return rest_.empty(); }
  [[nodiscard]] constexpr std::span<const std::byte> rest() const {
    return rest_;
  }

  /// The next sizeof(T) bytes as they lie in memory (host byte order).
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  [[nodiscard]] std::optional<T> read() {
    if (rest_.size() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }

  /// The next integer in network byte order.
  template <std::unsigned_integral T>
  [[nodiscard]] std::optional<T> read_be() {
    const std::optional<T> raw = read<T>();
    if (!raw) return std::nullopt;
    if constexpr (std::endian::native == std::endian::little)
      return std::byteswap(*raw);
    else
      return raw;
  }

  /// The next `count` bytes, still owned by whoever owns the buffer.
  [[nodiscard]] std::optional<std::span<const std::byte>> take(
      std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  /// Moves on by `count` bytes; false if there are not that many.
  [[nodiscard]] bool skip(std::size_t count) { return take(count).has_value(); }

 private:
  std::span<const std::byte> rest_;
};

/// The first bytes of `bytes` as a T; missing ones at the end read as zero.
/// For kernel structs that grow from version to version.
template <typename T>
  requires std::is_trivially_copyable_v<T>
[[nodiscard]] T read_prefix(std::span<const std::byte> bytes) {
  T value{};
  if (!bytes.empty())
    std::memcpy(&value, bytes.data(),
                bytes.size() < sizeof(T) ? bytes.size() : sizeof(T));
  return value;
}

}  // namespace tcpstated
