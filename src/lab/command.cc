#include "lab/command.h"

#include <csignal>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/log.h"
#include "lab/lab.h"
#include "lab/serve.h"

namespace nanika::lab {

using base::Code;
using base::Result;

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kDown = 3;
constexpr int kPartial = 4;

Result<LabSpec> read_spec(const std::string& file) {
  return parse_lab(TRY(base::read_file(file, 1 << 20)), file);
}

/// A lab by its file, by its name, or the only one that there is.
Result<std::string> lab_name(const std::string& text) {
  if (text.contains('/') || text.ends_with(".yaml") || text.ends_with(".yml")) {
    return TRY(read_spec(text)).name;
  }
  if (!text.empty()) return text;
  std::vector<std::string> names;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(LabOptions().run_dir, ec)) {
    if (entry.is_directory(ec)) names.push_back(entry.path().filename().string());
  }
  if (names.size() == 1) return names[0];
  if (names.empty()) return base::fail(Code::kNotFound, "no lab is up here");
  return base::fail(Code::kInvalid, "which lab? There are {}", fmt::join(names, ", "));
}

Result<int> up(const std::string& file, int timeout_seconds) {
  LabSpec spec = TRY(read_spec(file));
  Lab lab(spec.name);
  auto deadline = base::system_clock().mono() + std::chrono::seconds(timeout_seconds);
  TRY(lab.up(spec, deadline, {}));
  base::log::info("lab", fmt::format("lab {} is up: {} nodes, {} routers, {} sites, {} workloads",
                                     spec.name, spec.nodes.size(), spec.routers.size(),
                                     spec.sites.size(), spec.workloads.size()));
  return 0;
}

Result<int> down(const std::string& which) {
  auto name = lab_name(which);
  if (!name && which.empty() && name.error().code == Code::kNotFound) return 0;
  if (!name) return std::unexpected(name.error());
  TRY(Lab(*name).down());
  base::log::info("lab", fmt::format("lab {} is down", *name));
  return 0;
}

Result<int> status(const std::string& which) {
  auto name = lab_name(which);
  if (!name && which.empty() && name.error().code == Code::kNotFound) {
    std::cout << "no lab is up here\n";
    return kDown;
  }
  if (!name) return std::unexpected(name.error());
  LabStatus status = TRY(Lab(*name).status());
  std::cout << fmt::format("lab {}: {}\n", *name, lab::name(status.state));
  if (!status.members.empty()) {
    std::cout << fmt::format("{:<16} {:<9} {:<28} {}\n", "MEMBER", "KIND", "NETNS", "RUNNING");
  }
  for (const MemberStatus& member : status.members) {
    std::vector<std::string> daemons;
    for (const auto& daemon : member.daemons) {
      daemons.push_back(fmt::format("{}{}", daemon.name, daemon.running ? "" : " (gone)"));
    }
    std::cout << fmt::format("{:<16} {:<9} {:<28} {}\n", member.name, member.kind,
                             member.present ? member.netns : member.netns + " (gone)",
                             fmt::join(daemons, ", "));
  }
  switch (status.state) {
    case LabStatus::State::kUp:
      return 0;
    case LabStatus::State::kDown:
      return kDown;
    case LabStatus::State::kPartial:
      break;
  }
  return kPartial;
}

Result<int> exec(const std::string& which, const std::string& member,
                 const std::vector<std::string>& argv) {
  if (argv.empty()) return base::fail(Code::kInvalid, "what shall run in {}?", member);
  Lab lab(TRY(lab_name(which)));
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the command
  return lab.exec(member, argv);
}

/// What the command line asks for; each subcommand sets `action`.
struct CommandLine {
  CLI::App app{"Network namespaces that play nodes, routers, sites and workloads", "nanika lab"};
  std::function<Result<int>()> action;
  std::string file, which, member, log_format = "text";
  int timeout_seconds = 60;
  ServeOptions serve_options;

  CommandLine() {
    app.require_subcommand(1);
    app.add_option("--log-format", log_format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    auto* up_command = app.add_subcommand("up", "Make the lab of a file; nothing, when it stands");
    up_command->add_option("FILE", file, "The lab's YAML file")->required();
    up_command->add_option("--timeout", timeout_seconds, "Seconds until it must stand")
        ->check(CLI::Range(1, 3600));
    up_command->fallthrough();
    up_command->callback([this] { action = [this] { return up(file, timeout_seconds); }; });

    auto* down_command = app.add_subcommand("down", "Remove a lab and all that runs in it");
    down_command->add_option("LAB", which, "Its file or name; by default the only one");
    down_command->fallthrough();
    down_command->callback([this] { action = [this] { return down(which); }; });

    auto* status_command =
        app.add_subcommand("status", "Show a lab; exit status 0: up, 3: down, 4: partial");
    status_command->add_option("LAB", which, "Its file or name; by default the only one");
    status_command->fallthrough();
    status_command->callback([this] { action = [this] { return status(which); }; });

    auto* exec_command = app.add_subcommand(
        "exec", "Run a command in a member: exec edge-1 vtysh -c 'show bgp summary'");
    exec_command->add_option("--lab", which, "The lab's file or name; by default the only one");
    exec_command->add_option("MEMBER", member, "Whose namespace")->required();
    exec_command->prefix_command();
    exec_command->callback([this, exec_command] {
      action = [this, exec_command] { return exec(which, member, exec_command->remaining()); };
    });

    auto* serve_command = app.add_subcommand("serve", "A workload's page")->group("");  // hidden
    serve_command->add_option("--workload", serve_options.workload);
    serve_command->add_option("--namespace", serve_options.pod_namespace);
    serve_command->add_option("--pod", serve_options.pod);
    serve_command->add_option("--node", serve_options.node);
    serve_command->add_option("--port", serve_options.port)->check(CLI::Range(1, 65535));
    serve_command->callback([this] {
      action = [this]() -> Result<int> {
        TRY(serve(serve_options));
        return 0;
      };
    });
  }
};

}  // namespace

int run_command(const std::vector<std::string>& arguments) {
  CommandLine line;
  try {
    line.app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return line.app.exit(error) == 0 ? 0 : kUsage;
  }
  bool json = line.log_format == "json";
  base::log::configure(json ? base::log::Format::kJson : base::log::Format::kText,
                       base::log::Level::kInfo);
  auto status = line.action();
  if (status) return *status;
  base::log::error("lab", status.error().message);
  return kFailed;
}

}  // namespace nanika::lab
