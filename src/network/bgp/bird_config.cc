#include "network/bgp/bird_config.h"

#include <algorithm>

#include "network/bgp/bird_filter.h"

namespace nanika::network::bgp {

namespace {

using base::Code;
using base::fail;
using base::Result;

void render_header(std::string& out, const SpeakerConfig& config, const BirdPaths& paths) {
  out += fmt::format(
      "# Written by nanika for node {}: changes here are overwritten. Its sources: kubectl get "
      "bgppeers,routeadvertisements\n"
      "router id {};\n"
      "timeformat protocol iso long ms;\n"
      "watchdog warning 5 s;\n"
      "\n"
      "protocol device {{}}\n"
      "\n"
      "# Routes come through kernel table {}, which nothing else uses; a route's metric is its "
      "class.\n"
      "protocol kernel nanika4 {{\n"
      "  kernel table {};\n"
      "  learn;\n"
      "  persist;\n"
      "  scan time 30;\n"
      "  netlink rx buffer 67108864;\n"
      "  ipv4 {{ import all; export none; }};\n"
      "}}\n"
      "protocol kernel nanika6 {{\n"
      "  kernel table {};\n"
      "  learn;\n"
      "  persist;\n"
      "  scan time 30;\n"
      "  netlink rx buffer 67108864;\n"
      "  ipv6 {{ import all; export none; }};\n"
      "}}\n",
      config.node, config.router_id.str(), paths.kernel_table, paths.kernel_table,
      paths.kernel_table);
}

void render_bfd(std::string& out, const SpeakerConfig& config) {
  if (std::ranges::none_of(config.peers, [](const SpeakerPeer& p) { return p.bfd.has_value(); }))
    return;
  out += "\nprotocol bfd {}\n";
}

std::string family_keyword(Family family) {
  return family == Family::kIPv4 ? "ipv4" : "ipv6";
}

void render_channel(std::string& out, const SpeakerPeer& peer, const SpeakerFamily& family) {
  const std::string name = bird_protocol_name(peer.name);
  out += fmt::format("  {} {{\n", family_keyword(family.family));
  out +=
      peer.import.empty() ? "    import none;\n" : fmt::format("    import filter {}_in;\n", name);
  if (family.max_prefixes > 0)
    out +=
        fmt::format("    receive limit {} action {};\n", family.max_prefixes, family.limit_action);
  out += fmt::format("    export filter {}_out;\n", name);
  out += "    next hop self;\n";
  out += "  };\n";
}

void render_session(std::string& out, const SpeakerPeer& peer) {
  const bool direct = peer.multihop == 0;
  out += fmt::format("protocol bgp {} {{\n", bird_protocol_name(peer.name));
  out += fmt::format("  description \"BGPPeer {}\";\n", peer.name);
  if (peer.source) {
    out += fmt::format("  local {} as {};\n", peer.source->str(), peer.local_asn);
  } else {
    out += fmt::format("  local as {};\n", peer.local_asn);
  }
  const std::string zone = peer.interface.empty() ? "" : fmt::format("%'{}'", peer.interface);
  out += fmt::format("  neighbor {}{} port {} as {};\n", peer.address.str(), zone, peer.port,
                     peer.peer_asn);
  out += direct ? "  direct;\n" : fmt::format("  multihop {};\n", peer.multihop);
  if (peer.ttl_security) out += "  ttl security yes;\n";
  if (peer.passive) out += "  passive yes;\n";
  if (!peer.password.empty()) out += fmt::format("  password \"{}\";\n", peer.password);
  out += fmt::format("  hold time {};\n  keepalive time {};\n", peer.hold_seconds,
                     peer.keepalive_seconds);
  // The first attempt waits as long as "connect delay time": five seconds unless told otherwise.
  out += fmt::format("  connect delay time 1;\n  connect retry time {};\n",
                     peer.connect_retry_seconds);
  out +=
      fmt::format("  error wait time 1, {};\n", std::max<int64_t>(peer.connect_retry_seconds, 1));
  if (peer.graceful_restart_seconds)
    out += fmt::format("  graceful restart yes;\n  graceful restart time {};\n",
                       *peer.graceful_restart_seconds);
  if (peer.bfd)
    out +=
        fmt::format("  bfd {{ min rx interval {} ms; min tx interval {} ms; multiplier {}; }};\n",
                    peer.bfd->receive_ms, peer.bfd->transmit_ms, peer.bfd->multiplier);
  for (const SpeakerFamily& family : peer.families) render_channel(out, peer, family);
  out += "}\n";
}

}  // namespace

std::string bird_protocol_name(const std::string& peer) {
  // Names of objects have letters, digits, '-' and '.'; BIRD's symbols have letters, digits and
  // '_'. A name that is too long for BIRD ends in a hash, so that two never meet.
  std::string out = "peer_";
  for (char c : peer) {
    if (c == '-') {
      out += '_';
    } else if (c == '.') {
      out += "_dot_";
    } else {
      out += c;
    }
  }
  constexpr size_t kLongest = 56;  // room for "_out"
  if (out.size() <= kLongest) return out;
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (unsigned char c : peer) hash = (hash ^ c) * 0x100000001b3;
  return fmt::format("{}_{:016x}", out.substr(0, kLongest - 17), hash);
}

Result<void> check_peer(const SpeakerPeer& peer) {
  for (unsigned char c : peer.password) {
    if (c == '"' || c == '\\' || c < 0x20 || c == 0x7f)
      return fail(Code::kInvalid,
                  "the password has a quote, a backslash or a control character, which BIRD cannot "
                  "express: "
                  "choose another one on both sides");
  }
  if (peer.password.size() > 80)
    return fail(Code::kInvalid, "the password has {} bytes: TCP MD5 takes at most 80",
                peer.password.size());
  if (peer.multihop > 0 && !peer.interface.empty())
    return fail(Code::kInvalid, "spec.multihop and a link-local address exclude each other");
  if (peer.bfd && peer.multihop > 0 && !peer.source)
    return fail(Code::kInvalid, "BFD over several hops needs spec.source.address");
  if (peer.families.empty()) return fail(Code::kInvalid, "spec.families is empty");
  return {};
}

Result<std::string> render_bird_config(const SpeakerConfig& config, const BirdPaths& paths) {
  std::string out;
  render_header(out, config, paths);
  render_bfd(out, config);
  for (const SpeakerPeer& peer : config.peers) {
    TRY(base::in_context(check_peer(peer), fmt::format("BGPPeer {}", peer.name)));
    out += fmt::format("\n# BGPPeer {}\n", peer.name);
    render_import_filter(out, peer);
    render_export_filter(out, peer, config.classes);
    render_session(out, peer);
  }
  return out;
}

}  // namespace nanika::network::bgp
