#include "lab/spec.h"

#include "lab/spec_reader.h"

namespace nanika::lab {

using base::Family;
using base::IpAddress;
using base::IpPrefix;
using base::Result;

namespace {

// Lab and member together name a namespace: at most 64 with the hyphen.
constexpr size_t kMaxLabel = 40;
constexpr size_t kMaxLabName = 23;
constexpr size_t kMaxInterface = 15;  // IFNAMSIZ
constexpr int64_t kMaxAsn = 4294967294;

/// A DNS label (RFC 1123), as Kubernetes names things.
bool is_label(std::string_view text, size_t longest) {
  auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= longest && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, good);
}

Result<std::string> read_label(const SpecValue& value, size_t longest) {
  std::string text = TRY(value.text());
  if (!is_label(text, longest)) {
    return value.bad("\"{}\" is no name: use 1 to {} small letters, digits and -, not at the ends",
                     text, longest);
  }
  return text;
}

Result<IpAddress> read_address(const SpecValue& value) {
  auto address = IpAddress::parse(TRY(value.text()));
  if (!address) return value.bad("{}", address.error().message);
  return *address;
}

Result<IpPrefix> read_prefix(const SpecValue& value) {
  auto prefix = IpPrefix::parse(TRY(value.text()));
  if (!prefix) return value.bad("{}", prefix.error().message);
  return *prefix;
}

/// "192.0.2.10/24": an address with host bits.
Result<AddressSpec> read_link_address(const SpecValue& value) {
  std::string text = TRY(value.text());
  size_t slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return value.bad("{}", address.error().message);
  std::string zero = address->family() == Family::kIPv4 ? "0.0.0.0" : "::";
  // The length by the prefix parser's rules.
  auto length = IpPrefix::parse(slash == std::string::npos ? zero : zero + text.substr(slash));
  if (!length) return value.bad("\"{}\" is no address with a length, such as 192.0.2.10/24", text);
  return AddressSpec{*address, length->length()};
}

Result<RouteSpec> read_route(const SpecValue& value) {
  RouteSpec route;
  bool blackhole = false;
  TRY(value.fields({
      {"to",
       [&](const SpecValue& v) -> Result<void> {
         route.to = TRY(read_prefix(v));
         return {};
       }},
      {"via",
       [&](const SpecValue& v) -> Result<void> {
         route.via = TRY(read_address(v));
         return {};
       }},
      {"type",
       [&](const SpecValue& v) -> Result<void> {
         std::string type = TRY(v.text());
         if (type != "Unicast" && type != "Blackhole") return v.bad("want Unicast or Blackhole");
         blackhole = type == "Blackhole";
         return {};
       }},
  }));
  if (!value.has("to")) return value.bad("`to` is missing: the prefix that the route leads to");
  if (blackhole == route.via.has_value()) {
    return value.bad("want `via` (the next router's address), or `type: Blackhole`");
  }
  return route;
}

using Fields = std::map<std::string_view, SpecValue::Visit>;

/// The fields that all members have.
Fields member_fields(MemberSpec& member) {
  return {
      {"name",
       [&member](const SpecValue& v) -> Result<void> {
         member.name = TRY(read_label(v, kMaxLabel));
         return {};
       }},
      {"sysctls",
       [&member](const SpecValue& v) {
         return v.each_field([&](const std::string& key, const SpecValue& item) -> Result<void> {
           bool plain = std::ranges::all_of(key, [](char c) {
             return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' ||
                    c == '-' || c == '/';
           });
           if (!plain || !key.starts_with("net.") || key.contains("..")) {
             return item.bad("only settings of the network (net.*) belong to a namespace");
           }
           member.sysctls[key] = TRY(item.scalar());
           return {};
         });
       }},
      {"routes",
       [&member](const SpecValue& v) {
         return v.each_item([&](const SpecValue& item) -> Result<void> {
           member.routes.push_back(TRY(read_route(item)));
           return {};
         });
       }},
  };
}

Result<uint32_t> read_asn(const SpecValue& value) {
  int64_t asn = TRY(value.integer(1, kMaxAsn));
  if (asn == 23456 || asn == 65535) return value.bad("AS {} is reserved (RFC 6793, RFC 7300)", asn);
  return static_cast<uint32_t>(asn);
}

Result<NeighborSpec> read_neighbor(const SpecValue& value) {
  NeighborSpec neighbor;
  TRY(value.fields({
      {"address",
       [&](const SpecValue& v) -> Result<void> {
         neighbor.address = TRY(read_address(v));
         return {};
       }},
      {"asn",
       [&](const SpecValue& v) -> Result<void> {
         neighbor.asn = TRY(read_asn(v));
         return {};
       }},
      {"families",
       [&](const SpecValue& v) {
         neighbor.ipv4 = neighbor.ipv6 = false;
         return v.each_item([&](const SpecValue& item) -> Result<void> {
           std::string family = TRY(item.text());
           if (family != "IPv4" && family != "IPv6") return item.bad("want IPv4 or IPv6");
           (family == "IPv4" ? neighbor.ipv4 : neighbor.ipv6) = true;
           return {};
         });
       }},
      {"password",
       [&](const SpecValue& v) -> Result<void> {
         neighbor.password = TRY(v.text());
         if (neighbor.password.find_first_of(" \t\n!#") != std::string::npos) {
           return v.bad("FRR cannot hold spaces, ! or # in a password");
         }
         return {};
       }},
      {"bfd",
       [&](const SpecValue& v) -> Result<void> {
         neighbor.bfd = TRY(v.boolean());
         return {};
       }},
      {"passive",
       [&](const SpecValue& v) -> Result<void> {
         neighbor.passive = TRY(v.boolean());
         return {};
       }},
  }));
  if (!value.has("address") || !value.has("asn")) {
    return value.bad("a neighbor needs `address` and `asn`");
  }
  return neighbor;
}

Result<RouterSpec> read_router(const SpecValue& value) {
  RouterSpec router;
  Fields fields = member_fields(router);
  fields["engine"] = [](const SpecValue& v) -> Result<void> {
    if (TRY(v.text()) != "FRR") return v.bad("want FRR");
    return {};
  };
  fields["asn"] = [&](const SpecValue& v) -> Result<void> {
    router.asn = TRY(read_asn(v));
    return {};
  };
  fields["routerID"] = [&](const SpecValue& v) -> Result<void> {
    router.router_id = TRY(read_address(v));
    if (router.router_id.family() != Family::kIPv4) return v.bad("want an IPv4 address");
    return {};
  };
  fields["networks"] = [&](const SpecValue& v) {
    return v.each_item([&](const SpecValue& item) -> Result<void> {
      router.networks.push_back(TRY(read_prefix(item)));
      return {};
    });
  };
  fields["neighbors"] = [&](const SpecValue& v) {
    return v.each_item([&](const SpecValue& item) -> Result<void> {
      router.neighbors.push_back(TRY(read_neighbor(item)));
      return {};
    });
  };
  fields["extraConfig"] = [&](const SpecValue& v) -> Result<void> {
    router.extra_config = TRY(v.text());
    return {};
  };
  TRY(value.fields(fields));
  if (!value.has("asn") || !value.has("routerID")) {
    return value.bad("a router needs `asn` and `routerID`");
  }
  return router;
}

Result<WorkloadSpec> read_workload(const SpecValue& value) {
  WorkloadSpec workload;
  Fields fields = member_fields(workload);
  fields["namespace"] = [&](const SpecValue& v) -> Result<void> {
    workload.pod_namespace = TRY(read_label(v, 63));
    return {};
  };
  fields["pod"] = [&](const SpecValue& v) -> Result<void> {
    workload.pod = TRY(read_label(v, 63));
    return {};
  };
  fields["labels"] = [&](const SpecValue& v) {
    return v.each_field([&](const std::string& key, const SpecValue& item) -> Result<void> {
      workload.labels[key] = TRY(item.text());
      return {};
    });
  };
  fields["port"] = [&](const SpecValue& v) -> Result<void> {
    workload.port = static_cast<uint16_t>(TRY(v.integer(1, 65535)));
    return {};
  };
  TRY(value.fields(fields));
  if (workload.pod.empty()) workload.pod = workload.name;
  return workload;
}

template <class Member>
Result<Member> read_plain(const SpecValue& value) {
  Member member;
  TRY(value.fields(member_fields(member)));
  return member;
}

Result<LinkEnd> read_end(const SpecValue& value) {
  LinkEnd end;
  TRY(value.fields({
      {"member",
       [&](const SpecValue& v) -> Result<void> {
         end.member = TRY(read_label(v, kMaxLabel));
         return {};
       }},
      {"interface",
       [&](const SpecValue& v) -> Result<void> {
         end.interface = TRY(read_label(v, kMaxInterface));
         return {};
       }},
      {"addresses",
       [&](const SpecValue& v) {
         return v.each_item([&](const SpecValue& item) -> Result<void> {
           end.addresses.push_back(TRY(read_link_address(item)));
           return {};
         });
       }},
  }));
  if (!value.has("member")) return value.bad("`member` is missing: whose end of the link this is");
  return end;
}

/// Names seen, to refuse a second use and links to nobody.
struct Names {
  std::set<std::string> members;
  std::set<std::pair<std::string, std::string>> interfaces;
};

Result<LinkSpec> read_link(const SpecValue& value, Names& names) {
  std::vector<LinkEnd> ends;
  TRY(value.each_item([&](const SpecValue& item) -> Result<void> {
    ends.push_back(TRY(read_end(item)));
    return {};
  }));
  if (ends.size() != 2) return value.bad("a link has two ends, not {}", ends.size());
  for (size_t i = 0; i < 2; i++) {
    LinkEnd& end = ends[i];
    const std::string& other = ends[1 - i].member;
    if (!names.members.contains(end.member)) {
      return value.bad("no member is named {}", end.member);
    }
    if (end.member == other) return value.bad("both ends are {}'s", other);
    if (end.interface.empty()) {
      if (other.size() > kMaxInterface) {
        return value.bad("name the interface: {} is longer than {} letters", other, kMaxInterface);
      }
      end.interface = other;
    }
    if (end.interface == "lo" || !names.interfaces.emplace(end.member, end.interface).second) {
      return value.bad("{} has an interface {} already: name this one", end.member, end.interface);
    }
  }
  return LinkSpec{std::move(ends[0]), std::move(ends[1])};
}

/// A list of members: each has a name that nobody had before.
template <class Member>
SpecValue::Visit member_list(std::vector<Member>& out, Names& names,
                             Result<Member> (*read)(const SpecValue&)) {
  return [&out, &names, read](const SpecValue& list) {
    return list.each_item([&](const SpecValue& item) -> Result<void> {
      Member member = TRY(read(item));
      if (member.name.empty()) return item.bad("`name` is missing");
      if (!names.members.insert(member.name).second) {
        return item.bad("a member named {} is there already", member.name);
      }
      out.push_back(std::move(member));
      return {};
    });
  };
}

}  // namespace

