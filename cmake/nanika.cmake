# How a module is built: nanika_module(NAME DEPS...) makes the library nanika_NAME from the folder's sources and
# NAME_test from the *_test.cc beside them.

# Archives first: the release is one file.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)
find_library(YAML_LIBRARY yaml REQUIRED)
find_library(RE2_LIBRARY re2 REQUIRED)

add_library(nanika_flags INTERFACE)
target_compile_options(nanika_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
  -Wno-gnu-statement-expression-from-macro-expansion -Wno-missing-field-initializers -Wno-missing-designated-field-initializers
  -Wno-c23-extensions
  # One code model for libraries and programs (CMake would say -fPIE for the latter): they share a precompiled header.
  -fPIC -fstack-protector-strong "SHELL:-Xclang -fno-pch-timestamp")
target_compile_definitions(nanika_flags INTERFACE
  FMT_HEADER_ONLY BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_include_directories(nanika_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_link_options(nanika_flags INTERFACE -fuse-ld=lld-19)
if(NANIKA_SANITIZE)
  target_compile_options(nanika_flags INTERFACE -fsanitize=${NANIKA_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(nanika_flags INTERFACE -fsanitize=${NANIKA_SANITIZE})
else()
  target_compile_definitions(nanika_flags INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
  # One file that runs on any Linux: no shared library is needed beside it.
  add_link_options($<$<CONFIG:Release>:-static-pie>)
endif()

# One precompiled header for every module: it halves the build (docs/design/0001).
add_library(nanika_pch OBJECT ${PROJECT_SOURCE_DIR}/src/base/pch.cc)
target_link_libraries(nanika_pch PUBLIC nanika_flags)
target_precompile_headers(nanika_pch PRIVATE
  <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <deque> <expected> <functional> <map> <memory>
  <mutex> <optional> <set> <span> <stop_token> <string> <string_view> <thread> <unordered_map> <utility> <variant>
  <vector> <fmt/format.h> <boost/json/value.hpp> <boost/json/object.hpp> <boost/json/array.hpp> <boost/json/string.hpp>)

# *_test.cc are unit tests: no root, seconds in all. *_lab_test.cc make network namespaces (root) and run one by one,
# with ctest's label `lab`.
add_custom_target(unit_tests)  # what the sanitizer builds need

function(nanika_tests name suffix label)
  if(NOT ARGN)
    return()
  endif()
  add_executable(${name}${suffix} ${ARGN})
  target_link_libraries(${name}${suffix} PRIVATE nanika_${name} GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name}${suffix} REUSE_FROM nanika_pch)
  target_compile_definitions(${name}${suffix} PRIVATE NANIKA_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set(serial FALSE)
  if(label STREQUAL lab)
    set(serial TRUE)
  else()
    add_dependencies(unit_tests ${name}${suffix})
  endif()
  gtest_discover_tests(${name}${suffix} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${label} TIMEOUT 60 RUN_SERIAL ${serial})
endfunction()

function(nanika_module name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/pch|_fuzz)\\.cc$")
  if(NOT sources)  # headers alone
    add_library(nanika_${name} INTERFACE)
    target_link_libraries(nanika_${name} INTERFACE nanika_flags ${ARGN})
    return()
  endif()
  add_library(nanika_${name} STATIC ${sources})
  target_link_libraries(nanika_${name} PUBLIC nanika_flags ${ARGN})
  target_precompile_headers(nanika_${name} REUSE_FROM nanika_pch)
  set(lab_tests ${tests})
  list(FILTER lab_tests INCLUDE REGEX "_lab_test\\.cc$")
  list(FILTER tests EXCLUDE REGEX "_lab_test\\.cc$")
  nanika_tests(${name} _test unit ${tests})
  nanika_tests(${name} _lab_test lab ${lab_tests})
endfunction()
