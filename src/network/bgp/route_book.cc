#include "network/bgp/route_book.h"

namespace nanika::network::bgp {

std::set<base::IpPrefix> RouteBook::set(const std::string& owner, RouteSources routes) {
  std::set<base::IpPrefix> touched;
  auto before = owners_.find(owner);
  if (before != owners_.end()) {
    for (const auto& [prefix, names] : before->second) {
      auto now = routes.find(prefix);
      if (now != routes.end() && now->second == names) continue;
      touched.insert(prefix);
      auto at = by_prefix_.find(prefix);
      at->second.erase(owner);
      if (at->second.empty()) by_prefix_.erase(at);
    }
  }
  for (const auto& [prefix, names] : routes) {
    auto& slot = by_prefix_[prefix][owner];
    if (slot == names) continue;
    slot = names;
    touched.insert(prefix);
  }
  if (routes.empty()) {
    owners_.erase(owner);
  } else {
    owners_[owner] = std::move(routes);
  }
  return touched;
}

std::vector<std::string> RouteBook::advertisements(const base::IpPrefix& prefix) const {
  auto at = by_prefix_.find(prefix);
  if (at == by_prefix_.end()) return {};
  std::set<std::string> names;
  for (const auto& [owner, list] : at->second) names.insert(list.begin(), list.end());
  return {names.begin(), names.end()};
}

std::set<base::IpPrefix> RouteBook::prefixes() const {
  std::set<base::IpPrefix> out;
  for (const auto& [prefix, owners] : by_prefix_) out.insert(prefix);
  return out;
}

uint32_t class_id(const std::vector<std::string>& advertisements,
                  const std::map<uint32_t, std::vector<std::string>>& taken) {
  uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (const std::string& name : advertisements)
    for (unsigned char c : name + ",") hash = (hash ^ c) * 0x01000193;
  uint32_t id = (hash ^ (hash >> 20)) & 0xfffff;
  while (id == 0 || (taken.contains(id) && taken.at(id) != advertisements)) id = (id + 1) & 0xfffff;
  return id;
}

}  // namespace nanika::network::bgp
