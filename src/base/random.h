// Randomness from the kernel (getrandom): for keys, tokens and names that must not be guessed.
// Threading: every function may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace nanika::base {

/// `count` random bytes.
std::string random_bytes(size_t count);
/// A number from 0 to bound - 1, each as likely as the other. `bound` > 0.
uint64_t random_below(uint64_t bound);
/// RFC 9562 version 4: "1f0f0b0e-....-4...-....-............".
std::string random_uuid();
/// Letters and digits that Kubernetes' generateName appends: no vowels, so no words; none that look
/// alike.
std::string random_name_suffix(size_t length = 5);

}  // namespace nanika::base
