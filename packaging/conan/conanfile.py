# A recipe for Conan 2, of the library and its engines. It builds the tree that it
# lies in, since no release has an address yet:
#
#   conan create packaging/conan

import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy
from conan.tools.gnu import PkgConfigDeps


class Powercut(ConanFile):
    name = "powercut"
    version = "0.1.0"
    description = "The disks that a crash could leave, for tests of storage code"
    license = "MIT"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_sqlite": [True, False], "with_leveldb": [True, False]}
    default_options = {"with_sqlite": False, "with_leveldb": False}

    # The folders of the tree that the library is made of.
    sources = ("CMakeLists.txt", "LICENSE", "backends/*", "engines/*",
               "harness/*", "library/*", "model/*")

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, "..", "..")
        for pattern in self.sources:
            copy(self, pattern, tree, self.export_sources_folder)

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("powercut runs on Linux only")

    def requirements(self):
        self.requires("fmt/[>=9]")
        self.requires("roaring/[>=0.2.66]")
        self.requires("boost/[>=1.74]", options={"header_only": True})
        self.requires("xxhash/[>=0.8.1]")
        if self.options.with_sqlite:
            self.requires("sqlite3/[>=3.7.10]", transitive_headers=True)
        if self.options.with_leveldb:
            self.requires("leveldb/[>=1.23]", transitive_headers=True)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        variables = toolchain.cache_variables
        variables["POWERCUT_TOOL"] = False
        variables["POWERCUT_DEVELOPER_MODE"] = False
        variables["CMAKE_DISABLE_FIND_PACKAGE_SQLite3"] = (
            not self.options.with_sqlite)
        variables["CMAKE_DISABLE_FIND_PACKAGE_leveldb"] = (
            not self.options.with_leveldb)
        toolchain.generate()
        CMakeDeps(self).generate()
        # The build looks for xxhash with pkg-config.
        PkgConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder,
             os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # The package brings its own files for CMake, which know its components.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "powercut")]
