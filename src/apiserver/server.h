// The embedded Kubernetes API as one object: store, registry, operations, HTTPS.
//
//   auto server = TRY(Server::start({.data_dir = "/var/lib/nanika", .listen = "127.0.0.1:6443"}));
//   ... server->kubeconfig() ...
//   server->stop();
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "apiserver/registry/operations.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"

namespace nanika::apiserver {

struct ServerOptions {
  std::string data_dir;                   ///< store and keys; made 0700
  std::string listen = "127.0.0.1:6443";  ///< HOST:PORT; port 0: the kernel chooses
  std::string advertise;                  ///< host that clients dial; "": the one of `listen`
  int threads = 2;
  std::string service_ipv4 = "10.96.0.0/16";  ///< cluster IPs
  std::string service_ipv6 = "fd00:6e61:6e69:6b61::/112";
  std::string version = "0.1.0";
  const base::Clock* clock = &base::system_clock();
};

/// Threading: all members from any thread.
class Server {
 public:
  static base::Result<std::unique_ptr<Server>> start(ServerOptions options);
  virtual ~Server() = default;  ///< stop() with no grace

  virtual std::string url() const = 0;  ///< "https://127.0.0.1:6443"
  virtual int port() const = 0;
  virtual const std::string& ca_pem() const = 0;
  /// The administrator's kubeconfig, for clients anywhere.
  virtual std::string kubeconfig() const = 0;
  /// The same for this machine: it dials where the server listens, not what is advertised.
  virtual std::string local_kubeconfig() const = 0;
  /// For the API's own loops, in this process.
  virtual Registry& registry() = 0;
  virtual Operations& operations() = 0;
  virtual store::Store& store() = 0;
  virtual base::Registry& metrics() = 0;

  /// Not ready any more, watches end, answers have `grace` to go out.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace nanika::apiserver
