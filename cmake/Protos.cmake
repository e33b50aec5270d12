# rapport_protos(<target> FILES <a.proto ...> [ROOT <folder>]): messages compiled to C++ into the
# build folder; ROOT is where the files are, if not under protos/ or among what that imports.
# Services need no generated stubs: the pipeline (common/rpc) works from descriptors.
set(RAPPORT_PROTO_PATHS ${CMAKE_SOURCE_DIR}/protos ${RAPPORT_GOOGLE_PROTOS} /usr/share/grpc-proto)

function(rapport_protos target)
  cmake_parse_arguments(ARG "" "ROOT" "FILES;DEPS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/gen)
  file(MAKE_DIRECTORY ${out})
  set(flags)
  set(paths ${ARG_ROOT} ${RAPPORT_PROTO_PATHS})
  foreach(path IN LISTS paths)
    list(APPEND flags -I${path})
  endforeach()
  set(sources)
  foreach(file IN LISTS ARG_FILES)
    string(REGEX REPLACE "\\.proto$" "" stem ${file})
    foreach(path IN LISTS paths)
      if(EXISTS ${path}/${file})
        set(input ${path}/${file})
        break()
      endif()
    endforeach()
    add_custom_command(
      OUTPUT ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
      COMMAND protobuf::protoc ${flags} --cpp_out=${out} ${file}
      DEPENDS ${input} VERBATIM)
    list(APPEND sources ${out}/${stem}.pb.cc)
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf ${ARG_DEPS})
  if(RAPPORT_SANITIZE MATCHES address AND NOT RAPPORT_FUZZ)
    target_compile_options(${target} PRIVATE -fno-sanitize=all -g0)  # not our code, and a lot of it
  endif()
endfunction()
