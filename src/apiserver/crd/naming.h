// The status of a CustomResourceDefinition: which names it got, and its conditions.
//
//   TakenNames taken;                                       // of the other CRDs of its group
//   for (const json::value& other : others) taken.add(other);
//   json::value status = next_status(crd, taken, clock.wall());
//   if (!base::json_equal(status, *base::find(crd, "status"))) store it;
//
// A name that another CRD holds stays with that one until it lets go: so after a CRD of the group
// was deleted or gave up a name, compute the others anew. Upstream: pkg/controller/{status,
// establish,nonstructuralschema,apiapproval}; here names and Established come in one step, since
// the registry serves a CRD in the same commit.
#pragma once

#include <set>
#include <string>

#include "base/clock.h"
#include "base/json.h"

namespace nanika::apiserver::crd {

namespace json = boost::json;

/// What status.acceptedNames of other CRDs hold. Kinds and resources are apart.
struct TakenNames {
  std::set<std::string, std::less<>> resources;  ///< plurals, singulars, short names
  std::set<std::string, std::less<>> kinds;      ///< kinds and list kinds
  void add(const json::value& crd);
};

/// The whole next status. Conditions keep their lastTransitionTime unless their status changes.
json::value next_status(const json::value& crd, const TakenNames& taken, base::WallTime now);

}  // namespace nanika::apiserver::crd
