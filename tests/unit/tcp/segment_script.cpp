// SPDX-License-Identifier: Apache-2.0
#include "fakes/segment_script.hpp"

namespace tcpstated {

std::string SegmentScript::play(std::string_view script) {
  for (const std::string_view step : split(script, ';')) {
    const auto parts = split(step, '|');
    const std::string plain = blanks_for_commas(parts[0]);
    const auto words = split_words(plain);
    if (words.empty() && parts.size() == 1) continue;
    if (!words.empty()) {
      const std::string problem = run(words);
      if (!problem.empty()) return problem + " in: " + std::string(step);
    }
    if (parts.size() > 1 && !is_as(split_words(parts[1])))
      return std::string(trim(step)) + " <- but is: " + states();
  }
  return "";
}

std::string SegmentScript::blanks_for_commas(std::string_view text) {
  std::string blanks(text);
  for (char& c : blanks)
    if (c == ',' || c == '\n') c = ' ';
  return blanks;
}

std::string SegmentScript::describe(std::size_t host) const {
  const Known& known = known_[host];
  const bool sure =
      known.state == TcpState::Closed || known.quality >= Quality::Confirmed;
  return std::string(info(known.state).rfc_name) + (sure ? "" : "?");
}

bool SegmentScript::is_as(const std::vector<std::string_view>& wanted) const {
  for (std::size_t host = 0; host < 2; ++host) {
    if (wanted.size() != 2) return false;
    std::string_view word = wanted[host];
    const std::string is = describe(host);
    if (word.ends_with('?') != is.ends_with('?')) return false;
    if (word.ends_with('?')) word.remove_suffix(1);
    if (parse_state(word) != known_[host].state) return false;
  }
  return true;
}

std::string SegmentScript::run(const std::vector<std::string_view>& words) {
  if (words[0].starts_with('+')) return pass_time(words[0].substr(1));
  now_ += std::chrono::milliseconds(2);
  if (words[0] == "icmp") {
    const std::size_t host = words[1] == "C" ? 0 : 1;
    model_.observe(HardError{.from = endpoint(host),
                             .to = endpoint(1 - host),
                             .seq = hosts_[host].last.seq,
                             .at = now_},
                   changes_);
    note_changes();
    return "";
  }
  if (words[0] != "C>S" && words[0] != "S>C") return "no such step";
  return send(words);
}

std::string SegmentScript::pass_time(std::string_view text) {
  const bool milli = text.ends_with("ms");
  text.remove_suffix(milli ? 2 : 1);
  const auto count = parse_number<std::int64_t>(text);
  if (!count) return "no such time";
  now_ += milli ? Duration(std::chrono::milliseconds(*count))
                : Duration(std::chrono::seconds(*count));
  model_.expire(now_, changes_);
  note_changes();
  return "";
}

std::string SegmentScript::send(const std::vector<std::string_view>& words) {
  std::string problem;
  const auto line = ScriptLine::parse(words, problem);
  if (!line) return "no such word: " + problem;
  Host& from = hosts_[line->sender];
  Host& to = hosts_[1 - line->sender];
  if (line->isn) from = anew(*line->isn, from);
  Segment s = compose(*line, from, to.isn);
  s.from = endpoint(line->sender);
  s.to = endpoint(1 - line->sender);
  if (!line->unseen) capture(s);
  if (line->dup) {
    now_ += std::chrono::microseconds(20);
    s.at = now_;
    capture(s);
  }
  if (!line->lost) arrive(s, to);
  note_changes();
  return "";
}

Segment SegmentScript::compose(const ScriptLine& line, Host& from,
                               Seq peer_isn) const {
  Segment s = line.segment;
  s.seq = s.flags.syn ? from.isn : from.next;
  if (line.again) {
    s.flags = from.last.flags;
    s.payload = from.last.payload;
    s.seq = from.last.seq;
  }
  if (!s.flags.syn && !s.flags.rst) s.flags.ack = !line.no_ack;
  if (s.flags.ack) s.ack = from.expects;
  if (line.seq) s.seq = line.seq->resolve(from.isn, s.seq);
  if (line.ack) s.ack = line.ack->resolve(peer_isn, s.ack);
  if (s.options.has_sack) s.options.sack_edge = peer_isn + line.sack;
  from.window = line.window.value_or(from.window);
  s.window = from.window;
  s.ip_id = line.ip_id.value_or(from.next_ip_id++);
  s.at = now_;
  if (!s.flags.rst) from.next = latest(from.next, s.end());
  from.last = s;
  return s;
}

SegmentScript::Host SegmentScript::anew(std::uint32_t isn, const Host& old) {
  Host fresh;
  fresh.isn = fresh.next = {isn};
  fresh.expects = old.expects;
  fresh.next_ip_id = old.next_ip_id;
  return fresh;
}

void SegmentScript::arrive(const Segment& s, Host& to) {
  if (s.flags.rst) return;
  if (s.flags.syn)
    to.expects = s.end();
  else if (s.end() != s.seq)
    to.early[s.seq.raw] = s.end();
  for (auto it = to.early.begin(); it != to.early.end();) {
    if (Seq{it->first}.after(to.expects)) {
      ++it;
      continue;
    }
    to.expects = latest(to.expects, it->second);
    to.early.erase(it);
    it = to.early.begin();
  }
}

void SegmentScript::note_changes() {
  for (; noted_ < changes_.size(); ++noted_) {
    const EndpointChange& change = changes_[noted_];
    known_[change.tuple.local == endpoint(0) ? 0 : 1] = {change.to,
                                                         change.quality};
  }
}

}  // namespace tcpstated
