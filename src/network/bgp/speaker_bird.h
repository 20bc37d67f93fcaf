// BIRD 2 as the speaker: peers and filters by its file and control socket, routes by a private
// kernel table that it learns from. BIRD is a process of its own and outlives us; it is started
// only where none answers.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "network/bgp/bird_control.h"
#include "network/bgp/speaker.h"

namespace nanika::network::bgp {

struct BirdOptions {
  std::string run_dir;  ///< holds bird.conf, bird.ctl, bird.pid; made when it is missing, readable
                        ///< by us alone
  std::string netns;    ///< BIRD and its routes live there; "": our own namespace
  uint32_t kernel_table = 9179;
  uint8_t route_protocol = 179;  ///< marks our routes in that table
  std::string program = "/usr/sbin/bird";
  base::Duration timeout = std::chrono::seconds(5);
};

class BirdSpeaker final : public Speaker {
 public:
  explicit BirdSpeaker(BirdOptions options);

  base::Result<void> configure(const SpeakerConfig& config) override;
  base::Result<void> sync_routes(const RouteTable& routes) override;
  base::Result<void> change_routes(const std::vector<RouteChange>& changes) override;
  base::Result<std::vector<SessionState>> sessions() override;

  /// Ends BIRD for good, as `nanika up` does when its lab goes down: its routes are withdrawn.
  /// Routes in the table stay.
  base::Result<void> shut_down();

 private:
  std::string path(std::string_view file) const {
    return options_.run_dir + "/" + std::string(file);
  }
  base::Result<BirdControl*> control();
  base::Result<BirdReply> command(std::string_view line);
  base::Result<void> checked_command(std::string_view line);
  base::Result<void> start();
  base::Result<void> load(const std::string& text);

  BirdOptions options_;
  std::unique_ptr<BirdControl> control_;
  std::optional<std::string> loaded_;  ///< the text that the running BIRD has from us
  std::vector<SpeakerPeer> peers_;
};

}  // namespace nanika::network::bgp
