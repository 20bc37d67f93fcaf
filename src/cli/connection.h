// A command's way to the Kubernetes API, and what it finds there.
#pragma once

#include <memory>
#include <string>

#include "kube/client.h"
#include "kube/config.h"

namespace nanika::cli {

/// auto | on | off of a flag; auto is on where the API says that it is embedded.
enum class Switch : uint8_t { kAuto, kOn, kOff };
base::Result<Switch> parse_switch(const std::string& text);

/// The API of `config`; waits for it to answer until a stop request, at most a minute.
class Connection {
 public:
  static base::Result<std::unique_ptr<Connection>> open(const kube::Config& config,
                                                        std::stop_token stop);

  kube::Client& client() { return *client_; }
  kube::Metrics& metrics() { return metrics_; }
  /// ConfigMap kube-public/nanika says mode: embedded.
  bool embedded() const { return embedded_; }
  bool decide(Switch s) const { return s == Switch::kAuto ? embedded_ : s == Switch::kOn; }

 private:
  kube::Metrics metrics_;
  std::unique_ptr<kube::Client> client_;
  bool embedded_ = false;
};

/// Applies nanika's CRDs and waits until they are served.
base::Result<void> install_crds(const kube::Client& client, std::stop_token stop);

}  // namespace nanika::cli
