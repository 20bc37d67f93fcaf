// Who is owned by whom, by uids of metadata.ownerReferences: only objects that have owners are
// held.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "apiserver/store/object.h"

namespace nanika::apiserver::loops {

/// Threading: all members from any thread.
class Dependents {
 public:
  struct Item {
    store::ResourceId resource{};
    std::string path;
    auto operator<=>(const Item&) const = default;
  };
  /// `before` and `after` as of one change of one object; either may be null.
  void change(const store::Object* before, const store::Object* after);
  std::vector<Item> of(std::string_view owner_uid) const;

 private:
  void remove(const store::Object& object);
  mutable std::mutex mutex_;
  std::map<std::string, std::set<Item>, std::less<>> by_owner_;  // guarded by mutex_
};

}  // namespace nanika::apiserver::loops
