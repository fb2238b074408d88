// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One end of a TCP connection that really has states: what the passive model
/// is measured by. Small, but complete where states are concerned: RFC 9293
/// 3.10, RFC 5961 challenges, orphans and TIME-WAIT as Linux has them. It never
/// gives up a retransmission, and its window never closes.

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "tcp/segment.hpp"
#include "tcp/tcp_state.hpp"

namespace tcpstated {

class SimulatedEnd {
 public:
  SimulatedEnd(Endpoint self, Endpoint peer) : self_(self), peer_(peer) {}

  // What the application does.

  void connect(Instant now, std::uint32_t isn) {
    start(TcpState::SynSent, isn);
    emit(now, isn_, {.syn = true}, 0);
    arm(now);
  }
  void listen(std::uint32_t next_isn) { listen_isn_ = next_isn; }
  void write(Instant now, std::uint32_t bytes) {
    if (!can_send()) return;
    unsent_ += bytes;
    push(now);
  }
  /// SHUT_WR, or close() if nobody will read on.
  void close(Instant now, bool orphan);
  void abort(Instant now);

  void receive(Instant now, const Segment& s);

  void run_timers(Instant now) {
    if (until_ <= now) become(now, TcpState::Closed);
    if (ack_due_ <= now) acknowledge(now);
    if (resend_due_ <= now) resend(now);
  }

  [[nodiscard]] Instant next_timer() const {
    return std::min({until_, ack_due_, resend_due_});
  }
  [[nodiscard]] TcpState state() const { return state_; }
  [[nodiscard]] bool was_close_wait() const { return was_close_wait_; }
  /// Nothing is on its way because of this end.
  [[nodiscard]] bool is_quiet() const {
    return resend_due_ == Instant::max() && ack_due_ == Instant::max();
  }
  /// What it sent since the last call.
  std::vector<Segment> take_sent() { return std::exchange(sent_, {}); }

  Duration ack_delay{};  ///< of data; 0: at once

 private:
  static constexpr std::uint32_t kWindow = 65535;
  static constexpr std::uint32_t kMss = 500;
  static constexpr Duration kTimeWait = std::chrono::seconds(60);

  [[nodiscard]] bool can_send() const {
    return !fin_wanted_ &&
           (state_ == TcpState::SynReceived ||
            state_ == TcpState::Established || state_ == TcpState::CloseWait);
  }
  [[nodiscard]] bool is_over() const {
    return state_ == TcpState::Closed || state_ == TcpState::TimeWait;
  }

  void start(TcpState state, std::uint32_t isn);

  void become(Instant now, TcpState state);

  void emit(Instant now, Seq seq, TcpFlags flags, std::uint32_t payload,
            Seq ack);
  void emit(Instant now, Seq seq, TcpFlags flags, std::uint32_t payload);
  void acknowledge(Instant now) { emit(now, next_, {.ack = true}, 0); }

  void arm(Instant now) {
    resend_due_ = now + pause_;
    pause_ = std::min<Duration>(2 * pause_, std::chrono::seconds(2));
  }

  /// Sends what may be sent: data, and the FIN after (or with) the last of it.
  void push(Instant now);

  void send_part(Instant now, std::uint32_t bytes, bool fin);

  /// The first segment that is not acknowledged.
  void resend(Instant now);

  [[nodiscard]] bool reopens(const Segment& s) const {
    return listen_isn_ != 0 && s.flags.syn && !s.flags.ack && !s.flags.rst &&
           s.seq.after(expects_);
  }

  void receive_closed(Instant now, const Segment& s);

  void receive_syn_sent(Instant now, const Segment& s);

  void receive_reset(Instant now, const Segment& s);

  /// A SYN where there is a connection already (RFC 5961 4). In a simultaneous
  /// open the SYN-ACK carries the last ACK (RFC 9293 3.10.7.4).
  void challenge(Instant now, const Segment& s) {
    if (s.flags.ack && state_ == TcpState::SynReceived && s.ack == next_)
      establish(now, s);
    acknowledge(now);
  }

  void establish(Instant now, const Segment& s) {
    una_ = s.ack;
    resend_due_ = Instant::max();
    become(now, TcpState::Established);
  }

  void receive_ack(Instant now, const Segment& s);

  void receive_data(Instant now, const Segment& s);

  void take_fin(Instant now);

  Endpoint self_;
  Endpoint peer_;
  TcpState state_ = TcpState::Closed;
  Seq isn_, una_, next_, expects_, last_ack_sent_;
  std::uint32_t listen_isn_ = 0;  ///< 0: refuses
  std::uint32_t unsent_ = 0;
  std::uint16_t ip_id_ = 0;
  bool fin_wanted_ = false, fin_sent_ = false, got_fin_ = false;
  bool orphan_ = false, was_close_wait_ = false;
  std::uint64_t peer_fin_ = ~0ULL;
  std::map<std::uint32_t, Seq> early_;
  Duration pause_ = std::chrono::seconds(1);
  Instant until_ = Instant::max();
  Instant ack_due_ = Instant::max();
  Instant resend_due_ = Instant::max();
  std::vector<Segment> sent_;
};

}  // namespace tcpstated
