#include "tests/cuda/loader.h"

#include <dlfcn.h>

namespace vitgen::test {
namespace {

bool g_no_driver = false;
std::string g_lacking;

}  // namespace

NoDriver::NoDriver() { g_no_driver = true; }
NoDriver::~NoDriver() { g_no_driver = false; }

DriverLacks::DriverLacks(const std::string& symbol) { g_lacking = symbol; }
DriverLacks::~DriverLacks() { g_lacking.clear(); }

}  // namespace vitgen::test

using namespace vitgen::test;

extern "C" {

void* __real_dlopen(const char* file, int flags);
void* __real_dlsym(void* library, const char* symbol);

void* __wrap_dlopen(const char* file, int flags);
void* __wrap_dlopen(const char* file, int flags) {
  return g_no_driver ? nullptr : __real_dlopen(file, flags);
}

void* __wrap_dlsym(void* library, const char* symbol);
void* __wrap_dlsym(void* library, const char* symbol) {
  return g_lacking == symbol ? nullptr : __real_dlsym(library, symbol);
}

}  // extern "C"
