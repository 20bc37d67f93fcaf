// BIRD's control socket: one command a line, replies of coded lines (the protocol of birdc).
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace nanika::network::bgp {

struct BirdLine {
  int code = 0;
  std::string text;
};

/// One whole reply; asynchronous lines (`+`) are left out.
struct BirdReply {
  std::vector<BirdLine> lines;
  int code() const { return lines.empty() ? 0 : lines.back().code; }
  /// 8xxx runtime and 9xxx parse errors as an Error: 8002's message has file:line:column.
  base::Result<void> check() const;
};

/// A connection. Threading: one thread at a time. After an error it is dead: connect anew.
class BirdControl {
 public:
  /// kUnavailable: nobody listens on `socket_path`. Reads the greeting.
  static base::Result<std::unique_ptr<BirdControl>> connect(const std::string& socket_path,
                                                            base::Duration timeout);
  virtual ~BirdControl() = default;
  /// Sends one command and reads its whole reply, errors of BIRD's included. kDeadlineExceeded:
  /// BIRD hangs.
  virtual base::Result<BirdReply> command(std::string_view line, base::Duration timeout) = 0;
};

/// Cuts a reply out of what was read: for the client and for tests. Returns false while the last
/// line is not there.
bool parse_bird_reply(std::string_view received, BirdReply& out);

}  // namespace nanika::network::bgp
