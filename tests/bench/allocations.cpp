// Counts what a benchmark allocates.

#include <cstdlib>
#include <new>

#include "bench/report.hpp"

namespace {
thread_local std::uint64_t count = 0;
}

void* operator new(std::size_t size) {
    ++count;
    if (void* found = std::malloc(size == 0 ? 1 : size)) return found;
    throw std::bad_alloc();
}
void operator delete(void* what) noexcept {
    std::free(what);
}
void operator delete(void* what, std::size_t) noexcept {
    std::free(what);
}

std::uint64_t townd::bench::allocations() noexcept {
    return count;
}
