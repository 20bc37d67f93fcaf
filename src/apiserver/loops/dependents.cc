#include "apiserver/loops/dependents.h"

namespace nanika::apiserver::loops {

void Dependents::remove(const store::Object& object) {
  for (const std::string& owner : object.meta().owners) {
    auto it = by_owner_.find(owner);
    if (it == by_owner_.end()) continue;
    it->second.erase({object.resource(), object.path()});
    if (it->second.empty()) by_owner_.erase(it);
  }
}

void Dependents::change(const store::Object* before, const store::Object* after) {
  bool had = before != nullptr && !before->meta().owners.empty();
  bool has = after != nullptr && !after->meta().owners.empty();
  if (!had && !has) return;
  if (had && has && before->meta().owners == after->meta().owners) return;
  std::lock_guard lock(mutex_);
  if (had) remove(*before);
  if (!has) return;
  for (const std::string& owner : after->meta().owners)
    by_owner_[owner].insert({after->resource(), after->path()});
}

std::vector<Dependents::Item> Dependents::of(std::string_view owner_uid) const {
  std::lock_guard lock(mutex_);
  auto it = by_owner_.find(owner_uid);
  if (it == by_owner_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

}  // namespace nanika::apiserver::loops
