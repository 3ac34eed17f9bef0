# A port for vcpkg, of the library and its engines. It builds the tree that it
# lies in, since no release has an address yet:
#
#   vcpkg install powercut --overlay-ports=packaging/vcpkg

get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS engines
    INVERTED_FEATURES
        leveldb CMAKE_DISABLE_FIND_PACKAGE_leveldb
        sqlite CMAKE_DISABLE_FIND_PACKAGE_SQLite3)

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DPOWERCUT_TOOL=OFF
        -DPOWERCUT_DEVELOPER_MODE=OFF
        ${engines})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME powercut CONFIG_PATH lib/cmake/powercut)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
