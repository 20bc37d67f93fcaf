// The claims of all address spaces as this process knows them: what the cache has, and what we did
// since.
//
//   auto plan = book.plan(want, network, now);       // chooses and reserves under one lock:
//   workers never collide
//   ... POST each plan.take ...
//   book.confirm(space, address, uid);               // ours now, though the cache does not show it
//   yet book.taken_by_another(space, address);           // 409: somebody was faster
//   book.cancel(space, address);                     // it was not made
//
// Threading: all members from any thread.
#pragma once

#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "api/network/address_claim.h"
#include "network/addresses/allocator.h"

namespace nanika::network {

class AddressBook {
 public:
  explicit AddressBook(const base::Clock& clock);

  /// From the claims' cache: the state of one claim, or that it is gone.
  void observe(const api::AddressClaim& claim);
  void forget(const std::string& claim_name);

  /// Addresses whose claims name `uid`, those of `prefer` first: what a status shows stays.
  std::vector<IpAddress> held_by(const std::string& space, const std::string& uid,
                                 const std::vector<IpAddress>& prefer) const;

  /// plan_allocation() with the space's ledger; what it takes is reserved until confirmed,
  /// cancelled, or seen.
  AllocationPlan plan(const Want& want, const std::vector<IpAddress>& held,
                      const NetworkView& network);
  /// `claim` as the API answered: what the cache tells of earlier versions is not believed any
  /// more.
  void confirm(const api::AddressClaim& claim, const std::string& uid);
  /// The same of a claim that we gave back: `revision` is that of the write, or of what was
  /// deleted.
  void released(const std::string& claim_name, uint64_t revision);
  void taken_by_another(const std::string& space, const IpAddress& address);
  void cancel(const std::string& space, const IpAddress& address);

  /// Held addresses of a space within `set`, and all with a claim (held or resting).
  struct Count {
    int64_t held = 0;
    int64_t claimed = 0;
  };
  Count count(const std::string& space, const IntervalSet& set, base::Family family) const;

  /// True when a freed claim's rest is over, by the time since we first saw it free.
  bool rest_is_over(const std::string& space, const IpAddress& address,
                    const api::Allocation& allocation) const;

 private:
  /// What the cache does not show yet. Dropped after kPatience: then the cache is right.
  struct Note {
    std::string uid;  ///< "": another's, or in flight
    base::MonoTime since{};
    bool in_flight = false;
    uint64_t revision = 0;  ///< of our write; 0: we wrote nothing
  };
  /// What the cache shows.
  struct Seen {
    LedgerEntry entry;
    uint64_t revision = 0;
  };
  /// The ledger says of each address what its note says, else what was seen.
  struct Space {
    Ledger ledger;
    std::map<IpAddress, Note> notes;
    std::map<IpAddress, Seen> seen;
    std::map<std::string, std::set<IpAddress>> by_holder;
  };
  static void note(Space& space, const IpAddress& address, Note note);
  void drop_old_notes(Space& space);
  static void unlink(Space& space, const IpAddress& address);
  /// Brings ledger and by_holder in line with note and seen.
  static void refresh(Space& space, const IpAddress& address);

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Space> spaces_;  // guarded by mutex_
  std::mt19937_64 random_;               // guarded by mutex_
};

}  // namespace nanika::network
