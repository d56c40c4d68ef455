#pragma once
// A value or the failure that stands in for it.

#include <boost/system/result.hpp>
#include <stdexcept>

#include "townd/words/error.hpp"

namespace townd {

/// `value()` on a failure throws; ask `has_value()` (or use it as a bool) first.
template <class T>
using result = boost::system::result<T, failure>;

/// What boost::system::result throws when a failed result is read: a bug of ours, not the world's.
[[noreturn]] inline void throw_exception_from_error(const failure& e,
                                                    const boost::source_location&) {
    throw std::logic_error("failed result read as a value: " + e.what);
}

}  // namespace townd
