// ControllerBuilder's templates; included by manager.h.
#pragma once

#include "kube/finalizers.h"
#include "kube/manager.h"

namespace nanika::kube {

template <class T>
ControllerBuilder& ControllerBuilder::watches(Predicate<T> counts, const ReflectorOptions& of) {
  if (!primary_) primary_ = T::kKind;
  return maps<T>([](const T& object) { return std::vector{key_of(object.metadata)}; },
                 std::move(counts), of);
}

template <class T>
ControllerBuilder& ControllerBuilder::owns(Predicate<T> counts, const ReflectorOptions& of) {
  CHECK(primary_.has_value());  // say watches<> first
  return maps<T>(
      [owner = *primary_](const T& object) {
        std::vector<Key> keys;
        const api::OwnerReference* reference = controller_of(object.metadata);
        // The group counts, not the version: it may be of a time when another was preferred.
        if (reference != nullptr && reference->kind == owner.kind &&
            (owner.group.empty()
                 ? !reference->api_version.contains('/')
                 : reference->api_version.starts_with(std::string(owner.group) + "/")))
          keys.push_back({owner.namespaced ? object.metadata.namespace_ : "", reference->name});
        return keys;
      },
      std::move(counts), of);
}

template <class T>
ControllerBuilder& ControllerBuilder::maps(std::function<std::vector<Key>(const T&)> keys,
                                           Predicate<T> counts, const ReflectorOptions& of) {
  Queue* queue = &controller_->queue();
  manager_->cache<T>(of).on_change(
      [queue, keys = std::move(keys), counts = std::move(counts)](const Change<T>& change) {
        if (counts && !counts(change)) return;
        Priority priority = change.initial ? Priority::kInitial : Priority::kFresh;
        // Each key once: a fast worker could take it between two adds, and would run twice.
        std::vector<Key> woken = change.after ? keys(*change.after) : keys(*change.before);
        if (change.before && change.after) {
          for (Key& key : keys(*change.before))
            if (std::ranges::find(woken, key) == woken.end()) woken.push_back(std::move(key));
        }
        for (const Key& key : woken) queue->add(key, priority);
      });
  return *this;
}

}  // namespace nanika::kube
