# Every find_package of the project is here, each wrapped once as a target under rapport::dep::.
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED)
find_package(GTest REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core pull)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose)
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(CARES REQUIRED libcares)
find_path(PHONENUMBER_INCLUDE phonenumbers/phonenumberutil.h REQUIRED)
find_library(PHONENUMBER_LIBRARY phonenumber REQUIRED)
find_path(HIREDIS_INCLUDE hiredis/hiredis.h REQUIRED)
find_library(HIREDIS_LIBRARY hiredis REQUIRED)

add_library(rapport_dep_phonenumber INTERFACE)
target_include_directories(rapport_dep_phonenumber SYSTEM INTERFACE ${PHONENUMBER_INCLUDE})
target_link_libraries(rapport_dep_phonenumber INTERFACE ${PHONENUMBER_LIBRARY})

add_library(rapport_dep_hiredis INTERFACE)  # Debian's package has no target
target_include_directories(rapport_dep_hiredis SYSTEM INTERFACE ${HIREDIS_INCLUDE})
target_link_libraries(rapport_dep_hiredis INTERFACE ${HIREDIS_LIBRARY})

# Google's common protos (annotations, Status, error details): fetched at set-up from a registry
# package pinned by hash (tools/requirements.txt), never copied into the repository.
set(RAPPORT_DEPS_DIR "${CMAKE_SOURCE_DIR}/.deps" CACHE PATH "what deploy/setup fetched")
set(RAPPORT_GOOGLE_PROTOS "${RAPPORT_DEPS_DIR}/python")
if(NOT EXISTS "${RAPPORT_GOOGLE_PROTOS}/google/rpc/error_details.proto")
  message(FATAL_ERROR "Google's common protos are missing: run deploy/setup first")
endif()
