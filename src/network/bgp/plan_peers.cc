#include <algorithm>
#include <charconv>

#include "network/bgp/bird_config.h"
#include "network/bgp/plan.h"

namespace nanika::network::bgp {

namespace {

using base::Code;
using base::fail;
using base::IpAddress;
using base::Result;

int64_t seconds(const api::Duration& d) {
  return std::chrono::duration_cast<std::chrono::seconds>(d.value).count();
}
int64_t millis(const api::Duration& d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d.value).count();
}

/// AS 0 (RFC 7607), AS_TRANS (RFC 6793), the last ones (RFC 7300).
Result<void> check_asn(std::string_view field, int64_t asn) {
  for (const int64_t reserved : {int64_t{0}, int64_t{23456}, int64_t{65535}, int64_t{4294967295}})
    if (asn == reserved) return fail(Code::kInvalid, "{}: {} is a reserved AS number", field, asn);
  if (asn < 0 || asn > 4294967295)
    return fail(Code::kInvalid, "{}: {} does not fit 32 bits", field, asn);
  return {};
}

int64_t local_asn_of(const api::Node& node, const api::BGPPeer& peer) {
  auto it = node.metadata.annotations.find("network.nanika.dev/asn");
  if (it == node.metadata.annotations.end()) return peer.spec.local_asn;
  int64_t out = 0;
  const auto [end, error] =
      std::from_chars(it->second.data(), it->second.data() + it->second.size(), out);
  return error == std::errc() && end == it->second.data() + it->second.size() ? out : 0;
}

Result<void> plan_endpoint(const api::BGPPeerSpec& spec, SpeakerPeer& out) {
  if (spec.peer.type != api::PeerType::kAddress)
    return fail(Code::kUnsupported, "spec.peer.type: {} is not served yet: use Address",
                api::name_of(spec.peer.type));
  out.address = TRY(base::in_context(IpAddress::parse(spec.peer.address), "spec.peer.address"));
  if (out.address.is_multicast() || out.address.is_unspecified())
    return fail(Code::kInvalid, "spec.peer.address: {} is no router's address", spec.peer.address);
  out.interface = spec.peer.interface;
  if (out.address.is_link_local() && out.interface.empty())
    return fail(Code::kInvalid, "spec.peer.interface: a link-local address needs its interface");
  out.port = spec.peer.port;
  if (spec.source && !spec.source->interface.empty())
    return fail(Code::kUnsupported,
                "spec.source.interface is not served yet: use spec.source.address");
  if (spec.source && !spec.source->address.empty()) {
    out.source =
        TRY(base::in_context(IpAddress::parse(spec.source->address), "spec.source.address"));
    if (out.source->family() != out.address.family())
      return fail(Code::kInvalid,
                  "spec.source.address and spec.peer.address are of different families");
  }
  return {};
}

Result<void> plan_timers(const api::BGPPeerSpec& spec, SpeakerPeer& out) {
  out.hold_seconds = seconds(spec.timers.hold_time);
  out.keepalive_seconds = seconds(spec.timers.keepalive_time);
  out.connect_retry_seconds = std::max<int64_t>(seconds(spec.timers.connect_retry_time), 1);
  if (out.hold_seconds != 0 && out.hold_seconds < 3)
    return fail(Code::kInvalid, "spec.timers.holdTime: 0s or at least 3s (RFC 4271)");
  if (out.hold_seconds > 65535) return fail(Code::kInvalid, "spec.timers.holdTime: at most 65535s");
  if (out.hold_seconds != 0 && out.keepalive_seconds > out.hold_seconds)
    return fail(Code::kInvalid, "spec.timers.keepaliveTime: longer than holdTime");
  out.keepalive_seconds = std::max<int64_t>(out.keepalive_seconds, 1);
  if (spec.graceful_restart)
    out.graceful_restart_seconds = seconds(spec.graceful_restart->restart_time);
  if (out.graceful_restart_seconds && *out.graceful_restart_seconds > 4095)
    return fail(Code::kInvalid, "spec.gracefulRestart.restartTime: at most 4095s (RFC 4724)");
  if (spec.bfd) {
    out.bfd = SpeakerBfd{.receive_ms = millis(spec.bfd->min_receive_interval),
                         .transmit_ms = millis(spec.bfd->min_transmit_interval),
                         .multiplier = spec.bfd->detect_multiplier};
    if (out.bfd->receive_ms < 10 || out.bfd->transmit_ms < 10)
      return fail(Code::kInvalid, "spec.bfd: intervals are at least 10ms");
  }
  return {};
}

std::string limit_action(api::LimitAction action) {
  std::string out(api::name_of(action));
  out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

void plan_families(const api::BGPPeerSpec& spec, SpeakerPeer& out) {
  if (spec.families.empty()) out.families = {{.family = out.address.family()}};
  for (const api::PeerFamily& f : spec.families) {
    SpeakerFamily family{.family = f.family == api::Family::kIPv4 ? Family::kIPv4 : Family::kIPv6};
    if (f.max_prefixes) {
      family.max_prefixes = f.max_prefixes->limit;
      family.limit_action = limit_action(f.max_prefixes->action);
    }
    out.families.push_back(family);
  }
}

Result<void> plan_import(const api::PeerImport& import, SpeakerPeer& out) {
  if (import.mode == api::ImportMode::kDefault) {
    out.import = {{.prefix = base::IpPrefix(IpAddress(Family::kIPv4, 0), 0)},
                  {.prefix = base::IpPrefix(IpAddress(Family::kIPv6, 0), 0)}};
  } else if (import.mode == api::ImportMode::kPrefixes) {
    for (size_t i = 0; i < import.prefixes.size(); ++i) {
      const std::string where = fmt::format("spec.import.prefixes[{}].cidr", i);
      ImportRule rule{
          .prefix = TRY(base::in_context(base::IpPrefix::parse(import.prefixes[i].cidr), where)),
          .max_length = import.prefixes[i].max_length};
      if (rule.max_length > base::bits(rule.prefix.family()))
        return fail(Code::kInvalid, "spec.import.prefixes[{}].maxLength: at most {}", i,
                    base::bits(rule.prefix.family()));
      out.import.push_back(rule);
    }
  }
  return {};
}

Result<SpeakerPeer> plan_peer(const api::Node& node, const api::BGPPeer& peer,
                              const Passwords& passwords) {
  SpeakerPeer out{.name = peer.metadata.name};
  const api::BGPPeerSpec& spec = peer.spec;
  out.peer_asn = spec.peer_asn;
  out.local_asn = local_asn_of(node, peer);
  TRY(check_asn("spec.peerASN", out.peer_asn));
  TRY(check_asn("spec.localASN", out.local_asn));
  TRY(plan_endpoint(spec, out));
  TRY(plan_timers(spec, out));
  plan_families(spec, out);
  TRY(plan_import(spec.import, out));
  out.multihop = spec.multihop;
  out.ttl_security = spec.ttl_security;
  out.passive = spec.passive;
  out.drain_graceful_shutdown = spec.drain == api::PeerDrain::kGracefulShutdown;
  out.drain_withdraw = spec.drain == api::PeerDrain::kWithdraw;
  if (spec.password_secret_ref) {
    auto it = passwords.find(password_key(*spec.password_secret_ref));
    if (it == passwords.end()) return fail(Code::kNotFound, "spec.passwordSecretRef: not read yet");
    out.password = TRY(base::in_context(it->second, "spec.passwordSecretRef"));
    if (out.password.empty())
      return fail(Code::kInvalid, "spec.passwordSecretRef: the password is empty");
  }
  TRY(check_peer(out));
  return out;
}

}  // namespace

std::string password_key(const api::SecretKeyRef& ref) {
  return fmt::format("{}/{}/{}", ref.namespace_, ref.name, ref.key);
}

PlannedPeers plan_peers(const api::Node& node, const std::vector<const api::BGPPeer*>& peers,
                        const Passwords& passwords) {
  std::vector<const api::BGPPeer*> sorted = peers;
  std::ranges::sort(sorted, {}, [](const api::BGPPeer* p) { return p->metadata.name; });
  PlannedPeers out;
  std::map<std::pair<IpAddress, std::string>, std::string> neighbours;
  for (const api::BGPPeer* peer : sorted) {
    if (peer->metadata.deleting()) continue;
    if (peer->spec.node_selector && !peer->spec.node_selector->matches(node.metadata.labels))
      continue;
    auto planned = plan_peer(node, *peer, passwords);
    if (!planned) {
      out.rejected.emplace(peer->metadata.name, planned.error().message);
      continue;
    }
    // BIRD lets a second session with one neighbour sit in Idle without a word.
    auto [it, fresh] =
        neighbours.emplace(std::pair(planned->address, planned->interface), planned->name);
    if (!fresh) {
      out.rejected.emplace(
          peer->metadata.name,
          fmt::format("spec.peer.address: BGPPeer {} has a session with {} already", it->second,
                      planned->address.str()));
      continue;
    }
    out.peers.push_back(std::move(*planned));
  }
  return out;
}

}  // namespace nanika::network::bgp
