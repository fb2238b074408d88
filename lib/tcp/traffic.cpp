// SPDX-License-Identifier: Apache-2.0
// Source of the letters and of conn_state(): the documentation of Zeek's
// conn.log (scripts/base/protocols/conn), and state-model.md C. Zeek's letters
// for checksums (c), gaps (g) and limits (x) do not exist here.
#include "tcp/traffic.hpp"

#include <algorithm>
#include <cctype>

namespace tcpstated {
namespace {

/// An ISN or RST far from all else says nothing about how much was sent.
constexpr std::int32_t kMaxJump = 1 << 26;

char cased(const Traffic& traffic, std::size_t sender, char lower) {
  return sender == traffic.originator ? static_cast<char>(std::toupper(
                                            static_cast<unsigned char>(lower)))
                                      : lower;
}

void write_once(Traffic& traffic, std::size_t sender, char lower) {
  const char letter = cased(traffic, sender, lower);
  if (!traffic.history.contains(letter)) traffic.history += letter;
}

/// Once more for every other sequence number.
void write_numbered(Traffic& traffic, std::size_t sender, char lower,
                    std::optional<Seq>& mark, Seq seq) {
  if (mark != seq) traffic.history += cased(traffic, sender, lower);
  mark = seq;
}

/// For the first of its kind, the 10th, the 100th ...
void write_scaled(Traffic& traffic, std::size_t sender, char lower,
                  std::uint64_t count) {
  while (count > 1 && count % 10 == 0) count /= 10;
  if (count == 1) traffic.history += cased(traffic, sender, lower);
}

void write_flags(Traffic& traffic, std::size_t sender, const Segment& segment) {
  const TcpFlags flags = segment.flags;
  auto& [syn, fin, rst] = traffic.ends[sender].marks;
  if (flags.fin && flags.rst) return write_once(traffic, sender, 'i');
  if (flags.syn && (flags.fin || flags.rst))
    return write_once(traffic, sender, 'q');
  if (flags.syn)
    return write_numbered(traffic, sender, flags.ack ? 'h' : 's', syn,
                          segment.seq);
  if (flags.fin)
    return write_numbered(traffic, sender, 'f', fin,
                          segment.seq + segment.payload);
  if (flags.rst) return write_numbered(traffic, sender, 'r', rst, segment.seq);
  if (segment.payload > 0)
    write_once(traffic, sender, 'd');
  else if (flags.ack)
    write_once(traffic, sender, 'a');
}

/// A closed window matters as long as the peer has something to send.
void note_window(Traffic& traffic, std::size_t sender, const Segment& segment) {
  EndTraffic& end = traffic.ends[sender];
  if (segment.window != 0 || segment.flags.rst || end.stage == Stage::Reset ||
      traffic.ends[1 - sender].stage == Stage::Fin)
    return;
  write_scaled(traffic, sender, 'w', ++end.zero_windows);
}

/// The first segment says who opened: who sent the SYN, or did not send the
/// SYN-ACK; failing that, who does not use the port of a service.
void begin(Traffic& traffic, std::size_t sender, const Segment& segment) {
  constexpr std::uint16_t kFirstUserPort = 1024;
  const TcpFlags flags = segment.flags;
  const bool from_service =
      segment.from.port < kFirstUserPort && segment.to.port >= kFirstUserPort;
  const bool answers = flags.syn ? flags.ack : from_service;
  traffic.first_seen = segment.at;
  traffic.originator = static_cast<std::uint8_t>(answers ? 1 - sender : sender);
  if (answers) traffic.history = "^";
}

void count_bytes(EndTraffic& end, const Segment& segment) {
  if (segment.flags.rst) return;  // its data is no part of the stream
  // A bare ACK may stand behind a FIN, which is no byte.
  if (end.counted && segment.payload == 0 && !segment.flags.fin) return;
  const Seq data_end = segment.data_begin() + segment.payload;
  if (!end.counted) end.counted = segment.data_begin();
  const std::int32_t fresh = data_end - *end.counted;
  if (fresh <= 0 || fresh > kMaxJump) return;
  end.bytes += static_cast<std::uint32_t>(fresh);
  end.counted = data_end;
}

void count_again(Traffic& traffic, std::size_t sender, const Segment& segment,
                 std::optional<Seq> next_before) {
  const TcpFlags flags = segment.flags;
  EndTraffic& end = traffic.ends[sender];
  if (!next_before || flags.rst || segment.end().after(*next_before)) return;
  const bool plain = !flags.syn && !flags.fin;
  if (plain && segment.payload == 0) return;
  // A keepalive probe asks with one old octet, at SND.NXT - 1.
  if (plain && segment.payload == 1 && segment.seq + 1 == *next_before) return;
  ++end.retransmissions;
  if (segment.payload > 0) write_scaled(traffic, sender, 't', ++end.again);
}

void note_handshake(Traffic& traffic, std::size_t sender,
                    const Segment& segment) {
  const TcpFlags flags = segment.flags;
  if (flags.rst || traffic.handshake) return;
  const EndTraffic& peer = traffic.ends[1 - sender];
  if (flags.syn && !flags.ack && !traffic.syn_at) traffic.syn_at = segment.at;
  const bool completes =
      flags.ack && !flags.syn && peer.syn_ack && segment.ack.after(*peer.isn);
  if (completes && traffic.syn_at)
    traffic.handshake = segment.at - *traffic.syn_at;
  if (flags.syn && flags.ack) traffic.ends[sender].syn_ack = true;
}

void note_ending(Traffic& traffic, std::size_t sender, TcpFlags flags) {
  if (traffic.closed != CloseMethod::Open || !(flags.fin || flags.rst)) return;
  traffic.closed = flags.rst ? CloseMethod::Reset : CloseMethod::Fin;
  traffic.closed_by = static_cast<std::uint8_t>(sender);
}

void advance(EndTraffic& end, Stage to) {
  end.stage_before = end.stage;
  end.stage = to;
}

/// The first segment of an end, or no more than ACKs of a SYN before it.
void appear(Traffic& traffic, std::size_t sender, const Segment& segment) {
  const TcpFlags flags = segment.flags;
  EndTraffic& end = traffic.ends[sender];
  EndTraffic& peer = traffic.ends[1 - sender];
  const bool opens = sender == traffic.originator;
  if (flags.syn) {
    // The SYN may come late, behind its answer.
    advance(end, opens && peer.stage != Stage::Established
                     ? Stage::SynSent
                     : Stage::Established);
    if (!opens && peer.stage == Stage::SynSent)
      advance(peer, Stage::Established);
  } else if (!flags.fin && !flags.rst) {
    if (!opens && segment.payload == 0 && peer.stage == Stage::SynSent)
      return;  // some acknowledge a SYN before they answer it
    advance(end, flags.ack && peer.stage == Stage::Established
                     ? Stage::Established
                     : Stage::Partial);
  }
}

void note_stage(Traffic& traffic, std::size_t sender, const Segment& segment) {
  const TcpFlags flags = segment.flags;
  EndTraffic& end = traffic.ends[sender];
  EndTraffic& peer = traffic.ends[1 - sender];
  if (end.stage == Stage::Unseen) appear(traffic, sender, segment);
  if (flags.syn && !flags.ack && end.stage == Stage::Partial &&
      peer.stage == Stage::Unseen)
    advance(end, Stage::SynSent);
  const bool is_over = end.stage == Stage::Fin || end.stage == Stage::Reset;
  if (flags.fin && !is_over) {
    advance(end, Stage::Fin);
    // FIN, RST, and now the peer's FIN: that was an orderly end.
    if (!flags.rst && peer.stage == Stage::Reset &&
        peer.stage_before == Stage::Fin)
      advance(peer, Stage::Fin);
  }
  if (flags.rst && end.stage != Stage::Reset &&
      !(is_over && peer.stage == Stage::Fin))
    advance(end, Stage::Reset);
}

bool is_unclear(const EndTraffic& end) {
  return end.stage == Stage::Unseen || end.stage == Stage::Partial;
}

/// Whether the originator sent a SYN, and then nothing but data before a RST.
bool is_syn_then_reset(std::string_view history) {
  if (history.starts_with('^')) history.remove_prefix(1);
  const auto second = history.find_first_of("HAFGIQR");
  return history.starts_with('S') && second != std::string_view::npos &&
         history[second] == 'R';
}

}  // namespace

void note_segment(Traffic& traffic, std::size_t sender, const Segment& segment,
                  std::optional<Seq> next_before, bool accepted) {
  EndTraffic& end = traffic.ends[sender];
  if (end.segments + traffic.ends[1 - sender].segments == 0)
    begin(traffic, sender, segment);
  ++end.segments;
  if (segment.flags.syn && !segment.flags.rst && !end.isn)
    end.isn = segment.seq;
  write_flags(traffic, sender, segment);
  note_window(traffic, sender, segment);
  count_again(traffic, sender, segment, next_before);
  count_bytes(end, segment);
  note_handshake(traffic, sender, segment);
  if (accepted) note_ending(traffic, sender, segment.flags);
  note_stage(traffic, sender, segment);
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
  if (r.stage == Stage::Reset) {
    if (o.stage == Stage::SynSent) return "REJ";
    if (o.stage == Stage::Reset && o.bytes == 0 && r.bytes == 0) return "REJ";
    return is_unclear(o) ? "RSTRH" : "RSTR";
  }
  if (o.stage == Stage::Reset) {
    if (!is_unclear(r)) return "RSTO";
    return is_syn_then_reset(traffic.history) ? "RSTOS0" : "OTH";
  }
  if (o.stage == Stage::Fin && r.stage == Stage::Fin) return "SF";
  if (o.stage == Stage::Fin) return is_unclear(r) ? "SH" : "S2";
  if (r.stage == Stage::Fin) return is_unclear(o) ? "SHR" : "S3";
  if (o.stage == Stage::SynSent && r.stage == Stage::Unseen) return "S0";
  if (o.stage == Stage::Established && r.stage == Stage::Established)
    return "S1";
  return "OTH";
}

}  // namespace tcpstated
