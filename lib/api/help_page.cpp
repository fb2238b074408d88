// SPDX-License-Identifier: Apache-2.0
// The page `/help`.
#include <fmt/format.h>

#include "api/connection_query.hpp"
#include "api/routes.hpp"
#include "api/text_table.hpp"
#include "leak/judge.hpp"

namespace tcpstated {
namespace {

std::string paths(const std::vector<Route>& routes, const std::string& host) {
  TextTable table({{"ASK"}, {"ANSWERS"}});
  for (const Route& route : routes)
    table.add({fmt::format("curl {}{}{}",
                           route.method == HttpMethod::Post ? "-X POST " : "",
                           host, route.path),
               std::string(route.summary)});
  return table.to_string();
}

std::string parameters() {
  TextTable table({{"PARAMETER"}, {"CONNECTIONS"}, {"EXPECTS"}});
  for (const ListingParameter& parameter : listing_parameters())
    table.add(
        {fmt::format("{}={}", parameter.name, parameter.example),
         std::string(parameter.help),
         std::string(parameter.expects) + (parameter.once ? " (once)" : "")});
  return table.to_string();
}

std::string causes() {
  TextTable table({{"WHY"}, {"MEANS"}});
  for (const LeakCauseInfo& cause : kLeakCauses)
    table.add({std::string(cause.label), std::string(cause.meaning)});
  return table.to_string();
}

}  // namespace

std::string help_page(const std::vector<Route>& routes,
                      const std::string& host) {
  return "tcpstated knows the state of every TCP connection of this host, and "
         "who forgot\nto close one.\n\n" +
         paths(routes, host) + "\nPages answer JSON with ?format=json or " +
         "-H 'Accept: application/json', the API\nanswers text with "
         "?format=text.\n\n/connections takes these, repeated for \"or\":\n" +
         parameters() + "\nWhy a socket is in close_wait:\n" + causes();
}

}  // namespace tcpstated
