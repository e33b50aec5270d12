# Warnings of the house: errors for our own code, silence for generated code.
add_library(rapport_warnings INTERFACE)
target_compile_options(rapport_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Werror
  -pthread)  # for all alike: precompiled headers must be compiled as their users are
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports false ones, and takes designated initializers for incomplete ones.
  target_compile_options(rapport_warnings INTERFACE -Wno-restrict -Wno-missing-field-initializers)
else()
  # gcc ignores thread-safety annotations; clang reads them.
  target_compile_options(rapport_warnings INTERFACE -Wthread-safety -Wno-unused-command-line-argument)
endif()
