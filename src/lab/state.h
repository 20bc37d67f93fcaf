// What a lab made, as written in its folder (state.json, for root alone: it holds passwords).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/frr.h"

namespace nanika::lab {

struct MemberState {
  std::string name;
  std::string kind;
  std::string netns;
  std::vector<Daemon> daemons;
};

struct LabState {
  bool complete = false;  ///< up() came to its end
  std::string plan;       ///< describe(), as text
  std::vector<MemberState> members;
};

/// Empty when there is none. kInternal for a file that is broken, with what to do.
base::Result<std::optional<LabState>> read_state(const std::string& dir);
base::Result<void> write_state(const std::string& dir, const LabState& state);

}  // namespace nanika::lab
