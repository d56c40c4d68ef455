# The pages in a real browser: Debian's Chromium, driven by Playwright's core, looked over by axe.
# `make test` installs what is missing; a build alone does without.
find_program(TOWND_NODE node)
find_program(TOWND_NPM npm)
if(NOT TOWND_NODE OR NOT TOWND_NPM)
    message(WARNING "node or npm is missing: no browser tests (make test-packages installs them)")
    return()
endif()
set(browser_dir ${CMAKE_CURRENT_BINARY_DIR}/browser)
file(GLOB browser_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.mjs)
foreach(each ${browser_files} ${CMAKE_CURRENT_LIST_DIR}/package.json
             ${CMAKE_CURRENT_LIST_DIR}/package-lock.json)
    get_filename_component(name ${each} NAME)
    configure_file(${each} ${browser_dir}/${name} COPYONLY)
endforeach()
add_test(NAME Browser.Packages
    COMMAND ${TOWND_NPM} ci --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${browser_dir})
set_tests_properties(Browser.Packages PROPERTIES FIXTURES_SETUP browser_packages TIMEOUT 300)

# townd_browser_test(NAME file.mjs): its pictures stay in <build>/tests/browser/pictures.
function(townd_browser_test name file)
    add_test(NAME ${name}
        COMMAND ${TOWND_NODE} ${file} $<TARGET_FILE:townd> ${browser_dir}/pictures
        WORKING_DIRECTORY ${browser_dir})
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED browser_packages TIMEOUT 300)
endfunction()
townd_browser_test(Browser.DemoOutageIsReadFromVerdictToExplanation demo_test.mjs)
