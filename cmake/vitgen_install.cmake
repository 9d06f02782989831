# cmake --install: a folder that may be moved. The program finds Halide's library beside itself;
# the other libraries are the system's.
file(RELATIVE_PATH libraries_from_program /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
set_target_properties(vitgen PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries_from_program}")
install(IMPORTED_RUNTIME_ARTIFACTS Halide::Halide LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

install(FILES LICENSE NOTICE README.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")

# find_package(vitgen) for projects that generate at build time. It must work with CMake 3.25.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/vitgen)
configure_package_config_file(cmake/vitgenConfig.cmake.in vitgenConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(vitgenConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/vitgen_add_library.cmake ${PROJECT_BINARY_DIR}/vitgenConfig.cmake
              ${PROJECT_BINARY_DIR}/vitgenConfigVersion.cmake
        DESTINATION ${package_dir})
