# find_package(powercut CONFIG [COMPONENTS shared|static]) defines the targets
# powercut::shared and powercut::static, as far as they are asked for, and
# powercut::powercut for the first of them. Without components it is the shared
# library.

set(powercut_components ${powercut_FIND_COMPONENTS})
if(NOT powercut_components)
  set(powercut_components shared)
endif()
foreach(component ${powercut_components})
  set(file ${CMAKE_CURRENT_LIST_DIR}/powercut-${component}.cmake)
  if(NOT EXISTS ${file})
    set(powercut_FOUND FALSE)
    set(powercut_NOT_FOUND_MESSAGE
        "powercut has no component '${component}': there are shared and static")
    return()
  endif()
  if(component STREQUAL static)
    include(CMakeFindDependencyMacro)
    find_dependency(fmt)
    find_dependency(roaring)
    find_dependency(Threads)
  endif()
  include(${file})
  set(powercut_${component}_FOUND TRUE)
  if(NOT TARGET powercut::powercut)
    add_library(powercut::powercut ALIAS powercut::${component})
  endif()
endforeach()

include(${CMAKE_CURRENT_LIST_DIR}/powercut-fuzz.cmake)
