# How every library and test of this project is built. A folder is a library: its *.cpp files are
# globbed, so that adding a file never means editing a list.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

add_library(vitgen_warnings INTERFACE)
target_compile_options(vitgen_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       $<$<BOOL:${VITGEN_WERROR}>:-Werror>)
# g++ 12 sees overflows in its own std::string operator+ (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(vitgen_warnings INTERFACE -Wno-stringop-overflow -Wno-restrict
                         -Wno-array-bounds)
endif()
if(VITGEN_SANITIZE)
  list(JOIN VITGEN_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${sanitizers})
  # With sanitizers g++ sees uninitialised members inside std::regex (GCC bug 105562).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(vitgen_warnings INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

# Packages, each in the way its makers document; vitgen_deps.cmake says where the Halide wheel is.
macro(vitgen_find_packages)
  find_package(Threads REQUIRED)
  find_package(Halide 21 REQUIRED)
  find_package(LLVM 19.1 REQUIRED CONFIG)
  find_package(nlohmann_json 3.11 REQUIRED)
  find_package(fmt 9 REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(PNG REQUIRED)
  find_package(JPEG REQUIRED)
  find_package(PkgConfig REQUIRED)  # libzip's own CMake files want its programs, too
  pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip>=1.7)
  find_package(SQLite3 REQUIRED)
  if(NOT TARGET SQLite3::SQLite3)  # its name before CMake 4.3
    add_library(SQLite3::SQLite3 ALIAS SQLite::SQLite3)
  endif()
  if(BUILD_TESTING)
    find_package(GTest REQUIRED)
  endif()
  # One imported target for LLVM's shared library; its headers are not warning-free.
  add_library(vitgen_llvm INTERFACE)
  target_include_directories(vitgen_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
  target_link_directories(vitgen_llvm INTERFACE ${LLVM_LIBRARY_DIRS})
  target_link_libraries(vitgen_llvm INTERFACE LLVM-19)
endmacro()

# vitgen_library(<folder name> [DEPENDS targets...]): library vitgen_<name> of this folder's *.cpp.
function(vitgen_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)  # a folder of headers only
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp "")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
  endif()
  add_library(vitgen_${name} STATIC ${sources} ${ARG_SOURCES})
  target_include_directories(vitgen_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(vitgen_${name} PUBLIC ${ARG_DEPENDS} PRIVATE vitgen_warnings)
endfunction()

# vitgen_halide_library(...): the same for sources that include Halide.h.
function(vitgen_halide_library name)
  vitgen_library(${name} ${ARGN})
  target_link_libraries(vitgen_${name} PUBLIC Halide::Halide)
  vitgen_precompile(vitgen_${name} halide)
endfunction()

# Headers that take seconds to compile are precompiled, each set once for all targets of its kind:
# halide is 150 MB, 3 s a file less; the command line's parser and GoogleTest save 2 s a file.
set(vitgen_headers_halide <Halide.h>)
set(vitgen_libraries_halide Halide::Halide)
set(vitgen_headers_program <Halide.h> <CLI/CLI.hpp> <nlohmann/json.hpp> <fmt/format.h>)
set(vitgen_libraries_program Halide::Halide CLI11::CLI11 nlohmann_json::nlohmann_json fmt::fmt)
set(vitgen_headers_tests <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)
set(vitgen_libraries_tests GTest::gmock nlohmann_json::nlohmann_json)
set(vitgen_headers_halide_tests <Halide.h> ${vitgen_headers_tests})
set(vitgen_libraries_halide_tests Halide::Halide ${vitgen_libraries_tests})

# Tests compile longer than they run: what takes time in them stands in libraries.
set(vitgen_test_options -O0)

# vitgen_precompile(<target> halide|program|tests|halide_tests): instead of what was said before.
# g++ takes such a header only with the options that it was made with: programs are compiled as
# libraries are.
function(vitgen_precompile target kind)
  set(owner vitgen_${kind}_pch)
  if(NOT TARGET ${owner})
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${owner}.cpp CONTENT "")
    add_library(${owner} OBJECT ${PROJECT_BINARY_DIR}/${owner}.cpp)
    target_link_libraries(${owner} PRIVATE ${vitgen_libraries_${kind}} vitgen_warnings)
    target_precompile_headers(${owner} PRIVATE ${vitgen_headers_${kind}})
    if(kind MATCHES "tests$")
      target_compile_options(${owner} PRIVATE ${vitgen_test_options})
    endif()
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
