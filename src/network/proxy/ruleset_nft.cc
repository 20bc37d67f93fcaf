#include "network/proxy/ruleset_nft.h"

#include "base/netns.h"
#include "base/process.h"

namespace nanika::network::proxy {

using base::Code;
using base::Result;

Result<void> NftRuleset::load(const std::string& commands) const {
  base::SpawnOptions spawn{.argv = {"nft", "-f", "-"}, .in = {base::Stream::Kind::kPipe, {}}};
  if (!netns_.empty()) spawn.netns = TRY(base::netns_path(netns_));
  const base::MonoTime deadline = base::system_clock().mono() + std::chrono::seconds(30);
  auto done = base::run(std::move(spawn), {.deadline = deadline, .input = commands});
  if (!done && done.error().code == Code::kNotFound)
    return base::fail(Code::kUnavailable, "nft is not installed: apt-get install nftables");
  if (!done) return std::unexpected(done.error());
  if (done->status != 0) return base::fail(Code::kInternal, "nft: {}", done->err.substr(0, 2000));
  return {};
}

Result<void> NftRuleset::apply(const NftItems& wanted) {
  // The first time, and after a failure, the whole is laid in one transaction: what stood there
  // before serves until then.
  const std::string commands = applied_ ? render_change(*applied_, wanted)
                                        : render_frame() + render_change(NftItems{}, wanted);
  if (commands.empty()) return {};
  auto loaded = load(commands);
  if (!loaded) {
    applied_.reset();
    return loaded;
  }
  applied_ = wanted;
  return {};
}

Result<void> NftRuleset::remove() {
  applied_.reset();
  return load(
      "add table ip nanika_proxy\ndelete table ip nanika_proxy\nadd table ip6 nanika_proxy\n"
      "delete table ip6 nanika_proxy\n");
}

}  // namespace nanika::network::proxy
