// READY, STATUS and RESTARTS of `kubectl get pods`: see pod.h.
#include <map>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/object_meta.h"
#include "apiserver/kinds/pod.h"

namespace nanika::apiserver::kinds {

namespace {

struct Summary {
  int64_t restarts = 0;
  size_t ready = 0, total = 0;
  std::string reason;
  std::string last_restart;  // RFC 3339; "" when there was none
};

bool restarts_always(const json::value& container) {
  return string_at(container, "restartPolicy") == "Always";
}

bool has_condition(const json::value& status, std::string_view type) {
  for (const json::value& each : array_at(status, "conditions")) {
    if (string_at(each, "type") == type) return string_at(each, "status") == "True";
  }
  return false;
}

// Times in RFC 3339 and UTC compare as text.
void count_restarts(const json::value& status, int64_t& restarts, std::string& last) {
  restarts += int_at(status, "restartCount");
  const json::value& terminated = member(member(status, "lastState"), "terminated");
  std::string_view finished = string_at(terminated, "finishedAt");
  if (finished > last) last = finished;
}

// How a terminated container is called.
std::string end_reason(const json::value& terminated, std::string_view prefix) {
  if (std::string_view reason = string_at(terminated, "reason"); !reason.empty()) {
    return fmt::format("{}{}", prefix, reason);
  }
  if (int64_t signal = int_at(terminated, "signal")) {
    return fmt::format("{}Signal:{}", prefix, signal);
  }
  return fmt::format("{}ExitCode:{}", prefix, int_at(terminated, "exitCode"));
}

struct InitState {
  bool initializing = false;
  int64_t sidecar_restarts = 0;
  std::string last_sidecar_restart;
};

// True when this init container still keeps the Pod from starting; its reason is in `out`.
bool init_holds(const json::value& status, bool sidecar, size_t index, size_t count, Summary& out) {
  const json::value& state = member(status, "state");
  const json::value& terminated = member(state, "terminated");
  bool ended = !terminated.is_null();
  if (ended && int_at(terminated, "exitCode") == 0) return false;
  if (sidecar && bool_at(status, "started")) {
    if (bool_at(status, "ready")) ++out.ready;
    return false;
  }
  std::string_view waiting = string_at(member(state, "waiting"), "reason");
  if (ended) {
    out.reason = end_reason(terminated, "Init:");
  } else if (!waiting.empty() && waiting != "PodInitializing") {
    out.reason = fmt::format("Init:{}", waiting);
  } else {
    out.reason = fmt::format("Init:{}/{}", index, count);
  }
  return true;
}

InitState init_containers(const json::value& pod, Summary& out) {
  const json::array& specs = array_at(member(pod, "spec"), "initContainers");
  std::map<std::string_view, bool> sidecars;
  for (const json::value& each : specs) {
    sidecars[string_at(each, "name")] = restarts_always(each);
    if (restarts_always(each)) ++out.total;
  }
  InitState state;
  const json::array& statuses = array_at(member(pod, "status"), "initContainerStatuses");
  for (size_t i = 0; i < statuses.size(); ++i) {
    auto known = sidecars.find(string_at(statuses[i], "name"));
    bool sidecar = known != sidecars.end() && known->second;
    count_restarts(statuses[i], out.restarts, out.last_restart);
    if (sidecar) count_restarts(statuses[i], state.sidecar_restarts, state.last_sidecar_restart);
    if (init_holds(statuses[i], sidecar, i, specs.size(), out)) {
      state.initializing = true;
      break;
    }
  }
  return state;
}

void containers(const json::value& status, Summary& out) {
  bool running = false;
  std::string error;
  const json::array& statuses = array_at(status, "containerStatuses");
  for (size_t i = statuses.size(); i-- > 0;) {
    count_restarts(statuses[i], out.restarts, out.last_restart);
    const json::value& state = member(statuses[i], "state");
    std::string_view waiting = string_at(member(state, "waiting"), "reason");
    const json::value& terminated = member(state, "terminated");
    if (!waiting.empty()) {
      out.reason = waiting;
    } else if (!terminated.is_null()) {
      out.reason = end_reason(terminated, "");
      if (int_at(terminated, "exitCode") != 0) error = out.reason;
    } else if (bool_at(statuses[i], "ready") && has(state, "running")) {
      running = true;
      ++out.ready;
    }
  }
  if (out.reason != "Completed") return;
  if (running && has_condition(status, "Ready")) {
    out.reason = "Running";
  } else if (!error.empty()) {
    out.reason = error;
  } else if (running) {
    out.reason = "NotReady";
  }
}

Summary summarize(const json::value& pod) {
  const json::value& status = member(pod, "status");
  std::string_view phase = string_at(status, "phase"), reason = string_at(status, "reason");
  Summary out{.total = array_at(member(pod, "spec"), "containers").size(),
              .reason = std::string(reason.empty() ? phase : reason)};
  for (const json::value& each : array_at(status, "conditions")) {
    if (string_at(each, "type") == "PodScheduled" &&
        string_at(each, "reason") == "SchedulingGated") {
      out.reason = "SchedulingGated";
    }
  }
  InitState init = init_containers(pod, out);
  if (!init.initializing || has_condition(status, "Initialized")) {
    out.restarts = init.sidecar_restarts;
    out.last_restart = init.last_sidecar_restart;
    containers(status, out);
  }
  if (has(member(pod, "metadata"), "deletionTimestamp")) {
    if (reason == "NodeLost") {
      out.reason = "Unknown";
    } else if (phase != "Failed" && phase != "Succeeded") {
      out.reason = "Terminating";
    }
  }
  return out;
}

std::string readiness_gates(const json::value& pod) {
  const json::array& gates = array_at(member(pod, "spec"), "readinessGates");
  if (gates.empty()) return "<none>";
  size_t open = 0;
  for (const json::value& gate : gates) {
    if (has_condition(member(pod, "status"), string_at(gate, "conditionType"))) ++open;
  }
  return fmt::format("{}/{}", open, gates.size());
}

std::string or_none(std::string_view text) {
  return std::string(text.empty() ? "<none>" : text);
}

}  // namespace

json::array pod_row(const json::value& pod, base::WallTime now) {
  Summary summary = summarize(pod);
  std::string restarts = std::to_string(summary.restarts);
  if (summary.restarts != 0 && !summary.last_restart.empty()) {
    json::value since = age(summary.last_restart, now);
    restarts += fmt::format(" ({} ago)", std::string_view(since.as_string()));
  }
  const json::value& status = member(pod, "status");
  const json::array& ips = array_at(status, "podIPs");
  return {base::find_string(pod, "metadata", "name"),
          fmt::format("{}/{}", summary.ready, summary.total),
          summary.reason,
          restarts,
          age_of(pod, now),
          or_none(ips.empty() ? std::string_view() : string_at(ips[0], "ip")),
          or_none(string_at(member(pod, "spec"), "nodeName")),
          or_none(string_at(status, "nominatedNodeName")),
          readiness_gates(pod)};
}

std::vector<Column> pod_columns() {
  return {name_column(),
          {.name = "Ready", .description = "How many of its containers take traffic."},
          {.name = "Status", .description = "What it is doing, or why it is not."},
          {.name = "Restarts", .description = "How often its containers were restarted."},
          age_column(),
          {.name = "IP", .description = "Its first address.", .priority = 1},
          {.name = "Node", .description = "Where it runs.", .priority = 1},
          {.name = "Nominated Node", .description = "Where room is made for it.", .priority = 1},
          {.name = "Readiness Gates",
           .description = "Conditions that must hold before it takes traffic.",
           .priority = 1}};
}

}  // namespace nanika::apiserver::kinds
