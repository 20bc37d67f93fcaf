// What Kubernetes calls valid names: each check returns the sentences of what is wrong, in
// upstream's words, empty when all is well (k8s.io/apimachinery util/validation).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nanika::apiserver::kinds {

using Problems = std::vector<std::string>;

Problems dns1123_label(std::string_view value);      ///< names of Namespaces, EndpointSlices' ports
Problems dns1123_subdomain(std::string_view value);  ///< names of most kinds
Problems dns1035_label(std::string_view value);      ///< [a-z]([-a-z0-9]*[a-z0-9])?
Problems label_key(std::string_view value);  ///< [prefix/]name: also finalizers, condition types
Problems label_value(std::string_view value);
Problems config_map_key(std::string_view value);
Problems port_name(std::string_view value);     ///< IANA_SVC_NAME: containers' ports
Problems env_var_name(std::string_view value);  ///< printable ASCII but `=`
Problems path_segment(std::string_view value);  ///< custom resources whose CRD says nothing else
Problems http_header_name(std::string_view value);
Problems port_number(int64_t value);  ///< 1 to 65535
Problems in_range(int64_t value, int64_t low, int64_t high);

/// A rule for metadata.name. With `prefix` the name is a generateName: a trailing dash is fine.
using NameRule = Problems (*)(std::string_view name, bool prefix);
Problems name_is_dns_label(std::string_view name, bool prefix);
Problems name_is_dns_subdomain(std::string_view name, bool prefix);
Problems name_is_dns1035_label(std::string_view name, bool prefix);

/// The name a generateName becomes: the base cut to 58 characters, and five that are hard to
/// confuse, chosen by `random` (upstream's names.SimpleNameGenerator).
std::string generate_name(std::string_view base, uint64_t random);

}  // namespace nanika::apiserver::kinds
