#include "network/bgp/status.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "network/bgp/plan.h"

namespace nanika::network::bgp {

namespace {

uint64_t number(const std::string& text) {
  uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

bool selects(const std::optional<api::LabelSelector>& selector,
             const std::map<std::string, std::string>& labels) {
  return !selector || selector->matches(labels);
}

api::Condition condition(std::string type, int64_t generation, std::string status,
                         std::string reason, std::string message) {
  return {.type = std::move(type),
          .status = std::move(status),
          .observed_generation = generation,
          .last_transition_time = {},
          .reason = std::move(reason),
          .message = std::move(message)};
}

/// What the nodes say of one peer.
struct PeerReport {
  int64_t established = 0;
  int64_t routes = 0;
  std::string rejected;  ///< "node-1: why"
  std::string last_error;
  size_t reporting = 0;
};

PeerReport collect(const api::BGPPeer& peer, const std::set<std::string>& nodes,
                   const NodeStates& states) {
  PeerReport out;
  for (const auto& state : states) {
    if (!nodes.contains(state->metadata.name)) continue;
    bool up = false, seen = false;
    for (const api::PeerState& p : state->status.peers) {
      if (p.name != peer.metadata.name) continue;
      seen = true;
      up = up || p.state == "Established";
      out.routes += p.exported;
      if (p.state == "Rejected" && out.rejected.empty())
        out.rejected = fmt::format("{}: {}", state->metadata.name, p.last_error);
      if (!p.last_error.empty()) out.last_error = p.last_error;
    }
    out.established += up ? 1 : 0;
    out.reporting += seen ? 1 : 0;
  }
  return out;
}

}  // namespace

api::BGPPeerStatus peer_status(const api::BGPPeer& peer,
                               const std::vector<std::shared_ptr<const api::Node>>& nodes,
                               const NodeStates& states) {
  const int64_t generation = peer.metadata.generation;
  std::set<std::string> selected;
  for (const auto& node : nodes)
    if (selects(peer.spec.node_selector, node->metadata.labels))
      selected.insert(node->metadata.name);
  const PeerReport report = collect(peer, selected, states);
  api::BGPPeerStatus out;
  out.observed_generation = generation;
  out.sessions = {.expected = static_cast<int64_t>(selected.size()),
                  .established = report.established};
  out.summary.sessions = fmt::format("{}/{}", report.established, selected.size());
  out.summary.peer =
      peer.spec.peer.address.empty() ? peer.spec.peer.interface : peer.spec.peer.address;
  out.summary.routes = fmt::format("{}", report.routes);
  out.summary.last_error = report.last_error.substr(0, 256);
  const bool all_up =
      !selected.empty() && report.established == static_cast<int64_t>(selected.size());
  if (!report.rejected.empty()) {
    out.conditions = {condition("Accepted", generation, "False", "Rejected", report.rejected)};
  } else if (selected.empty()) {
    out.conditions = {
        condition("Accepted", generation, "False", "NoNode", "spec.nodeSelector selects no node")};
  } else if (report.reporting == 0) {
    out.conditions = {condition("Accepted", generation, "Unknown", "NoAgent",
                                "no agent of a selected node has reported yet")};
  } else {
    out.conditions = {
        condition("Accepted", generation, "True", "Accepted", "the nodes took the configuration")};
  }
  out.conditions.push_back(condition(
      "Established", generation, all_up ? "True" : "False", all_up ? "Established" : "SessionsDown",
      all_up ? "every session is up"
             : fmt::format("{} of {} sessions are up{}{}", report.established, selected.size(),
                           report.last_error.empty() ? "" : "; last error: ", report.last_error)));
  return out;
}

api::Condition advertisement_condition(
    const api::RouteAdvertisement& advertisement,
    const std::vector<std::shared_ptr<const api::BGPPeer>>& peers) {
  const int64_t generation = advertisement.metadata.generation;
  if (auto good = check_advertisement(advertisement); !good)
    return condition("Accepted", generation, "False", "InvalidSpec", good.error().message);
  const bool any = std::ranges::any_of(peers, [&](const auto& peer) {
    return selects(advertisement.spec.peer_selector, peer->metadata.labels);
  });
  if (!any)
    return condition("Accepted", generation, "False", "NoPeer",
                     "spec.peerSelector selects no BGPPeer");
  return condition("Accepted", generation, "True", "Accepted", "it is valid and selects peers");
}

std::optional<api::Condition> advertised_condition(const AdvertisedQuestion& q,
                                                   const NodeStates& states) {
  const int64_t generation = q.ip.metadata.generation;
  const auto no = [&](std::string reason, std::string message) {
    return condition("Advertised", generation, "False", std::move(reason), std::move(message));
  };
  if (q.ip.status.addresses.empty()) return no("NotAllocated", "there is no address to announce");
  if (!q.selected) return no("NoAdvertisement", "no RouteAdvertisement selects it");
  if (!q.ready)
    return no("NoReadyEndpoints",
              "no endpoint of the target is ready; spec.advertiseWhen: Allocated would announce it "
              "all the same");
  if (q.announced_by.empty())
    return no("NoNode",
              "no node is to announce it: see spec.nodeSelector of the RouteAdvertisements");
  size_t sending = 0, reporting = 0;
  std::string problem;
  for (const auto& state : states) {
    if (std::ranges::find(q.announced_by, state->metadata.name) == q.announced_by.end()) continue;
    ++reporting;
    if (number(state->status.advertised.observed_revision) < number(q.ip.metadata.resource_version))
      return std::nullopt;
    const auto& exceptions = state->status.advertised.exceptions;
    auto it = std::ranges::find_if(exceptions, [&](const api::AdvertisedException& e) {
      return std::ranges::find(q.ip.status.addresses, e.address) != q.ip.status.addresses.end();
    });
    sending += it == exceptions.end() ? 1 : 0;
    if (it != exceptions.end())
      problem = fmt::format("{}: {} {}", state->metadata.name, it->address, it->reason);
  }
  if (reporting == 0)
    return no("NoAgent", "no agent of a node that is to announce it has reported yet");
  if (sending == 0) return no("NotSent", problem);
  return condition("Advertised", generation, "True", "Advertised",
                   fmt::format("announced by {} of {} nodes", sending, q.announced_by.size()));
}

}  // namespace nanika::network::bgp
