// YAML 1.1 as kubectl reads it (the JSON subset of sigs.k8s.io/yaml), parsed by libyaml into JSON
// values.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace nanika::base {

/// One document. Errors are kInvalid with "line 3, column 7: ...". Duplicate keys, aliases that
/// expand beyond 10 times the input, tags other than the core schema's, and keys that are no
/// scalars are refused. An empty document is null. Scalars resolve as sigs.k8s.io/yaml does
/// (yes/no/on/off stay strings only when quoted).
Result<json::value> parse_yaml(std::string_view text);

/// The same, but the last of duplicate keys counts, as readers of old YAML expect. `duplicates`
/// lists the later ones in the words of Go's yaml: `line 4: key "a" already set in map`.
Result<json::value> parse_yaml(std::string_view text, std::vector<std::string>& duplicates);

/// Where a value begins, from 1.
struct YamlPosition {
  size_t line = 0;
  size_t column = 0;
};
/// By path: "" is the document, "spec.ports[0].name" a value in it.
using YamlPositions = std::map<std::string, YamlPosition, std::less<>>;

/// The same, and where each value stands: for messages about what the values say.
Result<json::value> parse_yaml(std::string_view text, YamlPositions& positions);

/// All documents of a stream separated by `---`, empty ones left out.
Result<std::vector<json::value>> parse_yaml_stream(std::string_view text);

/// Block-style YAML, keys in the object's order, strings quoted where a reader could take them for
/// something else.
std::string to_yaml(const json::value& value);

}  // namespace nanika::base
