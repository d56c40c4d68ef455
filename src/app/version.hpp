#pragma once
// What this build is. The values come from the build system.

namespace townd::app {

extern const char* const version;
extern const char* const revision;
extern const char* const build_date;

}  // namespace townd::app
