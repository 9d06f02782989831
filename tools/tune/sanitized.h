#pragma once

namespace vitgen {

/// The sanitizers' shadow memory is terabytes of address space, so that it cannot be limited.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace vitgen
