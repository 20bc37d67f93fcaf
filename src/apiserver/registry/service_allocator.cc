#include "apiserver/registry/service_allocator.h"

#include <algorithm>

#include "apiserver/kinds/access.h"
#include "apiserver/kinds/field_error.h"
#include "apiserver/kinds/service.h"
#include "apiserver/registry/service_spec.h"
#include "base/random.h"

namespace nanika::apiserver {

namespace {

using base::Family;
using base::IpAddress;
using namespace service_spec;

ApiError wrong(const json::value& service, schema::Cause cause) {
  return invalid({"", "Service"}, base::find_string(service, "metadata", "name"),
                 {std::move(cause)});
}

// A []string as Go's %#v prints it.
std::string go_strings(const std::vector<std::string>& list) {
  std::vector<std::string> quoted;
  for (const std::string& text : list) quoted.push_back(kinds::quote(text));
  return fmt::format("[]string{{{}}}", fmt::join(quoted, ", "));
}

ApiError no_address(const json::value& service, std::string_view why) {
  return wrong(service,
               {"FieldValueInvalid",
                fmt::format("Invalid value: {}: {}", go_strings(cluster_ips(service)), why),
                "spec.clusterIPs"});
}

IpAddress at_offset(const base::IpPrefix& range, base::U128 offset) {
  auto bytes = range.first().bytes();
  int last = range.family() == Family::kIPv4 ? 3 : 15;
  for (int i = last; i >= 0 && offset != 0; --i) {
    base::U128 sum = offset + bytes[static_cast<size_t>(i)];
    bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(sum & 0xFF);
    offset = sum >> 8;
  }
  return IpAddress::from_bytes(range.family(), bytes.data());
}

}  // namespace

// Given back when it goes before the write is done; what the write gave up goes with commit().
class ServiceAllocator::Taken final : public Allocator::Reservation {
 public:
  explicit Taken(ServiceAllocator& from) : from_(from) {}
  ~Taken() override { give_back(addresses, ports); }
  void commit() override {
    give_back(left_addresses, left_ports);
    addresses.clear();
    ports.clear();
  }
  std::vector<IpAddress> addresses, left_addresses;
  std::vector<int> ports, left_ports;

