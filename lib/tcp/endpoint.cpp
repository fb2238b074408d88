// SPDX-License-Identifier: Apache-2.0
#include "tcp/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstring>

#include "base/strings.hpp"

namespace tcpstated {
namespace {

constexpr unsigned kV4PrefixBits = 96;

}  // namespace

std::optional<IpAddress> IpAddress::from_network(
    std::span<const std::byte> bytes) {
  IpAddress ip = v4(0);  // 16 bytes overwrite all of it
  if (bytes.size() != 4 && bytes.size() != ip.bytes.size()) return std::nullopt;
  std::memcpy(ip.bytes.data() + ip.bytes.size() - bytes.size(), bytes.data(),
              bytes.size());
  return ip;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton() stops at a zero byte and would not see what follows.
  const std::string terminated(text.contains('\0') ? "" : text);
  in_addr v4_address{};
  if (::inet_pton(AF_INET, terminated.c_str(), &v4_address) == 1)
    return v4(ntohl(v4_address.s_addr));
  IpAddress ip;
  if (::inet_pton(AF_INET6, terminated.c_str(), ip.bytes.data()) == 1)
    return ip;
  return fail(fmt::format("'{}' is not an IP address", printable(text)));
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4())
    ::inet_ntop(AF_INET, &bytes[12], text.data(), text.size());
  else
    ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(fmt::format("'{}' is not ADDRESS:PORT", printable(text)));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  const auto ip = IpAddress::parse(host);
  if (!port || !ip || bracketed != host.contains(':')) return bad();
  return Endpoint{*ip, *port};
}

std::string Endpoint::to_string() const {
  return ip.is_v4() ? fmt::format("{}:{}", ip.to_string(), port)
                    : fmt::format("[{}]:{}", ip.to_string(), port);
}

Result<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto ip = IpAddress::parse(text.substr(0, slash));
  if (!ip)
    return fail(fmt::format("'{}' is not an IP address or CIDR prefix",
                            printable(text)));
  if (slash == std::string_view::npos) return IpPrefix{*ip, 128};
  const bool dotted = !text.substr(0, slash).contains(':');
  const unsigned longest = dotted ? 32 : 128;
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > longest)
    return fail(fmt::format("'{}' has no prefix length between 0 and {}",
                            printable(text), longest));
  return IpPrefix{*ip, dotted ? kV4PrefixBits + *bits : *bits};
}

bool IpPrefix::contains(const IpAddress& address) const {
  const std::size_t whole = bits / 8;
  if (std::memcmp(ip.bytes.data(), address.bytes.data(), whole) != 0)
    return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xff00U >> rest & 0xffU;
  return ((ip.bytes[whole] ^ address.bytes[whole]) & mask) == 0;
}

std::string IpPrefix::to_string() const {
  if (!ip.is_v4()) return fmt::format("{}/{}", ip.to_string(), bits);
  if (bits >= kV4PrefixBits)
    return fmt::format("{}/{}", ip.to_string(), bits - kV4PrefixBits);
  return fmt::format("::ffff:{}/{}", ip.to_string(), bits);
}

}  // namespace tcpstated
