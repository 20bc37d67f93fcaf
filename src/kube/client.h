// A client of the Kubernetes API. Every call takes a Context: its deadline and its stop.
//
//   Client client = Client(transport, clock).as("nanika-addresses");
//   auto service = TRY(client.get<api::Service>(ctx, {"shop", "www"}));
//   auto ip = TRY(client.apply<api::TrafficIP>(ctx, api::encode_part(wanted, {"spec"})));
//   TRY(client.apply_status<api::TrafficIP>(ctx, api::encode_part(wanted, {"status"}),
//                                           {.uid = ip.metadata.uid}));
//   TRY(client.create(ctx, claim));                       // kAlreadyExists: somebody has the
//   address TRY(client.remove<api::AddressClaim>(ctx, key, only(claim.metadata)));
//
// Rules: apply sends fields that the caller owns and no others; update() is for kinds that our
// structs hold whole (AddressClaim, Lease): a PUT of a projection would delete the rest.
//
// Errors carry the server's message; codes: kNotFound, kAlreadyExists, kConflict, kExpired (410),
// kUnprocessable (validation), kInvalid (400), kForbidden, kUnavailable (not reached, or the answer
// was lost: it may have been carried out), kDeadlineExceeded, kCancelled.
// Retries: reads and applies on kUnavailable, 503 and 504; everything on 429; at most 4 times
// within the deadline, with jitter, after Retry-After where the server says so. There is no
// throttle.
#pragma once

#include <memory>
#include <vector>

#include "api/codec.h"
#include "api/meta.h"
#include "kube/client_untyped.h"

namespace nanika::kube {

template <class T>
struct ListOf {
  std::vector<T> items;
  std::string resource_version;
};

/// Only this very object: for remove().
inline Preconditions only(const api::ObjectMeta& metadata) {
  return {.uid = metadata.uid, .resource_version = metadata.resource_version};
}
inline Key key_of(const api::ObjectMeta& metadata) {
  return {metadata.namespace_, metadata.name};
}

/// A value: copies share the connection. Threading: all members from any thread.
class Client : public UntypedClient {
 public:
  using UntypedClient::UntypedClient;

  /// The same client under another field manager.
  Client as(std::string field_manager) const {
    Client other = *this;
    other.set_field_manager(std::move(field_manager));
    return other;
  }

  template <class T>
  Result<T> get(const Context& ctx, const Key& key) const {
    return decoded<T>(get_json(ctx, T::kKind, key));
  }
  /// All pages of it.
  template <class T>
  Result<ListOf<T>> list(const Context& ctx, const ListOptions& options = {}) const {
    ListOf<T> out;
    out.resource_version =
        TRY(list_json(ctx, T::kKind, options, [&](const json::value& item) -> Result<void> {
          out.items.push_back(TRY(api::decode<T>(item)));
          return {};
        }));
    return out;
  }
  template <class T>
  Result<T> create(const Context& ctx, const T& object) const {
    return decoded<T>(create_json(ctx, T::kKind, api::encode(object)));
  }
  /// PUT; metadata.resource_version makes it fail with kConflict when the object changed meanwhile.
  template <class T>
  Result<T> update(const Context& ctx, const T& object) const {
    return decoded<T>(update_json(ctx, T::kKind, api::encode(object)));
  }
  template <class T>
  Result<T> update_status(const Context& ctx, const T& object) const {
    return decoded<T>(update_json(ctx, T::kKind, api::encode(object), "status"));
  }
  template <class T>
  Result<void> remove(const Context& ctx, const Key& key, const Preconditions& only = {}) const {
    return remove_json(ctx, T::kKind, key, only);
  }
  template <class T>
  Result<T> apply(const Context& ctx, json::object fragment, const ApplyOptions& o = {}) const {
    return decoded<T>(apply_json(ctx, T::kKind, std::move(fragment), o));
  }
  template <class T>
  Result<T> apply_status(const Context& ctx, json::object fragment,
                         const ApplyOptions& o = {}) const {
    return decoded<T>(apply_json(ctx, T::kKind, std::move(fragment), o, "status"));
  }
  template <class T>
  Result<T> patch(const Context& ctx, const Key& key, PatchType type, const json::value& body,
                  std::string_view subresource = {}) const {
    return decoded<T>(patch_json(ctx, T::kKind, key, type, body, subresource));
  }

 private:
  template <class T>
  static Result<T> decoded(Result<json::value> answer) {
    if (!answer) return std::unexpected(std::move(answer).error());
    return in_context(api::decode<T>(*answer), T::kKind.kind);
  }
};

}  // namespace nanika::kube
