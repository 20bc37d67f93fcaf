#include "lab/state.h"

#include "base/file.h"
#include "base/json.h"

namespace nanika::lab {

using base::Code;
using base::Result;
namespace json = base::json;

namespace {

std::string path_of(const std::string& dir) {
  return dir + "/state.json";
}

/// Empty when a field is not what write_state() wrote.
std::optional<LabState> decode(const json::value& document) {
  LabState state;
  const json::value* complete = base::find(document, "complete");
  const json::value* members = base::find(document, "members");
  if (complete == nullptr || !complete->is_bool() || members == nullptr || !members->is_array()) {
    return std::nullopt;
  }
  state.complete = complete->get_bool();
  state.plan = base::find_string(document, "plan");
  for (const json::value& item : members->get_array()) {
    MemberState member{.name = std::string(base::find_string(item, "name")),
                       .kind = std::string(base::find_string(item, "kind")),
                       .netns = std::string(base::find_string(item, "netns")),
                       .daemons = {}};
    if (member.name.empty() || member.netns.empty()) return std::nullopt;
    const json::value* daemons = base::find(item, "daemons");
    if (daemons == nullptr || !daemons->is_array()) return std::nullopt;
    for (const json::value& entry : daemons->get_array()) {
      const json::value* pid = base::find(entry, "pid");
      if (pid == nullptr || !pid->is_int64()) return std::nullopt;
      member.daemons.push_back(
          {std::string(base::find_string(entry, "name")), static_cast<pid_t>(pid->get_int64())});
    }
    state.members.push_back(std::move(member));
  }
  return state;
}

}  // namespace

Result<std::optional<LabState>> read_state(const std::string& dir) {
  auto text = base::read_file(path_of(dir));
  if (!text && text.error().code == Code::kNotFound) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  auto document = base::parse_json(*text);
  auto state = document ? decode(*document) : std::nullopt;
  if (!state) {
    return base::fail(Code::kInternal,
                      "{} is broken: remove the lab's namespaces (ip netns) and the folder by hand",
                      path_of(dir));
  }
  return state;
}

Result<void> write_state(const std::string& dir, const LabState& state) {
  json::array members;
  for (const MemberState& member : state.members) {
    json::array daemons;
    for (const Daemon& daemon : member.daemons) {
      daemons.push_back({{"name", daemon.name}, {"pid", daemon.pid}});
    }
    members.push_back({{"name", member.name},
                       {"kind", member.kind},
                       {"netns", member.netns},
                       {"daemons", std::move(daemons)}});
  }
  json::object document{
      {"complete", state.complete}, {"plan", state.plan}, {"members", std::move(members)}};
  return base::write_file_atomic(path_of(dir), base::to_json_pretty(document) + "\n", 0600);
}

}  // namespace nanika::lab
