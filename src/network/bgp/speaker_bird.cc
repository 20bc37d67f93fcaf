#include "network/bgp/speaker_bird.h"

#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/netlink_route.h"
#include "base/netns.h"
#include "base/process.h"
#include "network/bgp/bird_config.h"
#include "network/bgp/bird_status.h"

namespace nanika::network::bgp {

namespace {

using base::Code;
using base::fail;
using base::Result;
using base::log::Key;

base::Route route_of(const BirdOptions& options, const base::IpPrefix& prefix,
                     uint32_t route_class) {
  // Nothing is forwarded by this table, so where its routes lead does not matter: they are read,
  // not followed.
  return {.destination = prefix,
          .table = options.kernel_table,
          .metric = route_class,
          .protocol = options.route_protocol,
          .type = base::RouteType::kBlackhole};
}

/// Carries the changes out; what is there already, or gone already, is as it should be.
Result<void> carry_out(const BirdOptions& options, const std::vector<base::RouteChange>& changes) {
  if (changes.empty()) return {};
  base::Netlink netlink = TRY(base::Netlink::open(options.netns));
  const auto results = TRY(base::change_routes(netlink, changes));
  for (const auto& result : results) {
    if (!result && result.error().code != Code::kAlreadyExists &&
        result.error().code != Code::kNotFound)
      return std::unexpected(result.error());
  }
  return {};
}

}  // namespace

BirdSpeaker::BirdSpeaker(BirdOptions options) : options_(std::move(options)) {}

Result<BirdControl*> BirdSpeaker::control() {
  if (!control_) {
    control_ = TRY(BirdControl::connect(path("bird.ctl"), options_.timeout));
    loaded_.reset();  // another BIRD may answer now: it gets our configuration anew
  }
  return control_.get();
}

Result<BirdReply> BirdSpeaker::command(std::string_view line) {
  BirdControl* bird = TRY(control());
  auto reply = bird->command(line, options_.timeout);
  if (!reply) control_.reset();
  return reply;
}

Result<void> BirdSpeaker::checked_command(std::string_view line) {
  const BirdReply reply = TRY(command(line));
  return reply.check();
}

Result<void> BirdSpeaker::start() {
  if (!std::filesystem::exists(options_.program))
    return fail(Code::kUnavailable, "{}: BIRD is not installed: apt-get install bird2",
                options_.program);
  base::SpawnOptions spawn{
      .argv = {options_.program, "-c", path("bird.conf"), "-s", path("bird.ctl"), "-P",
               path("bird.pid")},
      .netns = options_.netns.empty() ? "" : TRY(base::netns_path(options_.netns)),
      .new_session = true};
  const base::MonoTime deadline = base::system_clock().mono() + options_.timeout;
  const auto done = TRY(base::run(std::move(spawn), {.deadline = deadline}));
  if (done.status != 0) return fail(Code::kInvalid, "BIRD does not start: {}", done.err);
  base::log::info("bgp", "started BIRD", {{Key::kFile, path("bird.conf")}});
  return {};
}

Result<void> BirdSpeaker::load(const std::string& text) {
  const std::string next = path("bird.conf.next");
  TRY(base::write_file_atomic(next, text, 0600));
  if (auto bird = control(); !bird) {
    if (bird.error().code != Code::kUnavailable) return std::unexpected(bird.error());
    std::filesystem::rename(next, path("bird.conf"));
    TRY(start());
    TRY(control());
    loaded_ = text;
    return {};
  }
  if (loaded_ == text) return {};
  TRY(checked_command(fmt::format("configure check \"{}\"", next)));
  std::filesystem::rename(next, path("bird.conf"));
  TRY(checked_command(fmt::format("configure \"{}\"", path("bird.conf"))));
  loaded_ = text;
  base::log::info("bgp", "configured BIRD", {{Key::kFile, path("bird.conf")}});
  return {};
}

Result<void> BirdSpeaker::configure(const SpeakerConfig& config) {
  const std::string text = TRY(render_bird_config(config, {.kernel_table = options_.kernel_table}));
  TRY(base::make_dirs(options_.run_dir, 0700));
  TRY(load(text));
  peers_ = config.peers;
  return {};
}

Result<void> BirdSpeaker::sync_routes(const RouteTable& routes) {
  base::Netlink netlink = TRY(base::Netlink::open(options_.netns));
  const auto present = TRY(base::list_routes(netlink, {.table = options_.kernel_table}));
  std::set<std::pair<base::IpPrefix, uint32_t>> there;
  for (const base::Route& route : present) there.emplace(route.destination, route.metric);
  // First what is missing, then what is too much: a route that moves to another class is never
  // withdrawn.
  std::vector<base::RouteChange> changes;
  for (const auto& [prefix, route_class] : routes) {
    if (!there.contains({prefix, route_class}))
      changes.push_back({base::RouteChange::Verb::kAdd, route_of(options_, prefix, route_class)});
  }
  for (const base::Route& route : present) {
    auto it = routes.find(route.destination);
    if (it == routes.end() || it->second != route.metric)
      changes.push_back({base::RouteChange::Verb::kDelete, route});
  }
  return carry_out(options_, changes);
}

Result<void> BirdSpeaker::change_routes(const std::vector<RouteChange>& changes) {
  std::vector<base::RouteChange> out;
  for (const RouteChange& change : changes) {
    if (change.from == change.to) continue;
    if (change.to)
      out.push_back({base::RouteChange::Verb::kAdd, route_of(options_, change.prefix, *change.to)});
    if (change.from)
      out.push_back(
          {base::RouteChange::Verb::kDelete, route_of(options_, change.prefix, *change.from)});
  }
  return carry_out(options_, out);
}

Result<std::vector<SessionState>> BirdSpeaker::sessions() {
  if (peers_.empty()) return std::vector<SessionState>{};
  const BirdReply protocols = TRY(command("show protocols all \"peer_*\""));
  std::optional<BirdReply> bfd;
  if (std::ranges::any_of(peers_, [](const SpeakerPeer& p) { return p.bfd.has_value(); }))
    bfd = TRY(command("show bfd sessions"));
  return parse_sessions(protocols, bfd ? &*bfd : nullptr, peers_);
}

Result<void> BirdSpeaker::shut_down() {
  auto reply = command("down");
  control_.reset();
  if (!reply && reply.error().code != Code::kUnavailable) return std::unexpected(reply.error());
  return {};
}

}  // namespace nanika::network::bgp
