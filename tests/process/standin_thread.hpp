#pragma once
// Stand-in containers inside the test, on a thread of their own, so that tests can change and ask
// them.

#include <memory>
#include <thread>
#include <vector>

#include "standin/container.hpp"

namespace townd::test {

/// Short times: work 200 ms, review 100 ms, heartbeats every 100 ms.
standin::options fast_standin();

class standin_thread {
public:
    standin_thread();
    ~standin_thread();
    standin_thread(const standin_thread&) = delete;
    standin_thread& operator=(const standin_thread&) = delete;

    /// Lives as long as this object. Throws std::runtime_error when it cannot listen.
    standin::container& add(standin::options opts = fast_standin());

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace townd::test
