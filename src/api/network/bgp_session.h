// The parts of a BGPPeer that make the session: where the router is, timers, families, passwords,
// BFD.
#pragma once

#include "api/network/common.h"

namespace nanika::api {

enum class PeerType : uint8_t { kAddress, kInterface, kNodeGateway };
constexpr std::array<std::string_view, 3> enum_names(const PeerType*) {
  return {"Address", "Interface", "NodeGateway"};
}

struct PeerEndpoint {
  PeerType type = PeerType::kAddress;
  std::string address;
  std::string interface;
  Family family = Family::kIPv4;
  int32_t port = 179;
  bool operator==(const PeerEndpoint&) const = default;
};
constexpr auto describe(const PeerEndpoint*) {
  using T = PeerEndpoint;
  return object(
      "Where the router is. A change restarts the session.",
      field("type", &T::type,
            "Address, Interface (unnumbered) or NodeGateway (the node's default router).",
            {.defaulted = true}),
      field("address", &T::address, "For Address: the router's address; fe80:: with interface.",
            {.max_length = 39}),
      field("interface", &T::interface,
            "For Interface, and for link-local addresses: the node's interface.",
            {.max_length = 15}),
      field("family", &T::family, "For NodeGateway: of which family.", {.defaulted = true}),
      field("port", &T::port, "TCP port.", {.defaulted = true, .min = 1, .max = 65535}));
}

struct PeerSource {
  std::string interface;
  std::string address;
  bool operator==(const PeerSource&) const = default;
};
constexpr auto describe(const PeerSource*) {
  using T = PeerSource;
  return object(
      "The node's end of the session. A change restarts the session.",
      field("interface", &T::interface, "The interface whose address is used.", {.max_length = 15}),
      field("address", &T::address, "The address, where the peer selects one node.",
            {.max_length = 39}));
}

enum class LimitAction : uint8_t { kWarn, kBlock, kRestart, kDisable };
constexpr std::array<std::string_view, 4> enum_names(const LimitAction*) {
  return {"Warn", "Block", "Restart", "Disable"};
}
struct PrefixLimit {
  int64_t limit = 0;
  LimitAction action = LimitAction::kBlock;
  bool operator==(const PrefixLimit&) const = default;
};
constexpr auto describe(const PrefixLimit*) {
  using T = PrefixLimit;
  return object(
      "How many routes may come in. A change keeps the session.",
      field("limit", &T::limit, "Routes.", {.required = true, .min = 1, .max = 10000000}),
      field("action", &T::action, "Beyond it: Warn, Block (ignore the rest), Restart or Disable.",
            {.defaulted = true}));
}
struct PeerFamily {
  Family family = Family::kIPv4;
  std::optional<PrefixLimit> max_prefixes;
  bool operator==(const PeerFamily&) const = default;
};
constexpr auto describe(const PeerFamily*) {
  using T = PeerFamily;
  return object("An address family of the session. A change restarts the session.",
                field("family", &T::family, "IPv4 or IPv6.", {.required = true}),
                field("maxPrefixes", &T::max_prefixes, "How many routes may come in."));
}

struct SecretKeyRef {
  std::string namespace_;
  std::string name;
  std::string key;
  bool operator==(const SecretKeyRef&) const = default;
};
constexpr auto describe(const SecretKeyRef*) {
  using T = SecretKeyRef;
  return object(
      "A key of a Secret.",
      field("namespace", &T::namespace_, "The Secret's namespace.",
            {.required = true, .max_length = 63}),
      field("name", &T::name, "The Secret's name.", {.required = true, .max_length = 253}),
      field("key", &T::key, "The key in its data.", {.required = true, .max_length = 253}));
}

struct PeerTimers {
  Duration hold_time{std::chrono::seconds(90)};
  Duration keepalive_time{std::chrono::seconds(30)};
  Duration connect_retry_time{std::chrono::seconds(5)};
  bool operator==(const PeerTimers&) const = default;
};
constexpr auto describe(const PeerTimers*) {
  using T = PeerTimers;
  return object("Timers (RFC 4271). A change restarts the session.",
                field("holdTime", &T::hold_time, "0s or at least 3s.", {.defaulted = true}),
                field("keepaliveTime", &T::keepalive_time, "A third of holdTime is usual.",
                      {.defaulted = true}),
                field("connectRetryTime", &T::connect_retry_time, "Between attempts to connect.",
                      {.defaulted = true}));
}

struct PeerBfd {
  Duration min_receive_interval{std::chrono::milliseconds(300)};
  Duration min_transmit_interval{std::chrono::milliseconds(300)};
  int32_t detect_multiplier = 3;
  bool operator==(const PeerBfd&) const = default;
};
constexpr auto describe(const PeerBfd*) {
  using T = PeerBfd;
  return object("BFD (RFC 5880). A change keeps the session.",
                field("minReceiveInterval", &T::min_receive_interval, "", {.defaulted = true}),
                field("minTransmitInterval", &T::min_transmit_interval, "", {.defaulted = true}),
                field("detectMultiplier", &T::detect_multiplier, "",
                      {.defaulted = true, .min = 1, .max = 255}));
}

struct PeerGracefulRestart {
  Duration restart_time{std::chrono::seconds(120)};
  bool operator==(const PeerGracefulRestart&) const = default;
};
constexpr auto describe(const PeerGracefulRestart*) {
  return object(
      "Graceful restart (RFC 4724). A change restarts the session.",
      field("restartTime", &PeerGracefulRestart::restart_time,
            "How long the router keeps our routes while we are away.", {.defaulted = true}));
}

}  // namespace nanika::api
