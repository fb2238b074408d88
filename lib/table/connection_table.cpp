// SPDX-License-Identifier: Apache-2.0
#include "table/connection_table.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

namespace tcpstated {
namespace {

struct Row {
  Connection connection;
  std::uint64_t generation = 0;  ///< of the last snapshot that mentioned it
};

/// Rows a flood of half-open or closing sockets may not take: the last quarter
/// is for what the daemon exists for.
bool is_precious(TcpState state) {
  return state == TcpState::CloseWait || state == TcpState::Listen;
}

}  // namespace

struct ConnectionTable::Impl {
  TableOptions options;
  // Values on the heap: a growing map then moves pointers, not 250-byte rows.
  boost::unordered_flat_map<SocketKey, std::unique_ptr<Row>, SocketKeyHash>
      rows;
  std::uint64_t generation = 0;
  std::uint64_t refused = 0;

  [[nodiscard]] bool has_room(TcpState state) const {
    const std::size_t limit = is_precious(state)
                                  ? options.max_connections
                                  : options.max_connections / 4 * 3;
    return rows.size() < limit;
  }

  static Connection first_sight(const StateChange& change) {
    return {.id = change.socket.cookie,
            .tuple = change.tuple,
            .state = change.to,
            .quality = change.quality,
            .since = since_bounds(change),
            .first_seen = change.at,
            .last_seen = change.at,
            .socket = change.socket};
  }

  std::optional<Transition> insert(const StateChange& change) {
    if (change.to == TcpState::Closed) return std::nullopt;
    if (!has_room(change.to)) {
      ++refused;
      return std::nullopt;
    }
    auto row = std::make_unique<Row>(Row{first_sight(change), generation});
    const Connection connection = row->connection;
    rows.emplace(change.key(), std::move(row));
    return Transition{.now = connection, .from = TcpState::Closed};
  }

  std::optional<Transition> update(Row& row, const StateChange& change) {
    row.generation = generation;
    Connection& known = row.connection;
    if (change.quality < known.quality) return std::nullopt;
    known.quality = change.quality;
    known.last_seen = change.at;
    known.socket = change.socket;
    if (known.state == change.to) {
      known.since.narrow(since_bounds(change));
      return std::nullopt;
    }
    const TcpState from = std::exchange(known.state, change.to);
    known.since = since_bounds(change);
    return Transition{.now = known, .from = from};
  }
};

ConnectionTable::ConnectionTable(const TableOptions& options,
                                 std::uint64_t hash_seed)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  impl_->rows = decltype(impl_->rows)(0, SocketKeyHash{hash_seed});
}

ConnectionTable::~ConnectionTable() = default;

std::optional<Transition> ConnectionTable::apply(const StateChange& change) {
  const auto found = impl_->rows.find(change.key());
  if (found == impl_->rows.end()) return impl_->insert(change);
  if (change.to != TcpState::Closed)
    return impl_->update(*found->second, change);
  Transition gone{.now = found->second->connection};
  gone.from = std::exchange(gone.now.state, TcpState::Closed);
  gone.now.since = {.latest = change.at};
  impl_->rows.erase(found);
  return gone;
}

void ConnectionTable::begin_snapshot() { ++impl_->generation; }

void ConnectionTable::end_snapshot(Instant at, bool complete,
                                   std::vector<Transition>& closed) {
  if (!complete) return;
  boost::unordered::erase_if(impl_->rows, [&](const auto& entry) {
    const Row& row = *entry.second;
    if (row.generation == impl_->generation) return false;
    Transition gone{.now = row.connection, .from = row.connection.state};
    gone.now.state = TcpState::Closed;
    gone.now.since = {.latest = at};
    closed.push_back(gone);
    return true;
  });
}

const Connection* ConnectionTable::find(const SocketKey& key) const {
  const auto found = impl_->rows.find(key);
  return found == impl_->rows.end() ? nullptr : &found->second->connection;
}

void ConnectionTable::visit(
    const std::function<void(const Connection&)>& visitor) const {
  for (const auto& [key, row] : impl_->rows) visitor(row->connection);
}

std::size_t ConnectionTable::size() const { return impl_->rows.size(); }

std::size_t ConnectionTable::capacity() const {
  return impl_->options.max_connections;
}

std::uint64_t ConnectionTable::refused() const { return impl_->refused; }

}  // namespace tcpstated
