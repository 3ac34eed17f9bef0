# find_package(powercut CONFIG [COMPONENTS shared|static|sqlite|leveldb...])
# defines a target powercut::COMPONENT for each that is asked for, and
# powercut::powercut for the first library among them. Without components it is
# the shared library. An engine brings the shared library along.

# Libraries come before engines, which need the shared one.
set(powercut_libraries ${powercut_FIND_COMPONENTS})
list(FILTER powercut_libraries INCLUDE REGEX "^(shared|static)$")
set(powercut_engines ${powercut_FIND_COMPONENTS})
list(FILTER powercut_engines EXCLUDE REGEX "^(shared|static)$")
if(NOT powercut_libraries OR
   (powercut_engines AND NOT shared IN_LIST powercut_libraries))
  list(APPEND powercut_libraries shared)
endif()

# What each component is linked with.
set(powercut_needs_static fmt roaring Threads)
set(powercut_needs_sqlite SQLite3)
set(powercut_needs_leveldb Threads leveldb)

foreach(component ${powercut_libraries} ${powercut_engines})
  # Why the component is not to be had; empty if it is.
  set(powercut_lack "")
  set(file ${CMAKE_CURRENT_LIST_DIR}/powercut-${component}.cmake)
  if(NOT EXISTS ${file})
    file(GLOB powercut_files RELATIVE ${CMAKE_CURRENT_LIST_DIR}
         ${CMAKE_CURRENT_LIST_DIR}/powercut-*.cmake)
    list(FILTER powercut_files INCLUDE REGEX
         "^powercut-(shared|static|sqlite|leveldb).cmake$")
    string(REGEX REPLACE "powercut-([a-z]+)[.]cmake" "\\1" powercut_there
           "${powercut_files}")
    list(JOIN powercut_there ", " powercut_there)
    set(powercut_lack
        "powercut was installed without a component '${component}': there are ${powercut_there}")
  else()
    foreach(powercut_need ${powercut_needs_${component}})
      find_package(${powercut_need} QUIET)
      if(NOT ${powercut_need}_FOUND)
        set(powercut_lack
            "the component '${component}' of powercut is linked with ${powercut_need}, which is not installed")
      endif()
    endforeach()
  endif()
  if(powercut_lack)
    set(powercut_${component}_FOUND FALSE)
    if(DEFINED powercut_FIND_REQUIRED_${component} AND
       NOT powercut_FIND_REQUIRED_${component})
      continue()
    endif()
    set(powercut_FOUND FALSE)
    set(powercut_NOT_FOUND_MESSAGE "${powercut_lack}")
    return()
  endif()
  include(${file})
  set(powercut_${component}_FOUND TRUE)
  if(NOT TARGET powercut::powercut)
    add_library(powercut::powercut ALIAS powercut::${component})
  endif()
endforeach()

include(${CMAKE_CURRENT_LIST_DIR}/powercut-fuzz.cmake)
