// What a controller does, as one function.
//
//   class Addresses final : public Reconciler {
//     Result<Outcome> reconcile(const Key& key, const Context& ctx) override {
//       auto ip = ips_.get(key);                         // from a cache
//       if (!ip) return Outcome::done();                 // gone: nothing is left to do
//       Plan plan = plan_addresses(*ip, observe());      // pure
//       TRY(carry_out(plan, ctx));                       // every call takes ctx
//       return Outcome::after(plan.next_cooldown);
//     }
//   };
//
// The contract: `key` says only that something about that object may have changed. Look at the
// world as it is, and make it so. It may run twice, late, or after a crash at any line; never twice
// at once for one key. It blocks as long as it needs, but ends when ctx ends.
#pragma once

#include <optional>

#include "kube/context.h"

namespace nanika::kube {

struct Outcome {
  std::optional<Duration> requeue_after;

  /// All is as it should be, until something changes.
  static Outcome done() { return {}; }
  /// Look again after `d` even if nothing changes.
  static Outcome after(Duration d) { return {d}; }
};

class Reconciler {
 public:
  virtual ~Reconciler() = default;
  /// An error means: again, with backoff; for codes that stay wrong (kInvalid, kUnprocessable,
  /// kTooLarge, kUnsupported) only after the longest one. Exceptions count as errors.
  /// Threading: from as many threads as the controller has workers, each with another key.
  virtual Result<Outcome> reconcile(const Key& key, const Context& ctx) = 0;
};

}  // namespace nanika::kube
