# townd_options: language level, warnings, sanitizers. Nothing else sets flags.

set(CMAKE_CXX_EXTENSIONS OFF)
# Assertions stay on in release: a broken invariant must stop the daemon, not corrupt a town.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(TOWND_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")
option(TOWND_COVERAGE "Build for gcov" OFF)

add_library(townd_options INTERFACE)
target_compile_features(townd_options INTERFACE cxx_std_20)
target_compile_options(townd_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
    -Wold-style-cast -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 misreads the operator delete of Asio's coroutine frames from -O1 on.
    target_compile_options(townd_options INTERFACE -Wno-mismatched-new-delete)
endif()

# Sanitizers go to every target, the separately compiled Asio and Beast included.
if(TOWND_SANITIZE)
    add_compile_options(-fsanitize=${TOWND_SANITIZE} -fno-omit-frame-pointer -g1)
    add_link_options(-fsanitize=${TOWND_SANITIZE})
    if(TOWND_SANITIZE MATCHES "thread")
        add_compile_options(-O1)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            add_compile_options(-Wno-tsan)  # Asio's fences: asio issues 1193 and 1512.
        endif()
    else()
        add_compile_options(-O0)
    endif()
    if(TOWND_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        add_compile_options(-fno-sanitize=function)  # clang 14 cannot assemble coroutines with it.
    endif()
endif()
if(TOWND_COVERAGE)
    add_compile_options(--coverage -fprofile-abs-path -O0 -g1)
    add_link_options(--coverage)
endif()
