#pragma once
// What the runtime's calls of dlopen and dlsym give. Linked by --wrap, as
// tests/runtime/interpose.h.

#include <string>

namespace vitgen::test {

/// While it lives, no driver is installed.
struct NoDriver {
  NoDriver();
  ~NoDriver();
  NoDriver(const NoDriver&) = delete;
  NoDriver& operator=(const NoDriver&) = delete;
};

/// While it lives, the driver lacks a function.
struct DriverLacks {
  explicit DriverLacks(const std::string& symbol);
  ~DriverLacks();
  DriverLacks(const DriverLacks&) = delete;
  DriverLacks& operator=(const DriverLacks&) = delete;
};

}  // namespace vitgen::test
