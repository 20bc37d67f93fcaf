// `nanika lab ...`: the command line of labs.
#pragma once

#include <string>
#include <vector>

namespace nanika::lab {

/// `arguments` are those after `lab`: up FILE | down FILE-or-NAME | status FILE-or-NAME |
/// exec [--lab NAME] MEMBER COMMAND... | serve (hidden: a workload's page). Messages go to stderr,
/// answers to stdout. Exit status: 0 done; 1 failed; 2 wrong usage; of `status`: 0 up, 3 down, 4
/// partial; of `exec`: the command's own.
int run_command(const std::vector<std::string>& arguments);

}  // namespace nanika::lab
