#include "base/netlink_address.h"

#include <linux/if_addr.h>

#include "base/netlink_message.h"

namespace nanika::base {

namespace {

Result<void> change(Netlink& nl, uint16_t type, int flags, std::string_view verb,
                    const LinkAddress& address) {
  std::string context = fmt::format("{} address {}", verb, address.str());
  if (address.length < 0 || address.length > bits(address.address.family())) {
    return fail(Code::kInvalid, "{}: bad prefix length", context);
  }
  ifaddrmsg body{.ifa_family = kernel_family(address.address.family()),
                 .ifa_prefixlen = static_cast<uint8_t>(address.length),
                 .ifa_index = static_cast<uint32_t>(address.link)};
  NetlinkMessage message(type, flags, body);
  message.address(IFA_LOCAL, address.address);
  message.address(IFA_ADDRESS, address.peer.value_or(address.address));
  if (address.no_duplicate_detection && address.address.family() == Family::kIPv6) {
    message.number(IFA_FLAGS, uint32_t{IFA_F_NODAD});
  }
  return in_context(nl.change(message), context);
}

}  // namespace

std::optional<LinkAddress> read_address(const nlmsghdr& message) {
  std::string_view attributes;
  const auto* body = body_of<ifaddrmsg>(message, attributes);
  if (body == nullptr) return std::nullopt;
  if (body->ifa_family != AF_INET && body->ifa_family != AF_INET6) return std::nullopt;
  Family family = family_of(body->ifa_family);
  uint32_t flags = body->ifa_flags;
  std::optional<IpAddress> local, address;
  each_attribute(attributes, [&](NetlinkAttribute a) {
    if (a.type == IFA_LOCAL) local = a.address(family);
    if (a.type == IFA_ADDRESS) address = a.address(family);
    if (a.type == IFA_FLAGS) flags = a.number<uint32_t>();
  });
  if (!local) local = address;  // IPv6 without a peer has the one attribute
  if (!local) return std::nullopt;
  LinkAddress out{.link = static_cast<int>(body->ifa_index),
                  .address = *local,
                  .length = body->ifa_prefixlen,
                  .tentative = (flags & IFA_F_TENTATIVE) != 0};
  if (address && *address != *local) out.peer = address;
  return out;
}

Result<std::vector<LinkAddress>> list_addresses(Netlink& nl, int link) {
  std::vector<LinkAddress> out;
  NetlinkMessage message(RTM_GETADDR, 0, ifaddrmsg{.ifa_index = static_cast<uint32_t>(link)});
  TRY(in_context(nl.dump(
                     message, [&] { out.clear(); },
                     [&](const nlmsghdr& answer) {
                       auto address = read_address(answer);
                       if (address && (link == 0 || address->link == link)) out.push_back(*address);
                     }),
                 "list addresses"));
  return out;
}

Result<void> add_address(Netlink& nl, const LinkAddress& address) {
  return change(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, "add", address);
}

Result<void> replace_address(Netlink& nl, const LinkAddress& address) {
  return change(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, "replace", address);
}

Result<void> delete_address(Netlink& nl, const LinkAddress& address) {
  return change(nl, RTM_DELADDR, 0, "delete", address);
}

}  // namespace nanika::base
