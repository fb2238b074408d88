// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_live.hpp"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "capture/capture_filter.hpp"

namespace tcpstated {
namespace {

/// After so long the kernel hands over a block that is not full: two of its
/// ticks at 250 Hz. Immediate mode would cost nine times the CPU.
constexpr int kTimeoutMilliseconds = 8;

struct ClosePcap {
  void operator()(pcap_t* capture) const { pcap_close(capture); }
};
using Pcap = std::unique_ptr<pcap_t, ClosePcap>;

/// A packet socket sees what lo sends and again what lo receives of it. libpcap
/// drops one of them, but after it was copied.
void ignore_outgoing(int fd) {
  const int on = 1;
  // Before Linux 4.20 there is no such option, only its saving is missed.
  [[maybe_unused]] const int ignored =
      ::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
}

class PcapLive final : public InterfaceCapture {
 public:
  PcapLive(Pcap capture, std::string what)
      : capture_(std::move(capture)),
        what_(std::move(what)),
        link_type_(pcap_datalink(capture_.get())) {}

  [[nodiscard]] int descriptor() const override {
    return pcap_get_selectable_fd(capture_.get());
  }

  Result<std::size_t> read(std::size_t limit, FrameVisitor visit) override {
    struct Delivery {
      FrameVisitor visit;
      int link_type;
      std::size_t count = 0;
    } delivery{visit, link_type_};
    if (limit == 0) return 0;  // to libpcap that is "all"
    constexpr std::size_t kMost = std::numeric_limits<int>::max();
    const int status = pcap_dispatch(
        capture_.get(), static_cast<int>(std::min(limit, kMost)),
        [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
          auto& to = *reinterpret_cast<Delivery*>(user);
          ++to.count;
          to.visit(
              Frame{.bytes = std::as_bytes(std::span(bytes, header->caplen)),
                    .wire_length = header->len,
                    .link_type = to.link_type,
                    .at = Instant(std::chrono::seconds(header->ts.tv_sec) +
                                  Duration(header->ts.tv_usec))});
        },
        reinterpret_cast<u_char*>(&delivery));
    if (status < 0)
      return fail(fmt::format("{}: {}", what_, pcap_geterr(capture_.get())));
    return delivery.count;
  }

  /// libpcap's counters are 32 bits wide, and wrap.
  Result<InterfaceCounts> counts() override {
    pcap_stat now{};
    if (pcap_stats(capture_.get(), &now) != 0)
      return fail(fmt::format("{}: {}", what_, pcap_geterr(capture_.get())));
    counts_.lost += now.ps_drop - std::exchange(dropped_, now.ps_drop);
    counts_.lost +=
        now.ps_ifdrop - std::exchange(interface_dropped_, now.ps_ifdrop);
    return counts_;
  }

 private:
  Pcap capture_;
  std::string what_;
  int link_type_;
  InterfaceCounts counts_;
  u_int dropped_ = 0;
  u_int interface_dropped_ = 0;
};

std::unexpected<Error> refused(const std::string& what, pcap_t* capture,
                               int status) {
  const std::string why = pcap_geterr(capture);
  if (status == PCAP_ERROR_PERM_DENIED)
    return fail(what + ": it takes the capability CAP_NET_RAW",
                std::make_error_code(std::errc::operation_not_permitted));
  return fail(fmt::format("{}: {}", what,
                          why.empty() ? pcap_statustostr(status) : why));
}

void configure(pcap_t* capture, const PcapOptions& options) {
  const auto number = [](std::size_t value) {
    constexpr std::size_t kMost = std::numeric_limits<int>::max();
    return static_cast<int>(std::min(value, kMost));
  };
  // These fail only on a capture that is already active.
  pcap_set_snaplen(capture, number(options.snapshot_length));
  pcap_set_buffer_size(capture, number(options.buffer_size));
  pcap_set_timeout(capture, kTimeoutMilliseconds);
  pcap_set_promisc(capture, options.promiscuous ? 1 : 0);
  pcap_set_tstamp_precision(capture, PCAP_TSTAMP_PRECISION_NANO);
}

Result<> set_filter(pcap_t* capture, const std::string& what) {
  const std::string text = capture_filter(pcap_datalink(capture));
  bpf_program program{};
  if (pcap_compile(capture, &program, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) !=
      0)
    return refused(what, capture, PCAP_ERROR);
  const int status = pcap_setfilter(capture, &program);
  pcap_freecode(&program);
  if (status != 0) return refused(what, capture, status);
  return {};
}

}  // namespace

Result<std::unique_ptr<InterfaceCapture>> open_pcap_live(
    const NetworkInterface& interface, const PcapOptions& options) {
  const std::string what =
      fmt::format("cannot capture on '{}'", interface.name);
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  Pcap capture(pcap_create(interface.name.c_str(), error.data()));
  if (!capture) return fail(fmt::format("{}: {}", what, error.data()));
  configure(capture.get(), options);
  // Positive ones are warnings: no promiscuous mode, another kind of stamps.
  if (const int status = pcap_activate(capture.get()); status < 0)
    return refused(what, capture.get(), status);
  if (pcap_get_tstamp_precision(capture.get()) != PCAP_TSTAMP_PRECISION_NANO)
    return fail(what + ": no stamps in nanoseconds");
  if (pcap_setnonblock(capture.get(), 1, error.data()) != 0)
    return fail(fmt::format("{}: {}", what, error.data()));
  if (auto set = set_filter(capture.get(), what); !set)
    return std::unexpected(std::move(set).error());
  if (interface.loopback) ignore_outgoing(pcap_fileno(capture.get()));
  return std::make_unique<PcapLive>(std::move(capture), what);
}

}  // namespace tcpstated
