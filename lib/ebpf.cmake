# The programs that run in the kernel: compiled by clang, made a skeleton (a C
# header that carries the program) by bpftool, loaded with libbpf. Without these
# three the daemon is built all the same and says so ("built without eBPF").
option(TCPSTATED_EBPF "Build the eBPF programs if clang, bpftool and libbpf are there" ON)
find_program(BPF_CLANG NAMES clang clang-19 clang-16 clang-15 clang-14)
find_program(BPFTOOL bpftool PATHS /usr/sbin)
pkg_check_modules(LIBBPF IMPORTED_TARGET libbpf>=1.0)

set(ebpf_missing "")
if(NOT TCPSTATED_EBPF)
  list(APPEND ebpf_missing "TCPSTATED_EBPF is off")
endif()
foreach(part BPF_CLANG BPFTOOL LIBBPF_FOUND)
  if(NOT ${part})
    list(APPEND ebpf_missing "no ${part}")
  endif()
endforeach()
if(ebpf_missing)
  message(STATUS "Built without eBPF: ${ebpf_missing}")
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(bpf_arch x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  set(bpf_arch arm64)
else()
  set(bpf_arch ${CMAKE_SYSTEM_PROCESSOR})
endif()

# ebpf_program(ROOM NAME): lib/ROOM/ebpf/NAME.bpf.c, and the file that loads it:
# lib/ROOM/ebpf/NAME.cpp, or NAME_absent.cpp if it cannot be built here.
function(ebpf_program room name)
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${room}/ebpf)
  set(target tcpstated_${room})
  if(ebpf_missing)
    target_sources(${target} PRIVATE ${folder}/${name}_absent.cpp)
    return()
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/ebpf/${room})
  set(object ${out}/${name}.bpf.o)
  set(skeleton ${out}/${name}.skel.h)
  file(MAKE_DIRECTORY ${out})
  # -idirafter: <asm/types.h> of the host, which clang -target bpf ignores.
  add_custom_command(OUTPUT ${object}
    COMMAND ${BPF_CLANG} -g -O2 -target bpf -D__TARGET_ARCH_${bpf_arch}
      -Wall -Werror -I${CMAKE_CURRENT_SOURCE_DIR}
      -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -MMD -MF ${object}.d -c ${folder}/${name}.bpf.c -o ${object}
    DEPENDS ${folder}/${name}.bpf.c
    DEPFILE ${object}.d
    COMMENT "Building eBPF program ${name}" VERBATIM)
  add_custom_command(OUTPUT ${skeleton}
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${name}_bpf > ${skeleton}
    DEPENDS ${object} COMMENT "Generating skeleton of ${name}")
  target_sources(${target} PRIVATE ${folder}/${name}.cpp ${skeleton})
  # SYSTEM: bpftool's code is not compiled with our warnings.
  target_include_directories(${target} SYSTEM PRIVATE ${out})
  target_link_libraries(${target} PRIVATE PkgConfig::LIBBPF)
endfunction()

ebpf_program(kernel held_sockets)
ebpf_program(capture transitions)
