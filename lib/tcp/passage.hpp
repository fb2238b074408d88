// SPDX-License-Identifier: Apache-2.0
#pragma once
/// \file
/// One segment on its way from one end of a connection to the other. The rules
/// are in opening_rules.cpp, reset_rules.cpp, data_rules.cpp and
/// closing_rules.cpp. Private to this room.

#include <cstddef>
#include <cstdint>

#include "tcp/segment_rules.hpp"

namespace tcpstated {

/// Linux reopens nothing larger; an ACK further ahead is no capture loss.
inline constexpr std::int32_t kMaxJump = 64 * 1024 * 1024;

/// What `end` knows once something has passed us on its way to it.
[[nodiscard]] inline Receipt receipt_of(const End& end) {
  return end.local ? Receipt::Confirmed : Receipt::Presumed;
}

/// Some stacks drop even a bare FIN while their buffer is full; the ACK says.
[[nodiscard]] inline bool has_closed_window(const End& end) {
  return end.seen && !end.met_midway && end.window() == 0;
}

class Passage {
 public:
  Passage(Conversation& conversation, std::size_t sender,
          const Segment& segment, const RuleContext& context)
      : whole_(conversation),
        from_(conversation.ends[sender]),
        to_(conversation.ends[1 - sender]),
        sender_(sender),
        segment_(segment),
        context_(context) {}

  SegmentVerdict apply();

 private:
  static SegmentVerdict ignored() { return {.accepted = false}; }
  static SegmentVerdict accepted(ChangeReason reason = ChangeReason::Segment) {
    return {.reason = reason};
  }
  /// Segments of this conversation: it shows a gap, or packets were lost since
  /// the last one that we saw.
  [[nodiscard]] bool may_have_missed() const {
    return whole_.gap || context_.last_loss >= whole_.last_seen;
  }
  // Holds until nobody has confirmed it for too long.
  void presume_syn(End& end) const;
  void presume_fin(End& end) const;

  // Openings.
  void begin();
  void begin_again();
  void read_syn_options();
  Duration note_copy();
  SegmentVerdict on_syn();
  SegmentVerdict see_late_syn();
  SegmentVerdict repeat_syn();
  SegmentVerdict on_simultaneous_open();
  [[nodiscard]] bool may_reopen() const;
  SegmentVerdict on_syn_ack();
  void accept_pending_syn();
  void repeat_syn_ack();
  void assume_syn();
  SegmentVerdict meet_midway();
  void take_up();
  bool prove_own_syn_ack();
  bool prove_syn_ack();

  // Resets.
  SegmentVerdict on_reset();
  [[nodiscard]] const Segment* pending_syn() const;
  [[nodiscard]] bool answers_pending_syn() const;
  [[nodiscard]] bool knows_all_received(const End& end) const;
  [[nodiscard]] bool is_acceptable_reset() const;
  SegmentVerdict kill_both(ChangeReason reason);
  SegmentVerdict on_syn_fin();

  // Everything in between.
  SegmentVerdict on_ack();
  bool take_ack_number();
  [[nodiscard]] bool is_in_window() const;
  void acknowledge();
  void acknowledge_fin();
  void receive_data();
  void note_window();
  void restart_time_wait();

  // Closings.
  void receive_fin();
  void repeat_fin();
  void deliver_fin();
  [[nodiscard]] bool decide_passive_close(Seq fin) const;
  void infer_own_fin();
  void infer_fin(End& end, End& peer);
  void withdraw_inferred_fin();

  Conversation& whole_;
  End& from_;
  End& to_;
  std::size_t sender_;
  const Segment& segment_;
  const RuleContext& context_;
};

}  // namespace tcpstated
