// SPDX-License-Identifier: Apache-2.0
#include "fakes/simulated_end.hpp"

namespace tcpstated {

void SimulatedEnd::close(Instant now, bool orphan) {
  if (state_ == TcpState::SynSent) return;  // it would not be on the wire
  if (!can_send()) {
    orphan_ = orphan_ || orphan;
    return;
  }
  orphan_ = orphan;
  fin_wanted_ = true;
  push(now);
}

void SimulatedEnd::abort(Instant now) {
  if (state_ == TcpState::Closed || state_ == TcpState::SynSent ||
      state_ == TcpState::TimeWait)
    return;
  emit(now, next_, {.ack = true, .rst = true}, 0);
  become(now, TcpState::Closed);
}

void SimulatedEnd::receive(Instant now, const Segment& s) {
  if (state_ == TcpState::TimeWait && reopens(s)) state_ = TcpState::Closed;
  if (state_ == TcpState::Closed) return receive_closed(now, s);
  if (state_ == TcpState::SynSent) return receive_syn_sent(now, s);
  if (state_ == TcpState::SynReceived && s.flags.syn && !s.flags.ack &&
      s.seq == Seq{expects_.raw - 1})
    return emit(now, isn_, {.syn = true, .ack = true}, 0);
  if (state_ == TcpState::TimeWait && s.flags.ack && !s.flags.rst)
    until_ = now + kTimeWait;
  if (s.end().before(last_ack_sent_) || s.seq.after(expects_ + kWindow)) {
    if (!s.flags.rst) acknowledge(now);
    if (s.flags.rst && s.seq + 1 == expects_) receive_reset(now, s);
    return;
  }
  if (s.flags.rst) return receive_reset(now, s);
  if (s.flags.syn) return challenge(now, s);
  if (s.flags.ack) receive_ack(now, s);
}

void SimulatedEnd::start(TcpState state, std::uint32_t isn) {
  const auto listen_isn = listen_isn_;
  const auto ip_id = ip_id_;
  auto sent = std::move(sent_);
  const Duration delay = ack_delay;
  *this = SimulatedEnd(self_, peer_);
  sent_ = std::move(sent);
  listen_isn_ = listen_isn;
  ip_id_ = ip_id;
  ack_delay = delay;
  state_ = state;
  isn_ = una_ = {isn};
  next_ = isn_ + 1;
}

void SimulatedEnd::become(Instant now, TcpState state) {
  state_ = state;
  was_close_wait_ = was_close_wait_ || state == TcpState::CloseWait;
  until_ =
      state == TcpState::TimeWait || (state == TcpState::FinWait2 && orphan_)
          ? now + kTimeWait
          : Instant::max();
  if (is_over()) resend_due_ = Instant::max();
  if (state == TcpState::Closed) ack_due_ = Instant::max();
}

void SimulatedEnd::emit(Instant now, Seq seq, TcpFlags flags,
                        std::uint32_t payload, Seq ack) {
  Segment s;
  s.from = self_;
  s.to = peer_;
  s.at = now;
  s.seq = seq;
  s.flags = flags;
  if (flags.ack) s.ack = ack;
  s.payload = payload;
  s.window = kWindow;
  s.ip_id = ++ip_id_;
  sent_.push_back(s);
}

void SimulatedEnd::emit(Instant now, Seq seq, TcpFlags flags,
                        std::uint32_t payload) {
  emit(now, seq, flags, payload, expects_);
  if (!flags.ack) return;
  last_ack_sent_ = expects_;
  ack_due_ = Instant::max();
}

void SimulatedEnd::push(Instant now) {
  if (state_ == TcpState::SynSent || state_ == TcpState::SynReceived ||
      is_over())
    return;
  while (unsent_ > 0 && next_ - una_ < 10 * static_cast<int>(kMss)) {
    const std::uint32_t n = std::min(unsent_, kMss);
    unsent_ -= n;
    const bool last = unsent_ == 0 && fin_wanted_ && n % 2 == 0;
    send_part(now, n, last);
  }
  if (unsent_ == 0 && fin_wanted_ && !fin_sent_) send_part(now, 0, true);
}

void SimulatedEnd::send_part(Instant now, std::uint32_t bytes, bool fin) {
  emit(now, next_, {.ack = true, .fin = fin}, bytes);
  next_ = next_ + bytes;
  if (fin) {
    fin_sent_ = true;
    next_ = next_ + 1;
    become(now, state_ == TcpState::CloseWait ? TcpState::LastAck
                                              : TcpState::FinWait1);
  }
  if (resend_due_ == Instant::max()) {
    pause_ = std::chrono::milliseconds(200);
    arm(now);
  }
}

void SimulatedEnd::resend(Instant now) {
  if (state_ == TcpState::SynSent)
    emit(now, isn_, {.syn = true}, 0);
  else if (state_ == TcpState::SynReceived)
    emit(now, isn_, {.syn = true, .ack = true}, 0);
  else {
    const std::uint32_t left = static_cast<std::uint32_t>(next_ - una_);
    const std::uint32_t data = std::min(fin_sent_ ? left - 1 : left, kMss);
    const bool fin = fin_sent_ && data == left - 1;
    emit(now, una_, {.ack = true, .fin = fin}, data);
  }
  arm(now);
}

void SimulatedEnd::receive_closed(Instant now, const Segment& s) {
  if (s.flags.rst) return;
  if (s.flags.syn && !s.flags.ack && listen_isn_ != 0) {
    start(TcpState::SynReceived, listen_isn_ += 1000003);
    expects_ = s.seq + 1;
    emit(now, isn_, {.syn = true, .ack = true}, 0);
    pause_ = std::chrono::seconds(1);
    return arm(now);
  }
  if (s.flags.ack)
    emit(now, s.ack, {.rst = true}, 0, {});
  else
    emit(now, {}, {.ack = true, .rst = true}, 0, s.end());
}

void SimulatedEnd::receive_syn_sent(Instant now, const Segment& s) {
  const bool good_ack = s.flags.ack && s.ack == next_;
  if (s.flags.rst) {
    if (good_ack) become(now, TcpState::Closed);
    return;
  }
  if (s.flags.ack && !good_ack) return emit(now, s.ack, {.rst = true}, 0, {});
  if (!s.flags.syn) return;
  expects_ = s.seq + 1;
  last_ack_sent_ = expects_;
  if (!good_ack) {
    become(now, TcpState::SynReceived);
    return emit(now, isn_, {.syn = true, .ack = true}, 0);
  }
  una_ = s.ack;
  resend_due_ = Instant::max();
  become(now, TcpState::Established);
  acknowledge(now);
}

void SimulatedEnd::receive_reset(Instant now, const Segment& s) {
  const bool after_fin = state_ == TcpState::CloseWait ||
                         state_ == TcpState::LastAck ||
                         state_ == TcpState::Closing;
  if (s.seq == expects_ || (after_fin && s.seq + 1 == expects_))
    become(now, TcpState::Closed);
  else if (state_ != TcpState::TimeWait)
    acknowledge(now);
}

void SimulatedEnd::receive_ack(Instant now, const Segment& s) {
  if (state_ == TcpState::SynReceived) {
    if (s.ack != next_) return emit(now, s.ack, {.rst = true}, 0, {});
    establish(now, s);
  }
  if (s.ack.after(next_)) return acknowledge(now);
  if (s.ack.after(una_)) {
    una_ = s.ack;
    pause_ = std::chrono::milliseconds(200);
    resend_due_ = Instant::max();
    if (una_ != next_) arm(now);
  }
  if (fin_sent_ && una_ == next_) {
    if (state_ == TcpState::FinWait1) become(now, TcpState::FinWait2);
    if (state_ == TcpState::Closing) become(now, TcpState::TimeWait);
    if (state_ == TcpState::LastAck) return become(now, TcpState::Closed);
  }
  receive_data(now, s);
  push(now);
}

void SimulatedEnd::receive_data(Instant now, const Segment& s) {
  if (s.payload == 0 && !s.flags.fin) return;
  const Seq data_end = s.seq + s.payload;
  if (orphan_ && !is_over() && data_end.after(expects_) && s.payload > 0) {
    emit(now, s.ack, {.rst = true}, 0, {});
    return become(now, TcpState::Closed);
  }
  const bool in_order = s.seq == expects_ && early_.empty();
  if (s.flags.fin) peer_fin_ = data_end.raw;
  if (s.payload > 0) early_[s.seq.raw] = data_end;
  for (auto it = early_.begin(); it != early_.end();) {
    const bool usable = !Seq{it->first}.after(expects_);
    if (usable) expects_ = latest(expects_, it->second);
    it = usable ? (early_.erase(it), early_.begin()) : std::next(it);
  }
  if (!got_fin_ && peer_fin_ == expects_.raw) take_fin(now);
  if (!in_order || s.flags.fin || ack_delay == Duration{})
    acknowledge(now);
  else
    ack_due_ = std::min(ack_due_, now + ack_delay);
}

void SimulatedEnd::take_fin(Instant now) {
  got_fin_ = true;
  expects_ = expects_ + 1;
  if (state_ == TcpState::Established) become(now, TcpState::CloseWait);
  if (state_ == TcpState::FinWait1) become(now, TcpState::Closing);
  if (state_ == TcpState::FinWait2) become(now, TcpState::TimeWait);
}

}  // namespace tcpstated
