// How a netlink message is put together and taken apart. For the netlink_*.cc sources alone.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/ip.h"

namespace nanika::base {

/// A message under construction: header, the type's own struct, attributes.
class NetlinkMessage {
 public:
  template <class Body>
  NetlinkMessage(uint16_t type, int flags, const Body& body) {
    bytes_.resize(NLMSG_HDRLEN);
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<uint16_t>(flags);
    raw(&body, sizeof body);
  }

  void bytes(int type, const void* data, size_t size) {
    rtattr head{static_cast<uint16_t>(RTA_LENGTH(size)), static_cast<uint16_t>(type)};
    bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
    raw(data, size);
  }
  template <class Number>
    requires std::is_integral_v<Number>
  void number(int type, Number value) {
    bytes(type, &value, sizeof value);
  }
  void text(int type, const std::string& value) { bytes(type, value.c_str(), value.size() + 1); }
  void address(int type, const IpAddress& value) {
    bytes(type, value.bytes().data(), static_cast<size_t>(bits(value.family()) / 8));
  }
  /// Attributes that `fill` adds are inside this one.
  template <class Fill>
  void nested(int type, Fill fill) {
    size_t start = open_struct(rtattr{0, static_cast<uint16_t>(type)});
    fill();
    at<rtattr>(start).rta_len = static_cast<uint16_t>(bytes_.size() - start);
  }
  /// Appends a struct as it is and says where it stands, for at().
  template <class T>
  size_t open_struct(const T& value) {
    size_t start = bytes_.size();
    raw(&value, sizeof value);
    return start;
  }
  template <class T>
  T& at(size_t offset) {
    return *reinterpret_cast<T*>(bytes_.data() + offset);
  }
  size_t size() const { return bytes_.size(); }

  /// The finished bytes, with their length and `sequence` filled in.
  const std::string& finish(uint32_t sequence) {
    header().nlmsg_len = static_cast<uint32_t>(bytes_.size());
    header().nlmsg_seq = sequence;
    return bytes_;
  }
  nlmsghdr& header() { return at<nlmsghdr>(0); }

 private:
  void raw(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }
  std::string bytes_;
};

/// One attribute of a received message.
struct NetlinkAttribute {
  int type;
  std::string_view data;

  template <class Number>
  Number number() const {
    Number out{};
    std::memcpy(&out, data.data(), std::min(sizeof out, data.size()));
    return out;
  }
  std::string text() const { return std::string(data.substr(0, data.find('\0'))); }
  std::optional<IpAddress> address(Family family) const {
    if (data.size() != static_cast<size_t>(bits(family) / 8)) return std::nullopt;
    return IpAddress::from_bytes(family, reinterpret_cast<const uint8_t*>(data.data()));
  }
};

/// Calls `handler(NetlinkAttribute)` for each attribute in `data`.
template <class Handler>
void each_attribute(std::string_view data, Handler handler) {
  while (data.size() >= sizeof(rtattr)) {
    rtattr head;
    std::memcpy(&head, data.data(), sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > data.size()) return;
    handler(NetlinkAttribute{head.rta_type & NLA_TYPE_MASK,
                             data.substr(sizeof head, head.rta_len - sizeof head)});
    data.remove_prefix(std::min<size_t>(RTA_ALIGN(head.rta_len), data.size()));
  }
}

/// The type's own struct of a received message, and its attributes; nullptr when it is too short.
template <class Body>
const Body* body_of(const nlmsghdr& message, std::string_view& attributes) {
  if (message.nlmsg_len < NLMSG_LENGTH(sizeof(Body))) return nullptr;
  const char* start = reinterpret_cast<const char*>(&message);
  size_t offset = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(Body)));
  attributes = offset < message.nlmsg_len
                   ? std::string_view(start + offset, message.nlmsg_len - offset)
                   : std::string_view();
  return reinterpret_cast<const Body*>(start + NLMSG_HDRLEN);
}

inline Family family_of(uint8_t kernel_family) {
  return kernel_family == AF_INET6 ? Family::kIPv6 : Family::kIPv4;
}
inline uint8_t kernel_family(Family family) {
  return family == Family::kIPv6 ? AF_INET6 : AF_INET;
}

}  // namespace nanika::base
