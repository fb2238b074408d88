# room(NAME [USES room...] [LIBS target...]): one folder of lib/, one library
# tcpstated_NAME. Its headers are a file set, so that every one of them is
# compiled on its own (target all_verify_interface_header_sets).
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set_property(GLOBAL PROPERTY TCPSTATED_ROOMS "")

function(room name)
  cmake_parse_arguments(ARG "" "" "USES;LIBS" ${ARGN})
  get_property(above GLOBAL PROPERTY TCPSTATED_ROOMS)
  foreach(used IN LISTS ARG_USES)
    if(NOT used IN_LIST above)
      message(FATAL_ERROR "room ${name} uses ${used}, which is not above it")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY TCPSTATED_ROOMS ${name})

  file(GLOB sources CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.hpp)
  set(scope PUBLIC)
  if(sources)
    add_library(tcpstated_${name} STATIC ${sources})
  else()
    set(scope INTERFACE)
    add_library(tcpstated_${name} INTERFACE)
  endif()
  target_sources(tcpstated_${name} ${scope} FILE_SET HEADERS
    BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR} FILES ${headers})
  set(uses ${ARG_USES})
  list(TRANSFORM uses PREPEND tcpstated_)
  target_link_libraries(tcpstated_${name} ${scope}
    ${uses} ${ARG_LIBS} tcpstated_options)
endfunction()
