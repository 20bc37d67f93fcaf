#include "network/bgp/bird_status.h"

#include <charconv>
#include <optional>

#include "network/bgp/bird_config.h"

namespace nanika::network::bgp {

namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Cuts the first word off.
std::string_view word(std::string_view& text) {
  text = trim(text);
  const size_t end = text.find_first_of(" \t");
  const std::string_view out = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  return out;
}

std::optional<std::string_view> after(std::string_view line, std::string_view label) {
  if (!line.starts_with(label)) return std::nullopt;
  return trim(line.substr(label.size()));
}

/// The number before `unit` in "2 imported, 0 exported, 2 preferred".
int64_t count_of(std::string_view text, std::string_view unit) {
  const size_t at = text.find(unit);
  if (at == std::string_view::npos) return 0;
  std::string_view before = trim(text.substr(0, at));
  before = before.substr(before.find_last_of(" ,") + 1);
  int64_t out = 0;
  std::from_chars(before.data(), before.data() + before.size(), out);
  return out;
}

/// "2026-11-23 21:49:44.037" in the machine's time zone; BIRD prints no other.
base::WallTime local_time(std::string_view date, std::string_view clock) {
  std::tm tm{};
  const std::string text = fmt::format("{} {}", date, clock.substr(0, 8));
  if (::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &tm) == nullptr) return {};
  tm.tm_isdst = -1;
  return std::chrono::sys_time<std::chrono::seconds>(std::chrono::seconds(std::mktime(&tm)));
}

/// Reads the lines of one protocol.
class Section {
 public:
  Section(SessionState& state, std::string_view row) : state_(state) {
    word(row);  // name
    word(row);  // proto
    word(row);  // table
    const std::string_view up = word(row);
    const std::string_view date = word(row);
    const std::string_view clock = word(row);
    state_.since = local_time(date, clock);
    state_.state = up == "up" ? "Established" : "Idle";
    const std::string_view info = trim(row);
    for (std::string_view name :
         {"Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established"})
      if (info.starts_with(name)) state_.state = name;
  }

  void line(std::string_view text) {
    text = trim(text);
    if (auto value = after(text, "BGP state:")) state_.state = *value;
    if (auto value = after(text, "Last error:")) state_.last_error = *value;
    if (auto value = after(text, "Neighbor address:")) neighbor_ = *value;
    if (auto value = after(text, "Channel "))
      family_ = *value == "ipv6" ? Family::kIPv6 : Family::kIPv4;
    if (auto value = after(text, "Routes:"); value && family_)
      state_.routes[*family_] = {count_of(*value, "exported"), count_of(*value, "imported")};
  }
  const std::string& neighbor() const { return neighbor_; }

 private:
  SessionState& state_;
  std::string neighbor_;
  std::optional<Family> family_;
};

/// Rows of `show bfd sessions`: address, interface, state, ...
std::string bfd_state(const BirdReply& bfd, const base::IpAddress& peer) {
  for (const BirdLine& line : bfd.lines) {
    std::string_view rest = line.text;
    if (word(rest) != peer.str()) continue;
    word(rest);
    return word(rest) == "Up" ? "Up" : "Down";
  }
  return "Down";
}

}  // namespace

std::vector<SessionState> parse_sessions(const BirdReply& protocols, const BirdReply* bfd,
                                         const std::vector<SpeakerPeer>& peers) {
  std::vector<SessionState> out;
  for (const SpeakerPeer& peer : peers) {
    SessionState state{.peer = peer.name, .state = "Idle"};
    std::optional<Section> section;
    for (const BirdLine& line : protocols.lines) {
      if (line.code == 1002) {
        std::string_view row = line.text;
        section.reset();
        if (word(row) == bird_protocol_name(peer.name)) section.emplace(state, line.text);
      } else if (line.code == 1006 && section) {
        section->line(line.text);
      }
    }
    if (peer.bfd && bfd != nullptr) state.bfd = bfd_state(*bfd, peer.address);
    out.push_back(std::move(state));
  }
  return out;
}

}  // namespace nanika::network::bgp
