#include "apiserver/kinds/service_addresses.h"

#include <algorithm>
#include <map>
#include <set>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/ip_fields.h"
#include "apiserver/kinds/service.h"

namespace nanika::apiserver::kinds {

namespace {

constexpr std::string_view kOnceSet = "may not change once set";

std::string_view text_at(const json::array& list, size_t i) {
  return i < list.size() && list[i].is_string() ? std::string_view(list[i].get_string())
                                                : std::string_view();
}

void validate_families(const json::value& spec, const Path& path, Causes& causes) {
  const json::array& families = array_at(spec, "ipFamilies");
  Path families_path = path.child("ipFamilies");
  std::set<std::string> seen;
  for (size_t i = 0; i < families.size(); ++i) {
    std::string_view family = text_at(families, i);
    if (family != "IPv4" && family != "IPv6") {
      not_supported(causes, families_path.at(i), family, {"IPv4", "IPv6"});
    }
    if (!seen.emplace(family).second) duplicate(causes, families_path.at(i), family);
  }
  if (!has(spec, "ipFamilyPolicy")) return;
  std::string_view policy = string_at(spec, "ipFamilyPolicy");
  if (policy != "SingleStack" && policy != "PreferDualStack" && policy != "RequireDualStack") {
    not_supported(causes, path.child("ipFamilyPolicy"), policy,
                  {"PreferDualStack", "RequireDualStack", "SingleStack"});
  }
}

// clusterIP is the first of clusterIPs.
void validate_sync(const json::value& spec, const Path& path, Causes& causes) {
  const json::array& ips = array_at(spec, "clusterIPs");
  std::string_view ip = string_at(spec, "clusterIP");
  if (ip.empty()) {
    if (ips.empty()) return;
    invalid(causes, path, json::value(ips), "must be empty when `clusterIP` is not specified");
  } else if (ips.empty()) {
    required(causes, path);
  } else if (text_at(ips, 0) != ip) {
    invalid(causes, path, json::value(ips), "first value must match `clusterIP`");
  }
}

// clusterIPs follows clusterIP for clients that know the latter alone.
void sync_plural(json::value& spec, const json::value& before) {
  std::string ip(string_at(spec, "clusterIP")), old_ip(string_at(before, "clusterIP"));
  if (array_at(spec, "clusterIPs").empty() && ip == old_ip) copy_member(spec, before, "clusterIPs");
  if (ip == old_ip || !same_member(spec, before, "clusterIPs")) return;
  if (ip.empty()) {
    remove_member(spec, "clusterIPs");
  } else {
    spec.get_object()["clusterIPs"] = json::array{ip};
  }
}

void keep_node_ports(json::value& spec, const json::value& before) {
  std::set<int64_t> used;
  std::map<std::string, int64_t> by_name;
  for (const json::value& port : array_at(before, "ports")) {
    by_name[std::string(string_at(port, "name"))] = int_at(port, "nodePort");
  }
  json::value* ports = spec.get_object().if_contains("ports");
  if (ports == nullptr || !ports->is_array()) return;
  for (const json::value& port : ports->get_array()) used.insert(int_at(port, "nodePort"));
  for (json::value& port : ports->get_array()) {
    if (!port.is_object() || int_at(port, "nodePort") != 0) continue;
    auto known = by_name.find(std::string(string_at(port, "name")));
    if (known == by_name.end() || known->second == 0) continue;
    if (used.insert(known->second).second) port.get_object()["nodePort"] = known->second;
  }
}

}  // namespace

void carry_allocations(json::value& service, const json::value* old) {
  json::value& spec = make_object(service, "spec");
  if (old == nullptr) {
    std::string ip(string_at(spec, "clusterIP"));
    if (!ip.empty() && array_at(spec, "clusterIPs").empty()) {
      spec.get_object()["clusterIPs"] = json::array{ip};
    }
    return;
  }
  const json::value& before = member(*old, "spec");
  if (string_at(before, "type") != "ExternalName" && string_at(spec, "type") != "ExternalName" &&
      string_at(spec, "clusterIP").empty()) {
    copy_member(spec, before, "clusterIP");
  }
  sync_plural(spec, before);
  if (needs_node_port(*old) && needs_node_port(service)) keep_node_ports(spec, before);
  if (needs_health_check(*old) && needs_health_check(service) &&
      int_at(spec, "healthCheckNodePort") == 0) {
    copy_member(spec, before, "healthCheckNodePort");
  }
}

void validate_cluster_ips(const json::value& service, Causes& causes) {
  const json::value& spec = member(service, "spec");
  if (string_at(spec, "type") == "ExternalName") return;
  Path spec_path("spec"), path = spec_path.child("clusterIPs");
  const json::array& ips = array_at(spec, "clusterIPs");
  validate_sync(spec, path, causes);
  validate_families(spec, spec_path, causes);
  std::vector<base::IpAddress> parsed;
  bool bad = false;
  for (size_t i = 0; i < ips.size(); ++i) {
    if (i == 0 && text_at(ips, i) == "None") {
      if (ips.size() > 1) {
        bad = true;
        invalid(causes, path, json::value(ips), "'None' must be the first and only value");
      }
      continue;
    }
    if (auto ip = validate_ip(text_at(ips, i), path.at(i), causes)) {
      parsed.push_back(*ip);
    } else {
      bad = true;
    }
  }
  if (ips.size() > 2) invalid(causes, path, json::value(ips), "may only hold up to 2 values");
  if (bad) return;
  if (parsed.size() > 1) {
    bool dual = std::ranges::any_of(
        parsed, [&](const base::IpAddress& each) { return each.family() != parsed[0].family(); });
    if (!dual) {
      invalid(causes, path, json::value(ips), "may specify no more than one IP for each IP family");
    }
  }
  const json::array& families = array_at(spec, "ipFamilies");
  for (size_t i = 0; i < std::min(parsed.size(), families.size()); ++i) {
    std::string_view wanted = text_at(families, i);
    if ((wanted == "IPv4" || wanted == "IPv6") && wanted != base::name(parsed[i].family())) {
      invalid(causes, path.at(i), text_at(ips, i),
              fmt::format("expected an {} value as indicated by `ipFamilies[{}]`", wanted, i));
    }
  }
}

void validate_address_changes(const json::value& service, const json::value& old, Causes& causes) {
  const json::value& spec = member(service, "spec");
  const json::value& before = member(old, "spec");
  if (string_at(spec, "type") == "ExternalName" || string_at(before, "type") == "ExternalName") {
    return;
  }
  bool headless = is_headless(service), was_headless = is_headless(old);
  if (headless && was_headless) return;
  Path path("spec"), policy = path.child("ipFamilyPolicy");
  struct Rule {
    std::string_view key, unset, released;
  };
  for (const Rule& rule :
       {Rule{"clusterIPs", "primary clusterIP can not be unset",
             "must be set to 'SingleStack' when releasing the secondary clusterIP"},
        Rule{"ipFamilies", "primary ipFamily can not be unset",
             "must be set to 'SingleStack' when releasing the secondary ipFamily"}}) {
    if (rule.key == "ipFamilies" && headless != was_headless) continue;
    const json::array& now = array_at(spec, rule.key);
    const json::array& then = array_at(before, rule.key);
    Path list = path.child(rule.key);
    if (now.size() == then.size()) {
      for (size_t i = 0; i < then.size(); ++i) {
        if (text_at(now, i) != text_at(then, i)) {
          invalid(causes, list.at(i), json::value(now), kOnceSet);
        }
      }
      continue;
    }
    if (now.empty()) {
      invalid(causes, list.at(0), json::value(now), rule.unset);
    } else if (!then.empty() && text_at(now, 0) != text_at(then, 0)) {
      invalid(causes, list.at(0), json::value(now), kOnceSet);
    }
    if (now.size() == 1 && then.size() > 1 && string_at(spec, "ipFamilyPolicy") != "SingleStack") {
      invalid(causes, policy, member(spec, "ipFamilyPolicy"), rule.released);
    }
  }
}

}  // namespace nanika::apiserver::kinds
