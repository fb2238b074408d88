// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include "base/fd.hpp"

namespace tcpstated {
namespace {

/// One read for a few hundred packets; stdio's 4 KiB cost a third of all time.
constexpr std::size_t kBufferSize = std::size_t{256} * 1024;
constexpr std::string_view kStandardInput = "-";

struct ClosePcap {
  void operator()(pcap_t* capture) const { pcap_close(capture); }
};
struct CloseStream {
  void operator()(std::FILE* stream) const {
    // Read only: nothing is lost if closing fails.
    [[maybe_unused]] const int ignored = std::fclose(stream);
  }
};

/// pcapng counts in 64 bits of any unit: what does not fit stays at the edge.
Instant instant_of(const timeval& stamp) {
  constexpr std::int64_t kLastSecond =
      std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  const std::int64_t seconds =
      std::clamp<std::int64_t>(stamp.tv_sec, 0, kLastSecond);
  const std::int64_t nanoseconds =
      std::clamp<std::int64_t>(stamp.tv_usec, 0, 999'999'999);
  return Instant(std::chrono::seconds(seconds) +
                 std::chrono::nanoseconds(nanoseconds));
}

Result<UniqueFd> open_descriptor(const std::string& path) {
  if (path == kStandardInput) {
    UniqueFd copy(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!copy) return fail_errno("cannot read standard input");
    return copy;
  }
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(fmt::format("cannot open '{}'", path));
  return file;
}

/// Compressed captures are common, and libpcap only says "unknown format".
std::string_view compression(int fd) {
  std::array<unsigned char, 4> magic{};
  if (::pread(fd, magic.data(), magic.size(), 0) != std::ssize(magic))
    return {};
  if (magic[0] == 0x1f && magic[1] == 0x8b) return "gzip";
  if (magic == std::array<unsigned char, 4>{0x28, 0xb5, 0x2f, 0xfd})
    return "zstd";
  if (magic == std::array<unsigned char, 4>{0xfd, '7', 'z', 'X'}) return "xz";
  return {};
}

}  // namespace

struct PcapFile::Impl {
  std::string name;
  std::unique_ptr<pcap_t, ClosePcap> capture;
  std::FILE* stream = nullptr;  ///< belongs to `capture`
  std::uint64_t size = 0;       ///< 0: a pipe
  int link_type = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< captured ones, for want of an offset in a pipe
  std::optional<Error> damage;

  [[nodiscard]] Error describe_damage() const;
  [[nodiscard]] std::uint64_t offset() const;
};

std::uint64_t PcapFile::Impl::offset() const {
  const auto at = ::ftello(stream);
  return at < 0 ? bytes : static_cast<std::uint64_t>(at);
}

Error PcapFile::Impl::describe_damage() const {
  const bool cut = std::feof(stream) != 0;
  const std::string where =
      size == 0 ? "" : fmt::format(" (near byte {})", offset());
  return {.message =
              fmt::format("'{}' is {} packet {}{}: {}", name,
                          cut ? "cut in the middle of" : "damaged at",
                          packets + 1, where, pcap_geterr(capture.get()))};
}

PcapFile::PcapFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PcapFile::PcapFile(PcapFile&& other) noexcept = default;
PcapFile& PcapFile::operator=(PcapFile&& other) noexcept = default;
PcapFile::~PcapFile() = default;

Result<PcapFile> PcapFile::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->name = path == kStandardInput ? "standard input" : path;
  const std::string what = fmt::format("cannot read '{}'", impl->name);
  auto fd = open_descriptor(path);
  if (!fd) return std::unexpected(std::move(fd).error());
  struct stat status{};
  if (::fstat(fd->get(), &status) != 0) return fail_errno(what);
  if (S_ISDIR(status.st_mode)) return fail_errno(what, EISDIR);
  if (::isatty(fd->get()) == 1)
    return fail(what + ": it is a terminal, not a capture");
  if (S_ISREG(status.st_mode)) {
    impl->size = static_cast<std::uint64_t>(status.st_size);
    if (impl->size == 0) return fail(what + ": it is empty");
  }
  std::unique_ptr<std::FILE, CloseStream> stream(::fdopen(fd->get(), "r"));
  if (!stream) return fail_errno(what);
  const int descriptor = fd->release();
  std::setvbuf(stream.get(), nullptr, _IOFBF, kBufferSize);
  __fsetlocking(stream.get(), FSETLOCKING_BYCALLER);  // one thread
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  impl->capture.reset(pcap_fopen_offline_with_tstamp_precision(
      stream.get(), PCAP_TSTAMP_PRECISION_NANO, error.data()));
  if (!impl->capture) {
    if (const auto method = compression(descriptor); !method.empty())
      return fail(fmt::format(
          "{}: it is compressed ({}): decompress it into a pipe and read '-'",
          what, method));
    return fail(fmt::format("{}: no capture: {}", what, error.data()));
  }
  impl->stream = stream.release();
  impl->link_type = pcap_datalink(impl->capture.get());
  return PcapFile(std::move(impl));
}

Result<std::size_t> PcapFile::read(std::size_t limit, FrameVisitor visit) {
  struct Delivery {
    Impl& file;
    FrameVisitor visit;
    std::size_t count = 0;
  } delivery{*impl_, visit};
  if (impl_->damage) return std::unexpected(*impl_->damage);
  if (limit == 0) return 0;
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  const int status = pcap_dispatch(
      impl_->capture.get(), static_cast<int>(std::min(limit, kMost)),
      [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
        auto& to = *reinterpret_cast<Delivery*>(user);
        ++to.count;
        to.file.bytes += header->caplen;
        to.visit(Frame{.bytes = std::as_bytes(std::span(bytes, header->caplen)),
                       .wire_length = header->len,
                       .link_type = to.file.link_type,
                       .at = instant_of(header->ts)});
      },
      reinterpret_cast<u_char*>(&delivery));
  impl_->packets += delivery.count;
  if (status < 0) {
    impl_->damage = impl_->describe_damage();
    if (delivery.count == 0) return std::unexpected(*impl_->damage);
  }
  return delivery.count;
}

const std::string& PcapFile::name() const { return impl_->name; }

int PcapFile::link_type() const { return impl_->link_type; }

ReadProgress PcapFile::progress() const {
  return {.bytes = impl_->offset(), .total = impl_->size};
}

}  // namespace tcpstated
