#include "network/bgp/bird_filter.h"

#include "network/bgp/bird_config.h"

namespace nanika::network::bgp {

namespace {

/// RFC 1997, RFC 3765, RFC 8326, RFC 7999.
std::string community(const std::string& text) {
  static const std::map<std::string, std::string> kWellKnown{
      {"no-export", "65535, 65281"},           {"no-advertise", "65535, 65282"},
      {"no-export-subconfed", "65535, 65283"}, {"no-peer", "65535, 65284"},
      {"graceful-shutdown", "65535, 0"},       {"blackhole", "65535, 666"}};
  if (auto it = kWellKnown.find(text); it != kWellKnown.end()) return it->second;
  const size_t colon = text.find(':');
  return fmt::format("{}, {}", text.substr(0, colon), text.substr(colon + 1));
}

std::string large_community(std::string text) {
  std::string out;
  for (char c : text) out += c == ':' ? std::string(", ") : std::string(1, c);
  return out;
}

void render_attributes(std::string& out, const SpeakerPeer& peer,
                       const RouteAttributes& attributes) {
  const bool internal = peer.peer_asn == peer.local_asn;
  for (const std::string& c : attributes.communities)
    out += fmt::format("    bgp_community.add(({}));\n", community(c));
  for (const std::string& c : attributes.large_communities)
    out += fmt::format("    bgp_large_community.add(({}));\n", large_community(c));
  if (peer.drain_graceful_shutdown)
    out += "    bgp_community.add((65535, 0));  # drain: GracefulShutdown\n";
  if (internal && peer.drain_graceful_shutdown) {
    out += "    bgp_local_pref = 0;\n";
  } else if (internal && attributes.local_pref) {
    out += fmt::format("    bgp_local_pref = {};\n", *attributes.local_pref);
  }
  if (attributes.med) out += fmt::format("    bgp_med = {};\n", *attributes.med);
  for (int i = 0; !internal && i < attributes.prepend; ++i)
    out += fmt::format("    bgp_path.prepend({});\n", peer.local_asn);
}

}  // namespace

void render_import_filter(std::string& out, const SpeakerPeer& peer) {
  if (peer.import.empty()) return;
  out += fmt::format("filter {}_in {{\n", bird_protocol_name(peer.name));
  for (const Family family : {Family::kIPv4, Family::kIPv6}) {
    std::string set;
    for (const ImportRule& rule : peer.import) {
      if (rule.prefix.family() != family) continue;
      if (!set.empty()) set += ", ";
      set += rule.prefix.str();
      if (rule.max_length > rule.prefix.length())
        set += fmt::format("{{{},{}}}", rule.prefix.length(), rule.max_length);
    }
    if (set.empty()) continue;
    const std::string_view type = family == Family::kIPv4 ? "NET_IP4" : "NET_IP6";
    out += fmt::format("  if net.type = {} then if net ~ [ {} ] then accept;\n", type, set);
  }
  out += "  reject;\n}\n";
}

void render_export_filter(std::string& out, const SpeakerPeer& peer,
                          const std::vector<RouteClass>& classes) {
  out += fmt::format("filter {}_out {{\n", bird_protocol_name(peer.name));
  out += "  if proto != \"nanika4\" && proto != \"nanika6\" then reject;\n";
  for (const RouteClass& route_class : classes) {
    auto it = route_class.to_peers.find(peer.name);
    if (it == route_class.to_peers.end() || peer.drain_withdraw) continue;
    out += fmt::format("  if krt_metric = {} then {{  # RouteAdvertisement {}\n", route_class.id,
                       fmt::join(route_class.advertisements, ", "));
    render_attributes(out, peer, it->second);
    out += "    accept;\n  }\n";
  }
  out += peer.drain_withdraw ? "  reject;  # drain: Withdraw\n}\n" : "  reject;\n}\n";
}

}  // namespace nanika::network::bgp
