#pragma once
// Work in a process of its own, as the product compiles kernels: Halide numbers its names from the
// process's start on, and goldens show them.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "generators/base/error.h"

namespace vitgen::testing {

/// Expects `work(own process number)` to return, and returns that number.
template <class Work>
pid_t in_worker(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work(::getpid());
      ::_exit(0);
    } catch (const Error& error) {
      std::cerr << error.what() << std::endl;
    }
    ::_exit(1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return child;
}

}  // namespace vitgen::testing
