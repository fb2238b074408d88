// SPDX-License-Identifier: Apache-2.0
// Hostile requests through the real server, whole and one byte per segment, and
// mutants of good ones through the parser.
#include <gtest/gtest.h>

#include <random>

#include "http/request_head.hpp"
#include "unit/http/http_world.hpp"
#include "unit/http/request_catalogue.hpp"

namespace tcpstated {
namespace {

enum class Sending { Whole, Dripped };

struct CatalogueTest : HttpWorld, testing::WithParamInterface<Sending> {
  /// Sends the case and a good request; returns the statuses of the answers.
  std::vector<unsigned> try_out(const CatalogueCase& tried) {
    Client client(address());
    const std::string bytes = tried.request + std::string(kGood);
    if (GetParam() == Sending::Whole) {
      client.send(bytes);
    } else {
      for (const char& c : bytes) {
        if (client.send({&c, 1}) == 0) break;  // refused and closed
        settle();
      }
    }
    client.finish();
    EXPECT_TRUE(run_until_closed(client)) << tried.name;
    std::vector<unsigned> statuses;
    while (const auto answer = client.take_answer())
      statuses.push_back(answer->status);
    EXPECT_EQ(client.received(), "") << tried.name;
    return statuses;
  }
};

TEST_P(CatalogueTest, MalformedRequestsAreRefusedAndNothingBehindAnswered) {
  start();
  const auto cases = read_catalogue("malformed.txt");
  ASSERT_GE(cases.size(), 179U);
  for (const CatalogueCase& tried : cases)
    EXPECT_EQ(try_out(tried), tried.statuses) << tried.name;
  EXPECT_EQ(good, 0U);
  EXPECT_EQ(server->stats().malformed, cases.size());
  EXPECT_TRUE(run_until_connections(0));
}

TEST_P(CatalogueTest, StrangeRequestsThatAreRightAreAnswered) {
  start();
  const auto cases = read_catalogue("accepted.txt");
  ASSERT_GE(cases.size(), 50U);
  for (const CatalogueCase& tried : cases)
    EXPECT_EQ(try_out(tried), tried.statuses) << tried.name;
  EXPECT_EQ(server->stats().malformed, 0U);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, CatalogueTest,
                         testing::Values(Sending::Whole, Sending::Dripped),
                         [](const auto& sending) {
                           return sending.param == Sending::Whole ? "Whole"
                                                                  : "Dripped";
                         });

/// Breaks good requests in the ways parsers disagree about. The same ones in
/// every run.
class Mutator {
 public:
  explicit Mutator(std::vector<std::string> seeds) : seeds_(std::move(seeds)) {}

  std::string next() {
    std::string request = pick(seeds_);
    for (std::size_t changes = 1 + below(3); changes > 0; --changes)
      change(request);
    return request;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  template <typename List>
  typename List::value_type pick(const List& list) {
    return list[below(list.size())];
  }

  void change(std::string& request) {
    static constexpr std::array<std::string_view, 24> kPieces{
        "\r",
        "\n",
        "\r\n",
        " ",
        "\t",
        ":",
        ",",
        ";",
        "\"",
        std::string_view("\0", 1),
        "\x80",
        "%",
        "%00",
        "/",
        "?",
        "#",
        "http://",
        "Host: b\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 7\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:identity\r\n",
        "Expect: 100-continue\r\n",
        "HTTP/1.0"};
    const std::size_t at = below(request.size() + 1);
    const std::size_t length = std::min(below(20), request.size() - at);
    switch (below(6)) {
      case 0:
        request.insert(at, pick(kPieces));
        return;
      case 1:
        request.erase(at, length);
        return;
      case 2:
        request.insert(at, request.substr(at, length));
        return;
      case 3:
        request.insert(at, 1, static_cast<char>(random_()));
        return;
      case 4:
        if (at < request.size()) request[at] = static_cast<char>(random_());
        return;
      default:
        insert_line(request);
    }
  }

  /// A line of another request in front of one of this.
  void insert_line(std::string& request) {
    const std::string other = pick(seeds_);
    const auto lines = split(other, '\n');
    const std::size_t from = below(request.size() + 1);
    const std::size_t end = request.find('\n', from);
    request.insert(end == std::string::npos ? 0 : end + 1,
                   std::string(pick(lines)) + "\n");
  }

  std::vector<std::string> seeds_;
  std::mt19937 random_{20240229};
};

/// How often a field occurs, and its last value: written without regard to
/// the parser's ways.
struct Seen {
  std::size_t count = 0;
  std::string value;
};

Seen seen(std::string_view head, std::string_view name) {
  Seen found;
  for (const std::string_view line : split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon == line.npos || to_lower(trim(line.substr(0, colon))) != name)
      continue;
    ++found.count;
    found.value = trim(line.substr(colon + 1));
  }
  return found;
}

TEST(Mutants, AnAcceptedOneHasNothingASmugglerNeeds) {
  std::vector<std::string> seeds;
  for (const CatalogueCase& right : read_catalogue("accepted.txt"))
    if (right.request.size() < 400) seeds.push_back(right.request);
  Mutator mutator(seeds);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string bytes = mutator.next();
    const std::string_view received =
        std::string_view(bytes).substr(count_leading_line_ends(bytes));
    const auto end = find_head_end(received);
    if (!end) continue;
    ASSERT_LE(*end, received.size());
    const std::string_view bare = received.substr(0, *end);
    const auto parsed = parse_head(bare);
    if (!parsed) {
      ++refused;
      EXPECT_GE(parsed.error().status, 400U) << printable(bare, 2000);
      continue;
    }
    ++accepted;
    EXPECT_EQ(seen(bare, "transfer-encoding").count, 0U) << printable(bare);
    EXPECT_EQ(seen(bare, "expect").count, 0U) << printable(bare);
    const Seen length = seen(bare, "content-length");
    EXPECT_LE(length.count, 1U) << printable(bare);
    EXPECT_EQ(length.value.find_first_not_of('0'), std::string::npos)
        << printable(bare);
    const Seen host = seen(bare, "host");
    EXPECT_LE(host.count, 1U) << printable(bare);
    EXPECT_EQ(parsed->request.host, host.value) << printable(bare);
    EXPECT_TRUE(parsed->request.path.starts_with('/')) << printable(bare);
    EXPECT_TRUE(is_valid_utf8(parsed->request.path)) << printable(bare);
  }
  // Else the mutants are too tame, or too wild, to show anything.
  EXPECT_GT(accepted, 10'000U);
  EXPECT_GT(refused, 10'000U);
}

}  // namespace
}  // namespace tcpstated
