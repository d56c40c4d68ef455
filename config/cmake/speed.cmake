# A compiler cache and a fast linker when the machine has them; without them the build is only slower.
find_program(TOWND_CCACHE ccache)
if(TOWND_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${TOWND_CCACHE})
endif()
find_program(TOWND_MOLD mold)
if(TOWND_MOLD)
    add_link_options(-fuse-ld=mold)
endif()
