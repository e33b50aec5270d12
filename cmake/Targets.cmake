# The three kinds of targets of the house.
#
#   rapport_library(NAME [APART] SRCS a.cc b.h DEPS x y)
#                                                   target rapport_<NAME>, alias rapport::<NAME>
#   rapport_binary(NAME SRCS main.cc DEPS x)        executable <NAME>
#   rapport_test(NAME SRCS foo_test.cc DEPS x)      executable + ctest entry; the ids in comments
#                                                   "// Proves: E22, C13" become its labels.
#                                                   LABELS names the layer: tool (units of a command
#                                                   line), laws (long searches for counterexamples),
#                                                   component, e2e, faults, contract; without one it
#                                                   is unit, or contract if a source is called
#                                                   contract_...
#
# The target quick_tests builds the unit and contract tests, fuzz_targets the fuzz targets.
#
# With RAPPORT_UNITY a library's sources are compiled eight at a time: a third of the time for a
# whole build, more for a change of one line. APART leaves a library out whose sources use the same
# local names.
option(RAPPORT_UNITY "compile the sources of a library together" OFF)
set(rapport_test_environment "")
if(RAPPORT_SANITIZE STREQUAL "thread")
  # Inherited by the services that tests start.
  set(rapport_test_environment
      "TSAN_OPTIONS=ignore_noninstrumented_modules=1 suppressions=${CMAKE_SOURCE_DIR}/tests/sanitizers/thread.txt")
endif()
add_custom_target(quick_tests)
add_custom_target(fuzz_targets)

function(rapport_library name)
  cmake_parse_arguments(ARG "APART" "" "SRCS;DEPS" ${ARGN})
  set(compiled ${ARG_SRCS})
  list(FILTER compiled INCLUDE REGEX "\\.cc$")
  if(compiled)
    add_library(rapport_${name} STATIC ${ARG_SRCS})
    target_link_libraries(rapport_${name} PUBLIC ${ARG_DEPS} PRIVATE rapport_warnings)
    target_include_directories(rapport_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    rapport_precompiled(rapport_${name} library)
    if(RAPPORT_UNITY AND NOT ARG_APART)
      set_target_properties(rapport_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    endif()
  else()
    add_library(rapport_${name} INTERFACE)
    target_link_libraries(rapport_${name} INTERFACE ${ARG_DEPS})
    target_include_directories(rapport_${name} INTERFACE ${CMAKE_SOURCE_DIR})
  endif()
  add_library(rapport::${name} ALIAS rapport_${name})
endfunction()

function(rapport_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} rapport_warnings)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
endfunction()

function(rapport_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LABELS;ARGS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest rapport_test_main
                                        rapport_warnings)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${RAPPORT_TEST_OPTIONS})
  rapport_precompiled(${name} test)
  set(labels ${ARG_LABELS})
  foreach(source IN LISTS ARG_SRCS)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(STRINGS ${source} proofs REGEX "// Proves: ")
    foreach(proof IN LISTS proofs)
      string(REGEX REPLACE ".*// Proves: " "" proof "${proof}")
      string(REGEX MATCHALL "[A-Z][0-9]+" ids "${proof}")
      list(APPEND labels ${ids})
    endforeach()
  endforeach()
  set(layers ${labels})
  list(FILTER layers INCLUDE REGEX "^(unit|tool|laws|component|e2e|faults|contract|data|docs)$")
  if(NOT layers)
    set(layers unit)
    foreach(source IN LISTS ARG_SRCS)
      if(source MATCHES "(^|/)contract_[a-z_]*\\.cc$")
        set(layers contract)
      endif()
    endforeach()
    list(APPEND labels ${layers})
  endif()
  if("unit" IN_LIST layers OR "contract" IN_LIST layers)
    add_dependencies(quick_tests ${name})
  endif()
  list(REMOVE_DUPLICATES labels)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(RAPPORT_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 5")
  endif()
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT "${rapport_test_environment}")
endfunction()

# Runs a test of the harness again, on PostgreSQL. EXCEPT names cases that look into SQLite's file.
function(rapport_test_on_postgres name)
  cmake_parse_arguments(ARG "" "EXCEPT" "" ${ARGN})
  add_test(NAME ${name}_on_postgres COMMAND ${name} --gtest_filter=-${ARG_EXCEPT})
  get_test_property(${name} LABELS labels)
  get_test_property(${name} TIMEOUT timeout)
  set_tests_properties(${name}_on_postgres PROPERTIES LABELS "${labels};postgres"
                       TIMEOUT ${timeout} ENVIRONMENT RAPPORT_TEST_STORE=postgres)
endfunction()

# A fuzz target: libFuzzer under clang for a minute (preset fuzz; what it finds stays in the build
# folder), otherwise a program that replays its corpus as a test.
function(rapport_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} rapport_warnings)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  add_dependencies(fuzz_targets ${name})
  if(RAPPORT_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set(found ${CMAKE_CURRENT_BINARY_DIR}/${name}_found)
    file(MAKE_DIRECTORY ${found}/corpus)
    add_test(NAME ${name}_minute COMMAND ${name} -max_total_time=60 -print_final_stats=1
             -artifact_prefix=${found}/ ${found}/corpus ${ARG_CORPUS})
    set_tests_properties(${name}_minute PROPERTIES LABELS "fuzz" TIMEOUT 180)
  else()
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${name}_corpus COMMAND ${name} ${ARG_CORPUS})
    set_tests_properties(${name}_corpus PROPERTIES LABELS "fuzz" TIMEOUT 60)
  endif()
endfunction()
