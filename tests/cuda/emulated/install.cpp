// Compiled into the shared library only: a program that loads it needs to do nothing.

#include "tests/cuda/emulated/interpret.h"

namespace {

[[maybe_unused]] const bool installed = [] {
  vitgen::fake_cuda::set_launch(vitgen::fake_cuda::interpret);
  vitgen::fake_cuda::set_clock(vitgen::fake_cuda::interpreted_time);
  return true;
}();

}  // namespace
