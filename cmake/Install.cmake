# What `cmake --install` puts where: the program with its man pages, completions and units, and the library with its
# headers.
include(CMakePackageConfigHelpers)

install(TARGETS wxpayctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(DIRECTORY ${PROJECT_SOURCE_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
        FILES_MATCHING PATTERN "*.1")
install(FILES ${PROJECT_SOURCE_DIR}/completions/wxpayctl.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME wxpayctl)
install(FILES ${PROJECT_SOURCE_DIR}/completions/_wxpayctl
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${PROJECT_SOURCE_DIR}/completions/wxpayctl.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Where systemd looks under /usr and /usr/local, whatever the library folder of the machine is called.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/systemd/ DESTINATION lib/systemd/system
        FILES_MATCHING PATTERN "*.service" PATTERN "*.timer")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

# find_package(wxpay) gives wxpay::wxpay, the layers that another program may stand on.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wxpay)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/wxpay DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS wxpay EXPORT wxpay-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT wxpay-targets NAMESPACE wxpay:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/wxpay-config.cmake.in
  ${PROJECT_BINARY_DIR}/wxpay-config.cmake INSTALL_DESTINATION ${package_dir})
# Below 1.0 a minor version may change an interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/wxpay-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/wxpay-config.cmake ${PROJECT_BINARY_DIR}/wxpay-config-version.cmake
        DESTINATION ${package_dir})
