// What every call that can wait is given, and how objects are named.
//
//   Result<Outcome> reconcile(const Key& key, const Context& ctx) {
//     auto service = TRY(client_.get<api::Service>(ctx, key));
//     ...
#pragma once

#include <compare>
#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace nanika::kube {

using base::Code;
using base::Duration;
using base::Error;
using base::fail;
using base::in_context;
using base::MonoTime;
using base::Result;

/// The name of an object within its kind. Cluster-scoped objects have namespace_ "".
struct Key {
  std::string namespace_;
  std::string name;

  /// "namespace/name", or "name": as upstream's logs and metrics print it.
  std::string str() const { return namespace_.empty() ? name : namespace_ + "/" + name; }
  friend bool operator==(const Key&, const Key&) = default;
  friend auto operator<=>(const Key&, const Key&) = default;
};

struct KeyHash {
  size_t operator()(const Key& key) const {
    return std::hash<std::string>()(key.namespace_) * 31 + std::hash<std::string>()(key.name);
  }
};

/// How long, by which clock, and until whose word a call may take. A value: copy it freely.
struct Context {
  const base::Clock* clock = &base::system_clock();
  MonoTime deadline = MonoTime::max();
  std::stop_token stop = {};

  /// The same, but over after `d` at the latest.
  Context within(Duration d) const {
    Context narrowed = *this;
    narrowed.deadline = std::min(deadline, clock->mono() + d);
    return narrowed;
  }
  bool stopped() const { return stop.stop_requested(); }
};

}  // namespace nanika::kube
