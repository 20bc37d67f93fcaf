// Says what wakes a controller: the sentence behind Manager::controller().
#pragma once

#include <functional>
#include <vector>

#include "kube/cache.h"
#include "kube/controller.h"

namespace nanika::kube {

class Manager;

/// Which changes count; absent: all.
template <class T>
using Predicate = std::function<bool(const Change<T>&)>;

/// Not those of the status alone: for kinds whose spec changes raise metadata.generation (all of
/// ours; not Services).
template <class T>
bool generation_changed(const Change<T>& change) {
  return !change.before || !change.after ||
         change.before->metadata.generation != change.after->metadata.generation ||
         change.before->metadata.uid != change.after->metadata.uid;
}

/// `of` picks the cache (Manager::cache) whose changes wake the controller: all objects of T, or
/// those under selectors. Threading: of the thread that sets the manager up.
class ControllerBuilder {
 public:
  ControllerBuilder(Manager& manager, Controller& controller)
      : manager_(&manager), controller_(&controller) {}

  /// Each object of T wakes its own key. The first T is the kind that owns<> leads back to.
  template <class T>
  ControllerBuilder& watches(Predicate<T> counts = {}, const ReflectorOptions& of = {});
  /// Objects of T wake the object that controls them (metadata.ownerReferences).
  template <class T>
  ControllerBuilder& owns(Predicate<T> counts = {}, const ReflectorOptions& of = {});
  /// Objects of T wake the keys that `keys` names: of the object before and after the change.
  template <class T>
  ControllerBuilder& maps(std::function<std::vector<Key>(const T&)> keys, Predicate<T> counts = {},
                          const ReflectorOptions& of = {});

  /// How many keys are worked on at once; 1 unless told.
  ControllerBuilder& workers(int count);
  /// The longest that one reconcile may take; a minute unless told.
  ControllerBuilder& timeout(Duration timeout);
  /// Runs on every replica, not on the leader alone.
  ControllerBuilder& every_replica();

  /// For keys that no watch tells: an outside system's events, timers. Lives as long as the
  /// manager.
  Queue& queue() { return controller_->queue(); }

 private:
  Manager* manager_;
  Controller* controller_;
  std::optional<api::KindInfo> primary_;
};

}  // namespace nanika::kube
