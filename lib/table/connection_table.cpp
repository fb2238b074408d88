// SPDX-License-Identifier: Apache-2.0
#include "table/connection_table.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <memory>
#include <utility>

namespace tcpstated {
namespace {

struct Row {
  Connection connection;
  std::uint64_t generation = 0;  ///< of the last snapshot that mentioned it
};

/// Rows without a gap, in the order in which they came, which is the order in
/// which the next snapshot mentions them: memory is read from front to back.
/// Grows by blocks, so that growing neither copies nor needs twice the memory.
class RowStore {
 public:
  [[nodiscard]] Row& operator[](std::uint32_t at) const {
    return blocks_[at / kBlock][at % kBlock];
  }
  [[nodiscard]] std::uint32_t size() const { return size_; }

  std::uint32_t push_back(const Row& row) {
    if (size_ == blocks_.size() * kBlock)
      blocks_.push_back(std::make_unique<Row[]>(kBlock));
    (*this)[size_] = row;
    return size_++;
  }
  void pop_back() {
    --size_;
    // One spare block: a table that breathes does not allocate at each breath.
    while (blocks_.size() * kBlock >= size_ + 2 * kBlock) blocks_.pop_back();
  }

 private:
  static constexpr std::uint32_t kBlock = 256;
  std::vector<std::unique_ptr<Row[]>> blocks_;
  std::uint32_t size_ = 0;
};

/// An index into a RowStore is hashed and compared as the key of that row.
struct HashByKey {
  using is_transparent = void;
  using is_avalanching = void;
  const RowStore* rows = nullptr;
  SocketKeyHash hash;

  std::size_t operator()(const SocketKey& key) const { return hash(key); }
  std::size_t operator()(std::uint32_t at) const {
    return hash((*rows)[at].connection.key());
  }
};
struct EqualByKey {
  using is_transparent = void;
  const RowStore* rows = nullptr;

  bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
  bool operator()(const SocketKey& key, std::uint32_t at) const {
    return (*rows)[at].connection.key() == key;
  }
  bool operator()(std::uint32_t at, const SocketKey& key) const {
    return (*this)(key, at);
  }
};

/// Rows a flood of half-open or closing sockets may not take: the last quarter
/// is for what the daemon exists for.
bool is_precious(TcpState state) {
  return state == TcpState::CloseWait || state == TcpState::Listen;
}

}  // namespace

struct ConnectionTable::Impl {
  TableOptions options;
  RowStore rows;
  boost::unordered_flat_set<std::uint32_t, HashByKey, EqualByKey> index;
  std::uint32_t next = 0;  ///< the row that a snapshot probably mentions next
  std::uint64_t generation = 0;
  std::uint64_t refused = 0;

  Impl(const TableOptions& limits, std::uint64_t seed)
      : options(limits), index(0, HashByKey{&rows, {seed}}, {&rows}) {}

  /// The kernel walks its table in one order, so the row after the last one is
  /// nearly always the right one and the index stays out of the cache.
  std::optional<std::uint32_t> locate(const SocketKey& key) {
    if (next >= rows.size() || rows[next].connection.key() != key) {
      const auto found = index.find(key);
      if (found == index.end()) return std::nullopt;
      next = *found;
    }
    return next++;
  }

  /// The last row takes the place of the one that goes.
  void erase(std::uint32_t at) {
    const std::uint32_t last = rows.size() - 1;
    index.erase(at);
    if (at != last) {
      index.erase(last);
      rows[at] = rows[last];
      index.insert(at);
    }
    rows.pop_back();
  }

  /// An event that was delivered after a later look at the same socket.
  static bool is_overtaken(const Connection& known, const StateChange& change) {
    return change.quality == known.quality && change.at < known.last_seen;
  }

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
    const Row row{first_sight(change), generation};
    index.insert(rows.push_back(row));
    return Transition{.now = row.connection, .from = TcpState::Closed};
  }

  std::optional<Transition> update(Row& row, const StateChange& change) {
    row.generation = generation;
    Connection& known = row.connection;
    if (change.quality < known.quality) return std::nullopt;
    if (is_overtaken(known, change)) {
      if (change.is_moment && known.state == change.to)
        known.since = since_bounds(change);
      return std::nullopt;
    }
    known.quality = change.quality;
    known.last_seen = change.at;
    known.socket = change.socket;
    if (known.state == change.to) {
      if (change.is_moment)
        known.since = since_bounds(change);
      else
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
    : impl_(std::make_unique<Impl>(options, hash_seed)) {}

ConnectionTable::~ConnectionTable() = default;

std::optional<Transition> ConnectionTable::apply(const StateChange& change) {
  const auto at = impl_->locate(change.key());
  if (!at) return impl_->insert(change);
  if (change.to != TcpState::Closed)
    return impl_->update(impl_->rows[*at], change);
  if (Impl::is_overtaken(impl_->rows[*at].connection, change))
    return std::nullopt;
  Transition gone{.now = impl_->rows[*at].connection};
  gone.from = std::exchange(gone.now.state, TcpState::Closed);
  gone.now.since = {.latest = change.at};
  impl_->erase(*at);
  return gone;
}

void ConnectionTable::begin_snapshot() {
  ++impl_->generation;
  impl_->next = 0;
}

void ConnectionTable::end_snapshot(Instant at, bool complete,
                                   std::vector<Transition>& closed) {
  if (!complete) return;
  for (std::uint32_t i = 0; i < impl_->rows.size();) {
    const Row& row = impl_->rows[i];
    if (row.generation == impl_->generation ||
        row.connection.tuple.netns != 0) {
      ++i;
      continue;
    }
    Transition gone{.now = row.connection, .from = row.connection.state};
    gone.now.state = TcpState::Closed;
    gone.now.since = {.latest = at};
    closed.push_back(gone);
    impl_->erase(i);  // another row is at `i` now
  }
}

const Connection* ConnectionTable::find(const SocketKey& key) const {
  const auto found = impl_->index.find(key);
  return found == impl_->index.end() ? nullptr
                                     : &impl_->rows[*found].connection;
}

void ConnectionTable::visit(
    const std::function<void(const Connection&)>& visitor) const {
  for (std::uint32_t i = 0; i < impl_->rows.size(); ++i)
    visitor(impl_->rows[i].connection);
}

std::size_t ConnectionTable::size() const { return impl_->rows.size(); }

std::size_t ConnectionTable::capacity() const {
  return impl_->options.max_connections;
}

std::uint64_t ConnectionTable::refused() const { return impl_->refused; }

}  // namespace tcpstated
