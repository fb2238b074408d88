// SPDX-License-Identifier: Apache-2.0
#include "engine/view_comparison.hpp"

#include <utility>

namespace tcpstated {

void ViewComparison::add(const StateChange& row, const TcpModel& model) {
  if (row.socket.protocol != Protocol::Tcp || row.to == TcpState::Listen ||
      row.tuple.netns != 0)
    return;
  const auto end = model.find(row.tuple);
  // What is only guessed disagrees with nobody.
  if (!end || end->quality == Quality::Unknown || end->state == row.to) return;
  Disagreement found{.kernel = row.to, .inferred = end->state, .first = row.at};
  if (const auto before = known_.find(row.socket.cookie);
      before != known_.end() && before->second.kernel == found.kernel &&
      before->second.inferred == found.inferred)
    found = before->second;
  if (!found.counted && row.at - found.first >= kGuard) {
    ++counts_[{found.kernel, found.inferred}];
    found.counted = true;
  }
  now_[row.socket.cookie] = found;
}

void ViewComparison::end(bool complete) {
  if (complete)
    known_ = std::move(now_);
  else
    known_.merge(now_);
  now_.clear();
}

}  // namespace tcpstated
