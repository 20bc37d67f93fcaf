#include "network/addresses/address_book.h"

#include <algorithm>

#include "network/addresses/claim_name.h"
#include "network/addresses/strategy.h"

namespace nanika::network {

namespace {

/// How long our own knowledge holds against a cache that does not show it.
constexpr std::chrono::seconds kPatience{60};

LedgerEntry entry_of(const api::AddressClaim& claim, base::MonoTime now) {
  LedgerEntry out{.holder_uids = {}, .observed_free = now, .published = claim.spec.published};
  for (const api::ClaimHolder& holder : claim.spec.holders) out.holder_uids.push_back(holder.uid);
  return out;
}

}  // namespace

AddressBook::AddressBook(const base::Clock& clock)
    : clock_(clock), random_(std::random_device{}()) {}

void AddressBook::unlink(Space& space, const IpAddress& address) {
  const LedgerEntry* entry = space.ledger.find(address);
  if (entry == nullptr) return;
  for (const std::string& uid : entry->holder_uids) {
    auto it = space.by_holder.find(uid);
    if (it == space.by_holder.end()) continue;
    it->second.erase(address);
    if (it->second.empty()) space.by_holder.erase(it);
  }
}

void AddressBook::refresh(Space& space, const IpAddress& address) {
  unlink(space, address);
  const auto note = space.notes.find(address);
  const auto seen = space.seen.find(address);
  if (note == space.notes.end() && seen == space.seen.end()) {
    space.ledger.erase(address);
    return;
  }
  // A note that only keeps others off yields to a cache that shows who holds it.
  const bool seen_held = seen != space.seen.end() && !seen->second.entry.holder_uids.empty();
  const bool by_note = note != space.notes.end() &&
                       !(seen_held && note->second.uid.empty() && note->second.revision == 0);
  LedgerEntry entry = by_note ? LedgerEntry{.holder_uids = {note->second.uid}} : seen->second.entry;
  for (const std::string& uid : entry.holder_uids)
    if (!uid.empty()) space.by_holder[uid].insert(address);
  space.ledger.set(address, std::move(entry));
}

void AddressBook::observe(const api::AddressClaim& claim) {
  auto identity = parse_claim_name(claim.metadata.name);
  if (!identity) return;  // not made by us; it locks nothing
  const std::lock_guard lock(mutex_);
  Space& space = spaces_[identity->address_space];
  Seen now{.entry = entry_of(claim, clock_.mono()), .revision = revision_of(claim)};
  const auto before = space.seen.find(identity->address);
  // Still free: it rests since we first saw it so, not since the latest look.
  if (before != space.seen.end() && before->second.entry.holder_uids.empty() &&
      now.entry.holder_uids.empty())
    now.entry.observed_free = before->second.entry.observed_free;
  // A note stays where it is younger, and what is in flight until its answer is here.
  const auto note = space.notes.find(identity->address);
  if (note != space.notes.end() && !note->second.in_flight && now.revision >= note->second.revision)
    space.notes.erase(note);
  space.seen.insert_or_assign(identity->address, std::move(now));
  refresh(space, identity->address);
}

void AddressBook::forget(const std::string& name) {
  auto identity = parse_claim_name(name);
  if (!identity) return;
  const std::lock_guard lock(mutex_);
  Space& space = spaces_[identity->address_space];
  space.seen.erase(identity->address);
  // What is ours or in flight was made anew, and is not shown yet.
  const auto note = space.notes.find(identity->address);
  if (note != space.notes.end() && !note->second.in_flight && note->second.uid.empty())
    space.notes.erase(note);
  refresh(space, identity->address);
}

void AddressBook::note(Space& space, const IpAddress& address, Note note) {
  const auto seen = space.seen.find(address);
  if (note.revision != 0 && seen != space.seen.end() && seen->second.revision >= note.revision) {
    space.notes.erase(address);  // the cache was faster than the answer
  } else {
    space.notes[address] = std::move(note);
  }
  refresh(space, address);
}

void AddressBook::drop_old_notes(Space& space) {
  const base::MonoTime now = clock_.mono();
  std::vector<IpAddress> old;
  for (const auto& [address, note] : space.notes)
    if (!note.in_flight && now - note.since >= kPatience) old.push_back(address);
  for (const IpAddress& address : old) {
    space.notes.erase(address);
    refresh(space, address);
  }
}

std::vector<IpAddress> AddressBook::held_by(const std::string& space_name, const std::string& uid,
                                            const std::vector<IpAddress>& prefer) const {
  const std::lock_guard lock(mutex_);
  std::vector<IpAddress> out;
  auto space = spaces_.find(space_name);
  if (space == spaces_.end()) return out;
  auto held = space->second.by_holder.find(uid);
  if (held == space->second.by_holder.end()) return out;
  const auto preferred = [&](const IpAddress& a) {
    return std::ranges::find(prefer, a) != prefer.end();
  };
  for (const bool first : {true, false})
    for (const IpAddress& address : held->second)
      if (preferred(address) == first) out.push_back(address);
  return out;
}

AllocationPlan AddressBook::plan(const Want& want, const std::vector<IpAddress>& held,
                                 const NetworkView& network) {
  const std::lock_guard lock(mutex_);
  Space& space = spaces_[network.spec.address_space];
  drop_old_notes(space);
  AllocationPlan out = plan_allocation(want, held, network, space.ledger, clock_.mono(), random_);
  for (const Choice& choice : out.take)
    note(space, choice.address, {.since = clock_.mono(), .in_flight = true});
  return out;
}

void AddressBook::confirm(const api::AddressClaim& claim, const std::string& uid) {
  auto identity = parse_claim_name(claim.metadata.name);
  if (!identity) return;
  const std::lock_guard lock(mutex_);
  note(spaces_[identity->address_space], identity->address,
       {.uid = uid, .since = clock_.mono(), .revision = revision_of(claim)});
}

void AddressBook::released(const std::string& name, uint64_t revision) {
  auto identity = parse_claim_name(name);
  if (!identity) return;
  const std::lock_guard lock(mutex_);
  Space& space = spaces_[identity->address_space];
  note(space, identity->address, {.since = clock_.mono(), .revision = revision});
}

void AddressBook::taken_by_another(const std::string& space, const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  note(spaces_[space], address, {.since = clock_.mono()});
}

void AddressBook::cancel(const std::string& space_name, const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  Space& space = spaces_[space_name];
  auto it = space.notes.find(address);
  if (it == space.notes.end() || !it->second.in_flight)
    return;  // the cache has told us better meanwhile
  space.notes.erase(it);
  refresh(space, address);
}

AddressBook::Count AddressBook::count(const std::string& space_name, const IntervalSet& set,
                                      base::Family family) const {
  const std::lock_guard lock(mutex_);
  Count out;
  auto space = spaces_.find(space_name);
  if (space == spaces_.end()) return out;
  const auto& entries = space->second.ledger.entries();
  for (const auto& [first, last] : set.runs()) {
    if (first.family() != family) continue;
    for (auto it = entries.lower_bound(first); it != entries.end() && it->first <= last; ++it) {
      ++out.claimed;
      out.held += it->second.holder_uids.empty() ? 0 : 1;
    }
  }
  return out;
}

bool AddressBook::rest_is_over(const std::string& space_name, const IpAddress& address,
                               const api::Allocation& allocation) const {
  const std::lock_guard lock(mutex_);
  auto space = spaces_.find(space_name);
  if (space == spaces_.end()) return false;
  const LedgerEntry* entry = space->second.ledger.find(address);
  return entry != nullptr && rested(*entry, allocation, clock_.mono());
}

}  // namespace nanika::network
