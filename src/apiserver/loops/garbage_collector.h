// Objects whose owners are gone go too; those who are deleted with the policies Foreground and
// Orphan wait for, or let go of, what they own (upstream: pkg/controller/garbagecollector).
//
// - An object none of whose owners exist is deleted. Dangling references beside a living owner are
//   taken out.
// - Foreground: the owner has the finalizer foregroundDeletion; its dependents are deleted, and
// once
//   none is left whose reference says blockOwnerDeletion, the finalizer goes.
// - Orphan: the owner has the finalizer orphan; its dependents lose their references to it.
// - An owner is looked for in the dependent's namespace; a cluster-scoped object with an owner of a
//   namespaced kind is left alone; a kind that is not served is asked for again later.
#pragma once

#include <string>
#include <unordered_map>

#include "apiserver/loops/api.h"
#include "apiserver/loops/dependents.h"
#include "apiserver/loops/worker.h"

namespace nanika::apiserver::loops {

class GarbageCollector final : public Reconciler {
 public:
  explicit GarbageCollector(Api& api) : api_(api) {}
  std::string_view name() const override { return "garbage-collector"; }
  void begin(Feed& feed, KeyQueue& queue) override;
  /// Key: "RESOURCE-ID path", made by key_of().
  base::Result<base::Duration> reconcile(const std::string& key) override;

 private:
  struct Subject;
  enum class Owner : uint8_t { kSolid, kAbsent, kWaiting };
  struct Owners {
    size_t solid = 0;
    std::vector<std::string> absent, waiting;  ///< uids
    bool misplaced = false;  ///< a cluster-scoped object names an owner of a namespaced kind
  };

  static std::string key_of(const Dependents::Item& item);
  Result<std::optional<Subject>> subject(const Dependents::Item& item) const;
  Result<Owners> classify(const Subject& subject) const;
  Result<Owner> look_for(const Subject& subject, const json::value& reference) const;
  Result<void> orphan(const Subject& owner);
  Result<base::Duration> foreground(const Subject& owner);
  Result<void> collect(const Subject& subject);
  Result<void> collect_with_dependents(const Subject& subject);
  void wake_owners(const store::Object* before, KeyQueue& queue);
  Result<void> drop_references(const Subject& subject, const std::vector<std::string>& uids);
  Result<void> drop_finalizer(const Subject& subject, std::string_view finalizer);

  Api& api_;
  Dependents dependents_;
  KeyQueue* queue_ = nullptr;
  std::mutex mutex_;
  /// Owners in foreground deletion, by uid: their keys.
  std::unordered_map<std::string, std::string> waiting_;  // guarded by mutex_
};

}  // namespace nanika::apiserver::loops
