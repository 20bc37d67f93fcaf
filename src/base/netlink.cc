#include "base/netlink.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/netlink_message.h"
#include "base/netns.h"

namespace nanika::base {

namespace {

/// Acks of one batch wait in our receive buffer, of which we may not be allowed to ask for more
/// than the default: about 200 KiB, and each ack counts for about 1 KiB.
constexpr size_t kBatch = 128;
constexpr int kReceiveBuffer = 4 << 20;
constexpr int kDumpAttempts = 10;

/// The kernel's verdict in an NLMSG_ERROR message, with its own words where it has any.
Result<void> verdict(const nlmsghdr& message) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr))) {
    return fail(Code::kInternal, "netlink: answer is too short");
  }
  const char* start = reinterpret_cast<const char*>(&message);
  const auto* error = reinterpret_cast<const nlmsgerr*>(start + NLMSG_HDRLEN);
  if (error->error == 0) return {};
  std::string words;
  if ((message.nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
    // NETLINK_CAP_ACK: only the header of our message is echoed before the attributes.
    size_t offset = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nlmsgerr));
    if ((message.nlmsg_flags & NLM_F_CAPPED) == 0) {
      offset += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
    }
    if (offset < message.nlmsg_len) {
      each_attribute({start + offset, message.nlmsg_len - offset}, [&](NetlinkAttribute a) {
        if (a.type == NLMSGERR_ATTR_MSG) words = a.text();
      });
    }
  }
  if (words.empty()) return fail_errno("kernel", -error->error);
  return fail_errno(words, -error->error);
}

template <class Handler>
Result<void> each_message(const Result<std::span<const char>>& received, Handler handler) {
  std::span<const char> data = TRY(received);
  const char* at = data.data();
  size_t left = data.size();
  while (left >= sizeof(nlmsghdr)) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(at);
    if (message->nlmsg_len < sizeof(nlmsghdr) || message->nlmsg_len > left) {
      return fail(Code::kInternal, "netlink: broken message");
    }
    handler(*message);
    size_t length = std::min<size_t>(NLMSG_ALIGN(message->nlmsg_len), left);
    at += length;
    left -= length;
  }
  return {};
}

}  // namespace

Result<Netlink> Netlink::open(std::string_view netns) {
  UniqueFd fd = TRY(open_socket_in_netns(netns, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  int on = 1;
  for (int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK}) {
    if (::setsockopt(fd.get(), SOL_NETLINK, option, &on, sizeof on) != 0) {
      return fail_errno("netlink option");
    }
  }
  // Refused to the unprivileged, for whom the default suffices.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer);
  timeval patience{.tv_sec = 10, .tv_usec = 0};  // the kernel answers at once, or is broken
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_nl self{.nl_family = AF_NETLINK};
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof self) != 0) {
    return fail_errno("bind netlink socket");
  }
  Netlink out(std::move(fd));
  out.buffer_.resize(64 << 10);
  return out;
}

Result<void> Netlink::send(std::string_view bytes) {
  sockaddr_nl kernel{.nl_family = AF_NETLINK};
  ssize_t n;
  do {
    n = ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel),
                 sizeof kernel);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return fail_errno("send to netlink");
  return {};
}

Result<std::span<const char>> Netlink::receive() {
  while (true) {
    ssize_t n = ::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC | MSG_PEEK);
    if (n > 0 && static_cast<size_t>(n) > buffer_.size()) {
      buffer_.resize(static_cast<size_t>(n));
      continue;
    }
    if (n >= 0) n = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("receive from netlink");
    return std::span<const char>(buffer_.data(), static_cast<size_t>(n));
  }
}

Result<void> Netlink::change(NetlinkMessage& message) {
  message.header().nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  uint32_t sequence = ++sequence_;
  TRY(send(message.finish(sequence)));
  std::optional<Result<void>> result;
  while (!result) {
    TRY(each_message(receive(), [&](const nlmsghdr& answer) {
      if (answer.nlmsg_seq == sequence && answer.nlmsg_type == NLMSG_ERROR) {
        result = verdict(answer);
      }
    }));
  }
  return *result;
}

Result<std::vector<Result<void>>> Netlink::change_all(std::vector<NetlinkMessage>& messages) {
  std::vector<Result<void>> results(messages.size());
  std::string bytes;
  for (size_t begin = 0; begin < messages.size(); begin += kBatch) {
    size_t end = std::min(begin + kBatch, messages.size());
    uint32_t first = sequence_ + 1;
    bytes.clear();
    for (size_t i = begin; i < end; i++) {
      messages[i].header().nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
      bytes += messages[i].finish(++sequence_);
    }
    TRY(send(bytes));
    size_t missing = end - begin;
    while (missing > 0) {
      TRY(each_message(receive(), [&](const nlmsghdr& answer) {
        uint32_t which = answer.nlmsg_seq - first;
        if (answer.nlmsg_type != NLMSG_ERROR || which >= end - begin) return;
        results[begin + which] = verdict(answer);
        missing--;
      }));
    }
  }
  return results;
}

Result<void> Netlink::get(NetlinkMessage& message,
                          const std::function<void(const nlmsghdr&)>& handler) {
  message.header().nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  uint32_t sequence = ++sequence_;
  TRY(send(message.finish(sequence)));
  std::optional<Result<void>> result;
  while (!result) {
    TRY(each_message(receive(), [&](const nlmsghdr& answer) {
      if (answer.nlmsg_seq != sequence) return;
      if (answer.nlmsg_type == NLMSG_ERROR) {
        result = verdict(answer);
      } else {
        handler(answer);
      }
    }));
  }
  return *result;
}

Result<void> Netlink::dump(NetlinkMessage& message, const std::function<void()>& restart,
                           const std::function<void(const nlmsghdr&)>& handler) {
  for (int attempt = 0; attempt < kDumpAttempts; attempt++) {
    restart();
    if (TRY(dump_once(message, handler))) return {};
  }
  return fail(Code::kUnavailable, "the table changed during {} dumps in a row", kDumpAttempts);
}

/// False: the table changed meanwhile, so that objects may be missing.
Result<bool> Netlink::dump_once(NetlinkMessage& message,
                                const std::function<void(const nlmsghdr&)>& handler) {
  message.header().nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
  uint32_t sequence = ++sequence_;
  TRY(send(message.finish(sequence)));
  bool interrupted = false;
  std::optional<Result<void>> result;
  while (!result) {
    TRY(each_message(receive(), [&](const nlmsghdr& answer) {
      if (answer.nlmsg_seq != sequence) return;
      if ((answer.nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
      if (answer.nlmsg_type == NLMSG_ERROR) {
        result = verdict(answer);
      } else if (answer.nlmsg_type == NLMSG_DONE) {
        // Its body is an error number, as when a filter is refused half way.
        int error_number = 0;
        if (answer.nlmsg_len >= NLMSG_LENGTH(sizeof(int))) {
          std::memcpy(&error_number, reinterpret_cast<const char*>(&answer) + NLMSG_HDRLEN,
                      sizeof error_number);
        }
        result =
            error_number < 0 ? Result<void>(fail_errno("dump", -error_number)) : Result<void>();
      } else {
        handler(answer);
      }
    }));
  }
  TRY(std::move(*result));
  return !interrupted;
}

}  // namespace nanika::base
