// Deadlines of many connections by one timer: O(1) to set, move and cancel, no allocation.
// Precision is one tick. Threading: one thread.
#pragma once

#include <array>
#include <cstdint>

namespace nanika::base {

class DeadlineWheel {
 public:
  /// What has a deadline derives from this. Destruction takes it off its wheel.
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry() { unlink(); }
    /// The deadline passed; the entry is off the wheel and may be set again.
    virtual void on_deadline() = 0;

   private:
    friend class DeadlineWheel;
    void unlink() {
      if (next_ == nullptr) return;
      next_->previous_ = previous_;
      previous_->next_ = next_;
      next_ = previous_ = nullptr;
    }
    Entry* next_ = nullptr;
    Entry* previous_ = nullptr;
    uint64_t tick_ = 0;
  };

  /// Calls a member function of its owner.
  template <class Owner>
  class MemberEntry final : public Entry {
   public:
    MemberEntry(Owner& owner, void (Owner::*fire)()) : owner_(owner), fire_(fire) {}
    void on_deadline() override { (owner_.*fire_)(); }

   private:
    Owner& owner_;
    void (Owner::*fire_)();
  };

  DeadlineWheel() {
    for (Head& slot : slots_) slot.next_ = slot.previous_ = &slot;
  }
  ~DeadlineWheel() {
    for (Head& slot : slots_) {
      while (slot.next_ != &slot) slot.next_->unlink();
      slot.next_ = slot.previous_ = nullptr;
    }
  }
  DeadlineWheel(const DeadlineWheel&) = delete;
  DeadlineWheel& operator=(const DeadlineWheel&) = delete;

  /// on_deadline() will be called by the advance() that reaches `tick`, unless set or cleared
  /// again.
  void set(Entry& entry, uint64_t tick) {
    if (tick <= now_) tick = now_ + 1;
    if (entry.next_ != nullptr && entry.tick_ == tick) return;
    entry.unlink();
    entry.tick_ = tick;
    link(slots_[tick % kSlots], entry);
  }
  static void clear(Entry& entry) { entry.unlink(); }

  uint64_t now() const { return now_; }

  /// Moves to `tick` and calls what is due.
  void advance(uint64_t tick) {
    // After a pause of more than a turn each slot needs one look only.
    if (tick > now_ + kSlots) now_ = tick - kSlots;
    while (now_ < tick) {
      ++now_;
      Head& slot = slots_[now_ % kSlots];
      Head due;
      due.next_ = due.previous_ = &due;
      for (Entry* entry = slot.next_; entry != &slot;) {
        Entry* next = entry->next_;
        if (entry->tick_ <= now_) {
          entry->unlink();
          link(due, *entry);
        }
        entry = next;
      }
      while (due.next_ != &due) {
        Entry* entry = due.next_;
        entry->unlink();
        entry->on_deadline();
      }
      due.next_ = due.previous_ = nullptr;
    }
  }

 private:
  struct Head final : Entry {
    void on_deadline() override {}
  };
  static constexpr uint64_t kSlots = 256;

  static void link(Entry& head, Entry& entry) {
    entry.previous_ = head.previous_;
    entry.next_ = &head;
    head.previous_->next_ = &entry;
    head.previous_ = &entry;
  }

  std::array<Head, kSlots> slots_;
  uint64_t now_ = 0;
};

}  // namespace nanika::base
