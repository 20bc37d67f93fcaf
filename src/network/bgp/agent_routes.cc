#include "network/bgp/agent_routes.h"

#include <algorithm>

namespace nanika::network::bgp {

namespace {

using base::Result;

constexpr size_t kMostExceptions = 100;
/// The owner of routes that belong to no TrafficIP; a key of objects never has a space.
constexpr std::string_view kPrefixes = "source Prefix";

}  // namespace

void AgentRoutes::add_class(const std::vector<std::string>& names) {
  classes_[class_id(names, classes_)] = names;
}

RouteTable AgentRoutes::table_of(const std::set<base::IpPrefix>& prefixes) {
  RouteTable out;
  for (const base::IpPrefix& prefix : prefixes) {
    const auto names = book_.advertisements(prefix);
    if (names.empty()) continue;
    add_class(names);
    out[prefix] = class_id(names, classes_);
  }
  return out;
}

Result<void> AgentRoutes::configure(const AgentView& view) {
  SpeakerConfig config{.node = view.context.node->metadata.name,
                       .router_id = router_id_of(*view.context.node),
                       .peers = peers_.peers,
                       .classes = {}};
  for (const auto& [id, names] : classes_)
    config.classes.push_back(make_class(id, names, view.advertisements, view.peers));
  TRY(speaker_.configure(config));
  configured_classes_ = std::move(config.classes);
  return {};
}

Result<void> AgentRoutes::replace(const AgentView& view, PlannedPeers peers,
                                  const std::vector<std::shared_ptr<const api::TrafficIP>>& ips) {
  peers_ = std::move(peers);
  book_ = RouteBook();
  for (const auto& ip : ips) book_.set(ip->metadata.key(), routes_of(*ip, view.context));
  book_.set(std::string(kPrefixes), prefix_routes(view.context));
  // Classes of routes that still stand in the kernel stay known until those have moved.
  std::set<uint32_t> standing;
  for (const auto& [prefix, id] : table_) standing.insert(id);
  std::erase_if(classes_, [&](const auto& item) { return !standing.contains(item.first); });
  RouteTable wanted = table_of(book_.prefixes());
  TRY(configure(view));
  TRY(speaker_.sync_routes(wanted));
  table_ = std::move(wanted);
  configured_ = true;
  dirty_ = false;
  return {};
}

Result<void> AgentRoutes::update(const AgentView& view, const std::string& key,
                                 const api::TrafficIP* ip) {
  if (!configured_) return {};
  const auto touched =
      book_.set(key, ip != nullptr ? routes_of(*ip, view.context) : RouteSources{});
  const size_t known = classes_.size();
  const RouteTable wanted = table_of(touched);
  if (classes_.size() != known) TRY(configure(view));
  std::vector<RouteChange> changes;
  for (const base::IpPrefix& prefix : touched) {
    auto from = table_.find(prefix);
    auto to = wanted.find(prefix);
    RouteChange change{.prefix = prefix, .from = {}, .to = {}};
    if (from != table_.end()) change.from = from->second;
    if (to != wanted.end()) change.to = to->second;
    if (change.from != change.to) changes.push_back(change);
  }
  for (const RouteChange& change : changes) {
    if (change.to) {
      table_[change.prefix] = *change.to;
    } else {
      table_.erase(change.prefix);
    }
  }
  if (changes.empty() && !dirty_) return {};
  auto done = dirty_ ? speaker_.sync_routes(table_) : speaker_.change_routes(changes);
  dirty_ = !done.has_value();
  return done;
}

api::NetworkNodeStateStatus AgentRoutes::status(const std::vector<SessionState>& sessions) const {
  api::NetworkNodeStateStatus out;
  std::set<std::pair<std::string, Family>> established;
  for (const SessionState& session : sessions) {
    auto peer = std::ranges::find(peers_.peers, session.peer, &SpeakerPeer::name);
    if (peer == peers_.peers.end()) continue;
    for (const SpeakerFamily& family : peer->families) {
      api::PeerState state{.name = session.peer,
                           .state = session.state,
                           .since = {session.since},
                           .last_error = session.last_error};
      state.family = family.family == Family::kIPv4 ? api::Family::kIPv4 : api::Family::kIPv6;
      if (auto it = session.routes.find(family.family); it != session.routes.end()) {
        state.exported = it->second.first;
        state.imported = it->second.second;
      }
      if (session.state == "Established") established.emplace(session.peer, family.family);
      out.peers.push_back(std::move(state));
    }
  }
  for (const auto& [name, message] : peers_.rejected)
    out.peers.push_back({.name = name, .state = "Rejected", .last_error = message.substr(0, 256)});
  std::map<uint32_t, const RouteClass*> by_id;
  for (const RouteClass& route_class : configured_classes_) by_id[route_class.id] = &route_class;
  for (const auto& [prefix, id] : table_) {
    ++out.advertised.desired;
    auto it = by_id.find(id);
    const bool sent =
        it != by_id.end() && std::ranges::any_of(it->second->to_peers, [&](const auto& item) {
          return established.contains({item.first, prefix.family()});
        });
    out.advertised.sent += sent ? 1 : 0;
    if (sent || out.advertised.exceptions.size() >= kMostExceptions) continue;
    const bool host = prefix.length() == base::bits(prefix.family());
    const bool peered = it != by_id.end() && !it->second->to_peers.empty();
    out.advertised.exceptions.push_back({.address = host ? prefix.first().str() : prefix.str(),
                                         .reason = peered ? "NoEstablishedSession" : "NoPeer"});
  }
  return out;
}

}  // namespace nanika::network::bgp
