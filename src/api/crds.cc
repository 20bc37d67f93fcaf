#include "api/crds.h"

#include "api/network/address_claim.h"
#include "api/network/address_pool.h"
#include "api/network/bgp_peer.h"
#include "api/network/network.h"
#include "api/network/network_node_state.h"
#include "api/network/route_advertisement.h"
#include "api/network/traffic_ip.h"

namespace nanika::api {

namespace {

json::array columns_of(const KindInfo& kind) {
  json::array out;
  for (const Column& column : kind.columns) {
    json::object row{{"name", json::string(column.name)}, {"type", json::string(column.type)}};
    row["description"] = json::string(column.description);
    if (column.priority > 0) row["priority"] = column.priority;
    row["jsonPath"] = json::string(column.json_path);
    out.push_back(std::move(row));
  }
  return out;
}

json::object names_of(const KindInfo& kind) {
  std::string singular(kind.kind);
  for (char& c : singular) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  json::object names{{"kind", json::string(kind.kind)},
                     {"listKind", fmt::format("{}List", kind.kind)},
                     {"plural", json::string(kind.plural)},
                     {"singular", singular}};
  if (!kind.short_name.empty()) names["shortNames"] = json::array{json::string(kind.short_name)};
  names["categories"] = json::array{"nanika"};
  return names;
}

json::object crd_of(const KindInfo& kind, json::object schema) {
  const bool has_status = schema["properties"].get_object().contains("status");
  json::object version{{"name", json::string(kind.version)}, {"served", true}, {"storage", true}};
  version["additionalPrinterColumns"] = columns_of(kind);
  if (has_status) version["subresources"] = json::object{{"status", json::object{}}};
  version["schema"] = json::object{{"openAPIV3Schema", std::move(schema)}};
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", json::object{{"name", fmt::format("{}.{}", kind.plural, kind.group)}}},
          {"spec", json::object{{"group", json::string(kind.group)},
                                {"names", names_of(kind)},
                                {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                                {"versions", json::array{std::move(version)}}}}};
}

template <class... Kinds>
std::vector<json::object> crds_of_kinds() {
  std::vector<json::object> out;
  (out.push_back(crd_of(Kinds::kKind, Codec<Kinds>::schema())), ...);
  return out;
}

}  // namespace

std::vector<json::object> all_crds() {
  return crds_of_kinds<AddressClaim, AddressPool, BGPPeer, NetworkNodeState, Network,
                       RouteAdvertisement, TrafficIP>();
}

}  // namespace nanika::api
