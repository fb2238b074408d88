// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// A test language of segments between a client C and a server S:
///
///   SegmentScript wire;
///   EXPECT_EQ(wire.play("C>S SYN            | SYN-SENT    CLOSED      ;"
///                       "S>C SYN,ACK        | ESTABLISHED SYN-RECEIVED;"
///                       "+20ms                                        ;"
///                       "C>S ACK, data 100  | ESTABLISHED ESTABLISHED "), "");
///
/// Steps end with ';' and are 2 ms apart. After '|': the states that the model
/// must give C and S now, in any spelling of parse_state(); one that is not
/// `confirmed` has a '?'. play() says "" or which step came out how.
///
/// `+20ms`, `+5s` let time pass. `icmp C` is a hard error about C's last
/// segment. A segment is `X>Y` and any of (commas are blanks):
///   SYN ACK FIN RST noack   flags; ACK is implied unless it is a SYN or RST
///   data N                  so many bytes
///   again                   the same bytes as the last segment of X
///   seq=N ack=N             from the sender's (peer's) ISN, as Wireshark has
///                           it; seq=+N and seq=-N from what would be due
///   isn=N                   of a SYN: raw; starts the sender anew
///   win=N wscale=N ts=N sack=N id=N tfo     sack=N: edge from the peer's ISN
///   lost                    captured, but did not arrive
///   unseen                  arrived, but was not captured
///   dup                     passed a second device 20 us later
/// Sequence numbers keep themselves: each end knows what it sent and got.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.hpp"
#include "fakes/script_line.hpp"
#include "tcp/tcp_model.hpp"

namespace tcpstated {

/// Which ends we sit beside.
enum class Beside : std::uint8_t { Neither, C, S, Both };

/// A handshake.
inline const std::string kOpen = "C>S SYN; S>C SYN,ACK; C>S ACK; ";

class SegmentScript {
 public:
  explicit SegmentScript(Beside beside = Beside::S,
                         const TcpModelOptions& options = {})
      : model_(options, 7, [beside](const IpAddress& ip) {
          const bool c = ip == address(0);
          return beside == Beside::Both ||
                 beside == (c ? Beside::C : Beside::S);
        }) {}

  /// "" if everything came out as written.
  std::string play(std::string_view script);

  /// The backend says that packets were lost until now.
  void lose() { model_.note_loss(now_); }

  /// As after a '|'.
  [[nodiscard]] std::string states() const {
    return describe(0) + " " + describe(1);
  }
  [[nodiscard]] TcpState state(char end) const {
    return known_[end == 'C' ? 0 : 1].state;
  }
  [[nodiscard]] Quality quality(char end) const {
    return known_[end == 'C' ? 0 : 1].quality;
  }
  [[nodiscard]] const std::vector<EndpointChange>& changes() const {
    return changes_;
  }
  [[nodiscard]] ChangeReason last_reason() const {
    return changes_.back().reason;
  }
  [[nodiscard]] const TcpModel& model() const { return model_; }
  [[nodiscard]] Instant now() const { return now_; }

 private:
  struct Host {
    Seq isn;
    Seq next;                            ///< SND.NXT
    Seq expects;                         ///< RCV.NXT
    std::map<std::uint32_t, Seq> early;  ///< begin -> end, out of order
    Segment last;                        ///< sent
    std::uint16_t next_ip_id = 1;
    std::uint16_t window = 65535;
  };
  struct Known {
    TcpState state = TcpState::Closed;
    Quality quality = Quality::Unknown;
  };

  static IpAddress address(std::size_t host) {
    return IpAddress::v4(0x0a000001 + static_cast<std::uint32_t>(host));
  }
  static Endpoint endpoint(std::size_t host) {
    return {address(host), static_cast<std::uint16_t>(host == 0 ? 40000 : 80)};
  }
  static std::string blanks_for_commas(std::string_view text);

  [[nodiscard]] std::string describe(std::size_t host) const;

  [[nodiscard]] bool is_as(const std::vector<std::string_view>& wanted) const;

  std::string run(const std::vector<std::string_view>& words);

  std::string pass_time(std::string_view text);

  std::string send(const std::vector<std::string_view>& words);

  Segment compose(const ScriptLine& line, Host& from, Seq peer_isn) const;

  static Host anew(std::uint32_t isn, const Host& old);

  void capture(const Segment& segment) {
    model_.observe(std::span(&segment, 1), changes_);
  }

  static void arrive(const Segment& s, Host& to);

  void note_changes();

  TcpModel model_;
  Instant now_{std::chrono::hours(1)};
  std::array<Host, 2> hosts_{anew(1000, {}), anew(500000, {})};
  std::array<Known, 2> known_;
  std::vector<EndpointChange> changes_;
  std::size_t noted_ = 0;
};

}  // namespace tcpstated
