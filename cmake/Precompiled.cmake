# The headers that most of our sources include, compiled once for libraries and once for tests.
# Every source still includes what it uses: the presets tidy and fuzz (clang) build without.
#
#   rapport_precompiled(TARGET library|test)
option(RAPPORT_PRECOMPILE "compile the most used headers once" ON)

# Sources of tests run once or twice and are compiled often. What they test is optimised as the
# preset says.
set(RAPPORT_TEST_OPTIONS -O0)

set(RAPPORT_COMMON_HEADERS
  <algorithm> <cstdint> <functional> <map> <memory> <string> <utility> <vector>
  <absl/container/flat_hash_map.h> <absl/functional/any_invocable.h> <absl/status/statusor.h>
  <absl/strings/str_cat.h> <absl/strings/string_view.h> <absl/time/time.h>
  <absl/types/optional.h> <absl/types/span.h>
  <google/protobuf/message.h> <google/protobuf/timestamp.pb.h>)
set(RAPPORT_TEST_HEADERS ${RAPPORT_COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>)

# CMake needs a target that owns the headers. Libraries are compiled with -fPIC and programs with
# -fPIE, so each kind has its own.
function(rapport_precompiled_owner kind)
  set(source ${CMAKE_BINARY_DIR}/precompiled_${kind}.cc)
  file(GENERATE OUTPUT ${source} CONTENT "int main() { return 0; }\n")
  if(kind STREQUAL "test")
    add_executable(rapport_precompiled_${kind} ${source})
    target_link_libraries(rapport_precompiled_${kind} PRIVATE GTest::gmock GTest::gtest)
  else()
    add_library(rapport_precompiled_${kind} STATIC ${source})
  endif()
  target_link_libraries(rapport_precompiled_${kind} PRIVATE protobuf::libprotobuf absl::statusor
                        absl::flat_hash_map rapport_warnings)
  target_compile_options(rapport_precompiled_${kind} PRIVATE -fpch-preprocess)  # for ccache
  target_precompile_headers(rapport_precompiled_${kind} PRIVATE ${ARGN})
endfunction()

if(RAPPORT_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  rapport_precompiled_owner(library ${RAPPORT_COMMON_HEADERS})
  rapport_precompiled_owner(test ${RAPPORT_TEST_HEADERS})
  target_compile_options(rapport_precompiled_test PRIVATE ${RAPPORT_TEST_OPTIONS})
endif()

function(rapport_precompiled target kind)
  if(TARGET rapport_precompiled_${kind})
    target_compile_options(${target} PRIVATE -fpch-preprocess)
    target_precompile_headers(${target} REUSE_FROM rapport_precompiled_${kind})
  endif()
endfunction()
