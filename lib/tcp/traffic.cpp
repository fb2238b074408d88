// SPDX-License-Identifier: Apache-2.0
// Source of conn_state(): state-model.md C.
#include "tcp/traffic.hpp"

#include <algorithm>
#include <cctype>

namespace tcpstated {
namespace {

void write_letter(Traffic& traffic, std::size_t sender, char lower) {
  const char letter =
      sender == traffic.originator
          ? static_cast<char>(std::toupper(static_cast<unsigned char>(lower)))
          : lower;
  if (!traffic.history.contains(letter)) traffic.history += letter;
}

void write_flags(Traffic& traffic, std::size_t sender, const Segment& segment) {
  const TcpFlags flags = segment.flags;
  if (flags.syn && (flags.fin || flags.rst))
    return write_letter(traffic, sender, 'q');
  if (flags.syn) return write_letter(traffic, sender, flags.ack ? 'h' : 's');
  if (flags.fin && flags.rst) write_letter(traffic, sender, 'i');
  if (flags.rst) return write_letter(traffic, sender, 'r');
  if (segment.payload > 0)
    write_letter(traffic, sender, 'd');
  else if (flags.ack && !flags.fin)
    write_letter(traffic, sender, 'a');
  if (flags.fin) write_letter(traffic, sender, 'f');
  if (flags.ack && segment.window == 0) write_letter(traffic, sender, 'w');
}

/// The first segment: who opened is who did not send the SYN-ACK.
void begin(Traffic& traffic, std::size_t sender, const Segment& segment) {
  const TcpFlags flags = segment.flags;
  const std::size_t opener = flags.syn && flags.ack ? 1 - sender : sender;
  traffic.first_seen = segment.at;
  traffic.originator = static_cast<std::uint8_t>(opener);
  if (opener != sender) traffic.history = "^";
}

void count(EndTraffic& end, const Segment& segment,
           std::optional<Seq> next_before) {
  ++end.segments;
  const Seq data_end = segment.data_begin() + segment.payload;
  const bool has_something =
      segment.payload > 0 || segment.flags.syn || segment.flags.fin;
  if (!next_before) {
    end.bytes += segment.payload;
    return;
  }
  // A keepalive probe asks with nothing, or one old octet, at SND.NXT - 1.
  const bool probes = segment.payload <= 1 && !segment.flags.syn &&
                      !segment.flags.fin && segment.seq + 1 == *next_before;
  if (has_something && !probes && !segment.end().after(*next_before))
    ++end.retransmissions;
  const std::int32_t fresh = data_end - *next_before;
  if (fresh > 0)
    end.bytes += std::min(segment.payload, static_cast<std::uint32_t>(fresh));
}

void note_handshake(Traffic& traffic, std::size_t sender,
                    const Segment& segment) {
  const TcpFlags flags = segment.flags;
  if (flags.rst || traffic.handshake) return;
  if (flags.syn && !flags.ack && !traffic.syn_at) traffic.syn_at = segment.at;
  const bool completes =
      flags.ack && !flags.syn && traffic.ends[1 - sender].syn_ack;
  if (completes && traffic.syn_at)
    traffic.handshake = segment.at - *traffic.syn_at;
}

/// Before the flags of this segment are noted.
void note_ending(Traffic& traffic, std::size_t sender, TcpFlags flags) {
  if (flags.rst && !traffic.ends[0].rst && !traffic.ends[1].rst)
    traffic.fin_before_reset = traffic.ends[0].fin || traffic.ends[1].fin;
  if (traffic.closed != CloseMethod::Open || !(flags.fin || flags.rst)) return;
  traffic.closed = flags.rst ? CloseMethod::Reset : CloseMethod::Fin;
  traffic.closed_by = static_cast<std::uint8_t>(sender);
}

void note_flags(EndTraffic& end, const Segment& segment) {
  const TcpFlags flags = segment.flags;
  if (!end.seen) end.partial = !flags.syn && !flags.rst;
  end.seen = true;
  end.rst = end.rst || flags.rst;
  if (flags.rst) return;
  if (flags.syn && !end.isn) end.isn = segment.seq;
  end.syn = end.syn || (flags.syn && !flags.ack);
  end.syn_ack = end.syn_ack || (flags.syn && flags.ack);
  end.more_than_syn = end.more_than_syn || !flags.syn;
  end.fin = end.fin || flags.fin;
}

bool is_unclear(const EndTraffic& end) { return !end.seen || end.partial; }

/// RST of `end` ended it, not one that came after it had ended by FIN.
bool ended_by_reset(const Traffic& traffic, const EndTraffic& end) {
  const bool both_fin = traffic.ends[0].fin && traffic.ends[1].fin;
  return end.rst && !(both_fin && traffic.fin_before_reset);
}

}  // namespace

void note_segment(Traffic& traffic, std::size_t sender, const Segment& segment,
                  std::optional<Seq> next_before) {
  if (!traffic.ends[0].seen && !traffic.ends[1].seen)
    begin(traffic, sender, segment);
  EndTraffic& end = traffic.ends[sender];
  const std::uint64_t again = end.retransmissions;
  count(end, segment, next_before);
  if (end.retransmissions > again && segment.payload > 0)
    write_letter(traffic, sender, 't');
  write_flags(traffic, sender, segment);
  note_handshake(traffic, sender, segment);
  note_ending(traffic, sender, segment.flags);
  note_flags(end, segment);
}

void note_closed(Traffic& traffic, ChangeReason reason) {
  if (traffic.closed != CloseMethod::Open) return;
  if (reason == ChangeReason::HardError)
    traffic.closed = CloseMethod::Unreachable;
  if (reason == ChangeReason::Timeout) traffic.closed = CloseMethod::Timeout;
}

std::string_view conn_state(const Traffic& traffic) {
  const EndTraffic& o = traffic.ends[traffic.originator];
  const EndTraffic& r = traffic.ends[1 - traffic.originator];
  if (ended_by_reset(traffic, r)) {
    const bool no_bytes = o.bytes == 0 && r.bytes == 0;
    if (o.syn && !o.more_than_syn && !r.syn_ack && !r.syn) return "REJ";
    if (o.rst && no_bytes) return "REJ";
    return is_unclear(o) ? "RSTRH" : "RSTR";
  }
  if (ended_by_reset(traffic, o)) {
    if (!is_unclear(r)) return "RSTO";
    return o.syn && !o.more_than_syn && !r.seen ? "RSTOS0" : "OTH";
  }
  if (o.fin && r.fin) return "SF";
  if (o.fin) return is_unclear(r) ? "SH" : "S2";
  if (r.fin) return is_unclear(o) ? "SHR" : "S3";
  if (o.syn && !r.seen) return "S0";
  if (o.seen && r.syn_ack) return "S1";
  return "OTH";
}

}  // namespace tcpstated
