// Which EndpointSlices to make, change and delete so that they say what is wanted: pure.
//
// Endpoints stay in the slices they are in; new ones fill those that change anyway, then others
// with room, then new ones. A family without endpoints keeps one empty slice.
#pragma once

#include <string>
#include <vector>

#include "apiserver/loops/backends.h"

namespace nanika::apiserver::loops {

struct SlicePlan {
  struct Slice {
    std::string name;  ///< "" for a new one
    std::string address_type;
    json::array ports;
    json::array endpoints;
  };
  std::vector<Slice> create;
  std::vector<Slice> update;  ///< whose endpoints or labels change
  std::vector<std::string> remove;
};

/// `existing` are the EndpointSlices that are ours; `labels` what each shall bear, and nothing
/// else.
SlicePlan plan_slices(std::vector<BackendGroup> wanted, const std::vector<json::value>& existing,
                      const json::object& labels, size_t max_endpoints = 100);

}  // namespace nanika::apiserver::loops
