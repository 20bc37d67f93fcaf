// A speaker in memory, for tests of the agent.
#pragma once

#include <mutex>

#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

/// Threading: the test may look at any time.
class FakeSpeaker final : public Speaker {
 public:
  base::Result<void> configure(const SpeakerConfig& config) override {
    const std::lock_guard lock(mutex_);
    if (refuse) return base::fail(base::Code::kInvalid, "{}", *refuse);
    config_ = config;
    return {};
  }
  base::Result<void> sync_routes(const RouteTable& routes) override {
    const std::lock_guard lock(mutex_);
    routes_ = routes;
    return {};
  }
  base::Result<void> change_routes(const std::vector<RouteChange>& changes) override {
    const std::lock_guard lock(mutex_);
    for (const RouteChange& change : changes) {
      if (change.to) {
        routes_[change.prefix] = *change.to;
      } else {
        routes_.erase(change.prefix);
      }
    }
    return {};
  }
  base::Result<std::vector<SessionState>> sessions() override {
    const std::lock_guard lock(mutex_);
    std::vector<SessionState> out;
    for (const SpeakerPeer& peer : config_.peers)
      out.push_back({.peer = peer.name, .state = "Established"});
    return out;
  }

  SpeakerConfig config() const {
    const std::lock_guard lock(mutex_);
    return config_;
  }
  RouteTable routes() const {
    const std::lock_guard lock(mutex_);
    return routes_;
  }
  std::optional<std::string> refuse;  ///< what configure() answers; set before the agent runs

 private:
  mutable std::mutex mutex_;
  SpeakerConfig config_;  // guarded by mutex_
  RouteTable routes_;     // guarded by mutex_
};

}  // namespace nanika::network::bgp
