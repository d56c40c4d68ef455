#include "townd/decide/outage.hpp"

namespace townd {}
