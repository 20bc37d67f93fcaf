#include <cstdio>

#include "api/crds.h"
#include "base/file.h"
#include "base/yaml.h"
#include "cli/commands.h"

namespace nanika::cli {

using base::Result;

Result<void> run_crds(const std::string& folder) {
  for (const base::json::object& crd : api::all_crds()) {
    const std::string yaml = "---\n" + base::to_yaml(crd);
    if (folder.empty()) {
      std::fwrite(yaml.data(), 1, yaml.size(), stdout);
      continue;
    }
    const std::string name(base::find_string(crd.at("metadata"), "name"));
    TRY(base::write_file_atomic(fmt::format("{}/{}.yaml", folder, name), yaml));
  }
  return {};
}

}  // namespace nanika::cli
