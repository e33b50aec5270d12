# RAPPORT_SANITIZE = "", "address,undefined" or "thread"; applies to everything that we compile.
set(RAPPORT_SANITIZE "" CACHE STRING "sanitizers to build with")
if(RAPPORT_SANITIZE)
  add_compile_options(-fsanitize=${RAPPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RAPPORT_SANITIZE})
  if(RAPPORT_SANITIZE STREQUAL "thread")
    # Headers of protobuf's lay out maps differently if they see this one, unlike Debian's library,
    # which was built without it.
    add_compile_options(-U__SANITIZE_THREAD__)
    add_compile_definitions(RAPPORT_THREAD_SANITIZER)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options(-Wno-tsan)  # absl/flags uses atomic_thread_fence, which gcc 12 reports
    endif()
  endif()
endif()
option(RAPPORT_FUZZ "build the libFuzzer targets (clang)" OFF)
if(RAPPORT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
option(RAPPORT_COVERAGE "instrument for coverage" OFF)
if(RAPPORT_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
