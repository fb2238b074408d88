# Compiler options every target of the project shares: link tcpstated_options.
add_library(tcpstated_options INTERFACE)
target_compile_options(tcpstated_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough
  -Wno-missing-field-initializers  # members have defaults where they matter
  $<$<BOOL:${TCPSTATED_WERROR}>:-Werror>)
# -Wno-...: false positives of g++ 12 in its own standard library at -O2.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tcpstated_options INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
    -Wno-maybe-uninitialized -Wno-dangling-pointer)
endif()
# clang 19 reports libstdc++ 12 using its own std::get_temporary_buffer.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(tcpstated_options INTERFACE
    -Wno-deprecated-declarations)
endif()
target_compile_definitions(tcpstated_options INTERFACE
  BOOST_ALL_NO_LIB _GLIBCXX_ASSERTIONS
  TCPSTATED_VERSION="${PROJECT_VERSION}")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(tcpstated_options INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
  target_link_options(tcpstated_options INTERFACE -Wl,-z,relro,-z,now)
endif()
if(TCPSTATED_SANITIZE)
  target_compile_options(tcpstated_options INTERFACE
    -fsanitize=${TCPSTATED_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(tcpstated_options INTERFACE
    -fsanitize=${TCPSTATED_SANITIZE})
  if(TCPSTATED_SANITIZE MATCHES "thread")
    # g++ 12 warns that tsan does not understand Asio's fences.
    target_compile_definitions(tcpstated_options INTERFACE
      BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
# libFuzzer learns from every line of lib/, not only from the target itself.
if(TCPSTATED_FUZZ)
  target_compile_options(tcpstated_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
