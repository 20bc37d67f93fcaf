// The client in JSON: what client.h's typed calls stand on, and for kinds that are known only at
// run time. Rules, errors and retries: client.h.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/describe.h"
#include "base/json.h"
#include "kube/metrics.h"
#include "kube/transport.h"

namespace nanika::kube {

namespace json = base::json;

struct ClientOptions {
  std::string field_manager = "nanika";
  Duration request_timeout = std::chrono::seconds(30);  ///< of a call whose deadline is later
  Metrics* metrics = nullptr;  ///< rest_client_requests_total, ..._request_duration_seconds
};

struct ListOptions {
  std::string namespace_;      ///< "": all
  std::string label_selector;  ///< "app=www,tier in (gold,silver)"
  std::string field_selector;  ///< "spec.nodeName=node-1"
};

struct Preconditions {
  std::string uid;               ///< "": any
  std::string resource_version;  ///< "": any
};

struct ApplyOptions {
  bool force = true;  ///< take fields that another manager holds, as controllers should
  /// The object as it was seen: when it was deleted since, the apply fails with kConflict instead
  /// of making it anew. Give it for every object that somebody else made.
  std::string uid = {};
  /// Only on this version of it: kConflict when it changed since. "": any.
  std::string resource_version = {};
};

enum class PatchType : uint8_t { kJson, kMerge, kStrategic };

/// "/apis/network.nanika.dev/v1alpha1/namespaces/shop/trafficips/www/status"; all of the kind with
/// key.name "".
std::string resource_path(const api::KindInfo& kind, const Key& key,
                          std::string_view subresource = {});

class UntypedClient {
 public:
  /// `clock` and options.metrics must outlive the client and its copies.
  UntypedClient(std::shared_ptr<Transport> transport, const base::Clock& clock,
                ClientOptions options = {});

  Result<json::value> get_json(const Context& ctx, const api::KindInfo& kind, const Key& key,
                               std::string_view subresource = {}) const;
  /// Calls `item` with each object of all pages, and returns the list's resourceVersion. A list
  /// that expires between pages is begun anew without paging: then items come again.
  Result<std::string> list_json(const Context& ctx, const api::KindInfo& kind,
                                const ListOptions& options,
                                const std::function<Result<void>(const json::value&)>& item) const;
  Result<json::value> create_json(const Context& ctx, const api::KindInfo& kind,
                                  const json::value& object,
                                  std::string_view subresource = {}) const;
  Result<json::value> update_json(const Context& ctx, const api::KindInfo& kind,
                                  const json::value& object,
                                  std::string_view subresource = {}) const;
  /// Background propagation. kNotFound when it is not there; an object with finalizers stays,
  /// marked.
  Result<void> remove_json(const Context& ctx, const api::KindInfo& kind, const Key& key,
                           const Preconditions& only = {}) const;
  Result<json::value> apply_json(const Context& ctx, const api::KindInfo& kind,
                                 json::object fragment, const ApplyOptions& options = {},
                                 std::string_view subresource = {}) const;
  Result<json::value> patch_json(const Context& ctx, const api::KindInfo& kind, const Key& key,
                                 PatchType type, const json::value& body,
                                 std::string_view subresource = {}) const;
  /// A watch's stream; `query` is the whole query string. Errors of the server become Errors here.
  Result<std::unique_ptr<base::http::BodyStream>> watch(const Context& ctx,
                                                        const api::KindInfo& kind,
                                                        const std::string& namespace_,
                                                        const std::string& query) const;
  const base::Clock& clock() const { return *clock_; }

 protected:
  void set_field_manager(std::string name) { options_.field_manager = std::move(name); }

 private:
  struct Call {
    std::string method, target, content_type;
    std::string body = {};
    bool idempotent = false;
  };
  Result<json::value> run(const Context& ctx, const Call& call) const;
  Result<base::http::Response> send_once(const Context& ctx, const Call& call) const;

  std::shared_ptr<Transport> transport_;
  const base::Clock* clock_;
  ClientOptions options_;
};

}  // namespace nanika::kube
