// Who makes a request.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nanika::apiserver {

struct User {
  std::string name, uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;

  bool in(std::string_view group) const { return std::ranges::find(groups, group) != groups.end(); }
  /// Members of system:masters may do everything; until RBAC comes nobody else may do anything.
  bool is_master() const { return in("system:masters"); }
};

inline constexpr std::string_view kAnonymous = "system:anonymous";
inline constexpr std::string_view kAuthenticated = "system:authenticated";
inline constexpr std::string_view kUnauthenticated = "system:unauthenticated";

}  // namespace nanika::apiserver
