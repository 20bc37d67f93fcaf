// The HTTP surface of the embedded Kubernetes API: takes exchanges from the server and answers
// them.
//
//   Api api({.registry = registry, .operations = operations, ...});
//   http::Server::start(options, [&](http::ExchangePtr x) { api.handle(std::move(x)); });
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apiserver/auth/authenticator.h"
#include "apiserver/auth/tokens.h"
#include "apiserver/registry/operations.h"
#include "apiserver/rest/call.h"
#include "apiserver/rest/in_flight.h"
#include "apiserver/rest/parameters.h"
#include "apiserver/rest/request_metrics.h"
#include "apiserver/rest/watches.h"
#include "apiserver/schema/openapi.h"
#include "base/http_server.h"

namespace nanika::apiserver {

/// Threading: handle() from any thread; nothing in it blocks.
class Api {
 public:
  struct Parts {
    Registry& registry;
    Operations& operations;
    store::Store& store;
    const base::Clock& clock;
    base::Registry& metrics;
    const Authenticator& authenticator;
    const Tokens& tokens;
    const schema::OpenApi& openapi;
    std::string address;  ///< what clients dial: "127.0.0.1:6443"
    std::string version;  ///< git version of /version
    RequestMetrics::Limits limits{};
  };
  explicit Api(Parts parts);

  void handle(base::http::ExchangePtr exchange);
  /// /readyz says no from now on, and watches end.
  void stop();

 private:
  void route(const CallPtr& call);
  void serve_path(const CallPtr& call);
  void serve_discovery(const CallPtr& call, std::string_view path);
  void serve_health(const CallPtr& call, std::string_view path);
  void serve_resource(const CallPtr& call);
  void serve_subresource(const CallPtr& call, const Endpoint& endpoint);
  void serve_verb(const CallPtr& call, const Endpoint& endpoint);

  void review(const CallPtr& call, const Endpoint& endpoint);
  void scale(const CallPtr& call, const Endpoint& endpoint);
  void create_token(const CallPtr& call, const Endpoint& endpoint);
  void get(const CallPtr& call, const Endpoint& endpoint);
  void list(const CallPtr& call, const Endpoint& endpoint);
  void watch(const CallPtr& call, const Endpoint& endpoint);
  void create(const CallPtr& call, const Endpoint& endpoint);
  void update(const CallPtr& call, const Endpoint& endpoint);
  void patch(const CallPtr& call, const Endpoint& endpoint);
  void apply(const CallPtr& call, const Endpoint& endpoint, WriteParameters parameters);
  void remove(const CallPtr& call, const Endpoint& endpoint);
  void remove_collection(const CallPtr& call, const Endpoint& endpoint);
  /// Answers with what a write came to.
  Reply replier(const CallPtr& call, const Endpoint& endpoint);

  Parts parts_;
  RequestMetrics request_metrics_;
  Watches watches_;
  InFlight in_flight_;
  std::atomic<bool> stopping_{false};
};

}  // namespace nanika::apiserver