 private:
  void give_back(const std::vector<IpAddress>& unused, const std::vector<int>& unused_ports) {
    std::lock_guard lock(from_.mutex_);
    for (const IpAddress& address : unused) from_.addresses_.erase(address);
    for (int port : unused_ports) from_.ports_.erase(port);
  }
  ServiceAllocator& from_;
};

const base::IpPrefix& ServiceAllocator::range(Family family) const {
  return family == Family::kIPv4 ? ranges_.ipv4 : ranges_.ipv6;
}

void ServiceAllocator::take(const json::value& service) {
  std::lock_guard lock(mutex_);
  for (const IpAddress& address : addresses_of(service)) addresses_.insert(address);
  for (int port : ports_of(service)) ports_.insert(port);
}

void ServiceAllocator::release(const json::value& service) {
  std::lock_guard lock(mutex_);
  for (const IpAddress& address : addresses_of(service)) addresses_.erase(address);
  for (int port : ports_of(service)) ports_.erase(port);
}

ApiResult<std::unique_ptr<Allocator::Reservation>> ServiceAllocator::allocate(
    json::value& service, const json::value* old) {
  kinds::make_object(service, "spec");
  normalize(service, old);
  if (old != nullptr) keep_allocated(service, *old);
  if (type_of(service) == "ExternalName") {
    clear_addresses(service);
  } else {
    TRY(set_families(service, old));
  }
  auto taken = std::make_unique<Taken>(*this);
  {
    std::lock_guard lock(mutex_);
    TRY(give_addresses(service, old, *taken));
    TRY(give_ports(service, old, *taken));
  }
  return std::unique_ptr<Reservation>(std::move(taken));
}

// One family or two, and which comes first: asked for, or read off the addresses asked for, else
// IPv4 alone.
ApiResult<void> ServiceAllocator::set_families(json::value& service, const json::value* old) const {
  json::value& spec = kinds::make_object(service, "spec");
  std::vector<std::string> families = strings_at(spec, "ipFamilies");
  std::vector<std::string> ips = cluster_ips(service);
  std::string policy(kinds::string_at(spec, "ipFamilyPolicy"));
  bool headless = !ips.empty() && ips[0] == "None";
  bool selects = !kinds::object_at(spec, "selector").empty();
  if (old != nullptr && policy == "SingleStack" && families.size() == 2 &&
      families == strings_at(*base::find(*old, "spec"), "ipFamilies")) {
    // Back to one family: the second address goes, unless the client said something else of it.
    families.resize(1);
    if (ips.size() == 2) ips.resize(1);
    set_strings(spec, "clusterIPs", ips);
  }
  if (!headless)
    for (size_t i = families.size(); i < ips.size(); ++i)
      if (auto address = IpAddress::parse(ips[i]))
        families.emplace_back(address->family() == Family::kIPv4 ? "IPv4" : "IPv6");
  if (policy.empty()) {
    bool two = families.size() == 2 || (!headless && ips.size() == 2);
    if (two)
      return api_fail(wrong(service, {"FieldValueInvalid",
                                      "Invalid value: null: must be 'RequireDualStack' or "
                                      "'PreferDualStack' when multiple cluster IPs or families "
                                      "are specified",
                                      "spec.ipFamilyPolicy"}));
    policy = headless && !selects ? "RequireDualStack" : "SingleStack";
  }
  if (families.empty()) families.emplace_back("IPv4");
  if (families.size() == 1 && policy != "SingleStack")
    families.emplace_back(families[0] == "IPv4" ? "IPv6" : "IPv4");
  spec.get_object()["ipFamilyPolicy"] = policy;
  set_strings(spec, "ipFamilies", families);
  return {};
}

ApiResult<std::string> ServiceAllocator::free_address(Family family) {
  const base::IpPrefix& prefix = range(family);
  base::U128 size = base::range_of(prefix).size();
  // Network and last address are nobody's, and the low ones are left to those who ask by number.
  constexpr uint64_t kMaxSize = uint64_t{1} << 32;
  uint64_t usable = size > kMaxSize ? kMaxSize : static_cast<uint64_t>(size) - 1;
  uint64_t low = std::min<uint64_t>(256, usable / 16 + 1);
  if (usable > low)
    for (int tries = 0; tries < 64; ++tries) {
      IpAddress address = at_offset(prefix, low + base::random_below(usable - low));
      if (addresses_.insert(address).second) return address.str();
    }
  for (uint64_t offset = usable; offset-- > 1;) {
    IpAddress address = at_offset(prefix, offset);
    if (addresses_.insert(address).second) return address.str();
  }
  return api_fail(internal_error("failed to allocate a serviceIP: range is full"));
}

ApiResult<void> ServiceAllocator::give_addresses(json::value& service, const json::value* old,
                                                 Taken& taken) {
  std::vector<std::string> ips = cluster_ips(service);
  std::vector<IpAddress> before = old != nullptr ? addresses_of(*old) : std::vector<IpAddress>();
  bool wants = type_of(service) != "ExternalName" && (ips.empty() || ips[0] != "None");
  json::value& spec = kinds::make_object(service, "spec");
  if (wants) {
    std::vector<std::string> families = strings_at(spec, "ipFamilies");
    ips.resize(std::max(ips.size(), families.size()));
    for (size_t i = 0; i < families.size(); ++i) {
      if (ips[i].empty()) {
        ips[i] = TRY(free_address(families[i] == "IPv6" ? Family::kIPv6 : Family::kIPv4));
        taken.addresses.push_back(*IpAddress::parse(ips[i]));
        continue;
      }
      auto address = IpAddress::parse(ips[i]);
      if (!address) continue;  // validation says so
      if (std::ranges::find(before, *address) != before.end()) continue;
      const base::IpPrefix& prefix = range(address->family());
      if (!prefix.contains(*address))
        return api_fail(no_address(
            service, fmt::format("failed to allocate IP {}: the provided IP ({}) is not in the "
                                 "valid range. The range of valid IPs is {}",
                                 ips[i], ips[i], prefix.str())));
      if (!addresses_.insert(*address).second)
        return api_fail(no_address(
            service,
            fmt::format("failed to allocate IP {}: provided IP is already allocated", ips[i])));
      taken.addresses.push_back(*address);
    }
    set_strings(spec, "clusterIPs", ips);
    spec.get_object()["clusterIP"] = ips.front();
  }
  std::vector<IpAddress> now = addresses_of(service);
  for (const IpAddress& address : before)
    if (std::ranges::find(now, address) == now.end()) taken.left_addresses.push_back(address);
  return {};
}

ApiResult<int> ServiceAllocator::give_port(const json::value& service, std::string field,
                                           int wanted, const std::set<int>& own, Taken& taken) {
  auto refuse = [&](std::string_view why) {
    return api_fail(
        wrong(service, {"FieldValueInvalid", fmt::format("Invalid value: {}: {}", wanted, why),
                        std::move(field)}));
  };
  if (wanted != 0) {
    if (own.contains(wanted)) return wanted;
    if (wanted < ranges_.first_port || wanted > ranges_.last_port)
      return refuse(
          fmt::format("provided port is not in the valid range. The range of valid "
                      "ports is {}-{}",
                      ranges_.first_port, ranges_.last_port));
    if (!ports_.insert(wanted).second) return refuse("provided port is already allocated");
    taken.ports.push_back(wanted);
    return wanted;
  }
  int size = ranges_.last_port - ranges_.first_port + 1;
  int start = static_cast<int>(base::random_below(static_cast<uint64_t>(size)));
  for (int i = 0; i < size; ++i) {
    int port = ranges_.first_port + (start + i) % size;
    if (!ports_.insert(port).second) continue;
    taken.ports.push_back(port);
    return port;
  }
  return api_fail(internal_error("failed to allocate a nodePort: range is full"));
}

ApiResult<void> ServiceAllocator::give_ports(json::value& service, const json::value* old,
                                             Taken& taken) {
  std::set<int> own = old != nullptr ? ports_of(*old) : std::set<int>();
  json::value& spec = kinds::make_object(service, "spec");
  json::value* ports = spec.get_object().if_contains("ports");
  if (needs_node_ports(service) && ports != nullptr && ports->is_array()) {
    // One number may serve several protocols of one port of a Service.
    std::map<int64_t, int> chosen;
    size_t index = 0;
    for (json::value& port : ports->get_array()) {
      int wanted = static_cast<int>(kinds::int_at(port, "nodePort"));
      int64_t number = kinds::int_at(port, "port");
      if (wanted == 0 && chosen.contains(number)) wanted = chosen[number];
      int given = TRY(
          give_port(service, fmt::format("spec.ports[{}].nodePort", index++), wanted, own, taken));
      port.as_object()["nodePort"] = given;
      chosen[number] = given;
      own.insert(given);
    }
  }
  if (kinds::needs_health_check(service)) {
    int wanted = static_cast<int>(kinds::int_at(spec, "healthCheckNodePort"));
    spec.get_object()["healthCheckNodePort"] =
        TRY(give_port(service, "spec.healthCheckNodePort", wanted, own, taken));
  }
  std::set<int> now = ports_of(service);
  if (old != nullptr)
    for (int port : ports_of(*old))
      if (!now.contains(port)) taken.left_ports.push_back(port);
  return {};
}

}  // namespace nanika::apiserver
