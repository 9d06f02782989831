# Where tools/deps.sh put the Halide wheel. A Halide of your own goes before:
# -DHalide_DIR=<prefix>/lib/cmake/Halide -DHalideHelpers_DIR=<prefix>/lib/cmake/HalideHelpers.
# The wheel keeps its package files under lib64, where CMake does not look on Debian.
set(vitgen_wheel "${PROJECT_SOURCE_DIR}/.deps/python/halide/lib64/cmake")
foreach(package Halide HalideHelpers)
  if(NOT ${package}_DIR AND EXISTS "${vitgen_wheel}/${package}")
    set(${package}_DIR "${vitgen_wheel}/${package}" CACHE PATH "Package files of ${package}")
  endif()
endforeach()