Result<LabSpec> parse_lab(std::string_view text, std::string_view file) {
  SpecSource source{.file = std::string(file), .positions = {}};
  base::json::value document = TRY(in_context(base::parse_yaml(text, source.positions), file));
  SpecValue root(source, document, "");
  LabSpec spec;
  Names names;
  std::optional<SpecValue> links;  // read last: they name members
  TRY(root.fields({
      {"name",
       [&](const SpecValue& v) -> Result<void> {
         spec.name = TRY(read_label(v, kMaxLabName));
         return {};
       }},
      {"nodes", member_list(spec.nodes, names, read_plain<NodeSpec>)},
      {"routers", member_list(spec.routers, names, read_router)},
      {"sites", member_list(spec.sites, names, read_plain<SiteSpec>)},
      {"workloads", member_list(spec.workloads, names, read_workload)},
      {"links",
       [&](const SpecValue& v) -> Result<void> {
         links = v;
         return {};
       }},
  }));
  if (spec.name.empty()) return root.bad("`name` is missing: what the lab is called");
  if (links) {
    TRY(links->each_item([&](const SpecValue& item) -> Result<void> {
      spec.links.push_back(TRY(read_link(item, names)));
      return {};
    }));
  }
  return spec;
}

std::string AddressSpec::str() const {
  return fmt::format("{}/{}", address.str(), length);
}

std::vector<AddressSpec> LabSpec::addresses_of(std::string_view member) const {
  std::vector<AddressSpec> out;
  for (const LinkSpec& link : links) {
    for (const LinkEnd* end : {&link.first, &link.second}) {
      if (end->member == member)
        out.insert(out.end(), end->addresses.begin(), end->addresses.end());
    }
  }
  return out;
}

std::string LabSpec::node_of(std::string_view member) const {
  auto is_node = [&](const std::string& candidate) {
    return std::ranges::find(nodes, candidate, &NodeSpec::name) != nodes.end();
  };
  for (const LinkSpec& link : links) {
    if (link.first.member == member && is_node(link.second.member)) return link.second.member;
    if (link.second.member == member && is_node(link.first.member)) return link.first.member;
  }
  return "";
}

bool is_lab_name(std::string_view text) {
  return is_label(text, kMaxLabName);
}

std::string netns_of(std::string_view lab, std::string_view member) {
  return fmt::format("{}-{}", lab, member);
}

}  // namespace nanika::lab
