#include "app/version.hpp"

#ifndef TOWND_VERSION
#define TOWND_VERSION "0"
#endif
#ifndef TOWND_REVISION
#define TOWND_REVISION "unknown"
#endif

namespace townd::app {

const char* const version = TOWND_VERSION;
const char* const revision = TOWND_REVISION;
const char* const build_date = __DATE__;

}  // namespace townd::app
