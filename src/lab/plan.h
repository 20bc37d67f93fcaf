// What to make of a lab file: pure, (spec, folder) -> plan. The plan is also what is written down
// to tell one lab from another.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "lab/spec.h"

namespace nanika::lab {

struct MemberPlan {
  std::string name;
  std::string kind;  ///< "node", "router", "site", "workload"
  std::string netns;
  std::vector<std::pair<std::string, std::string>> early_sysctls;  ///< before there are links
  std::vector<std::pair<std::string, std::string>> sysctls;        ///< once there are
  std::vector<RouteSpec> routes;
};

struct VethEnd {
  std::string netns;
  std::string interface;
  std::vector<AddressSpec> addresses;
};

struct RouterPlan {
  std::string member;
  std::string netns;
  std::string dir;     ///< its sockets, pid files and logs
  std::string config;  ///< FRR's lines
  bool bfd = false;    ///< bfdd is needed
};

struct ServerPlan {
  std::string member;
  std::string netns;
  std::vector<std::string> argv;  ///< without the program
};

struct LabPlan {
  std::vector<MemberPlan> members;
  std::vector<std::pair<VethEnd, VethEnd>> links;
  std::vector<RouterPlan> routers;
  std::vector<ServerPlan> servers;
};

LabPlan make_plan(const LabSpec& spec, const std::string& dir);
/// Equal plans give equal values.
base::json::value describe(const LabPlan& plan);

/// FRR's configuration of a router (frr.conf).
std::string render_frr(const RouterSpec& router);

}  // namespace nanika::lab
