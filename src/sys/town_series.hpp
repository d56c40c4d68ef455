#pragma once
// townd_town_blocked: the towns in trouble, one series each, within a bound. Holds prometheus-cpp:
// for metrics.cpp alone.

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>

#include "sys/metrics.hpp"

namespace townd::sys {

class town_series {
public:
    static constexpr duration forget_after{600'000};

    explicit town_series(prometheus::Registry& in);
    /// See metrics::set_town_troubles.
    void set(std::span<const town_trouble> now_in_trouble, std::size_t most, instant now);

private:
    struct shown {
        prometheus::Gauge* series = nullptr;
        instant named_at{};
    };
    void forget(instant now);

    prometheus::Family<prometheus::Gauge>& family_;
    prometheus::Gauge& overflow_;
    std::mutex mutex_;
    std::map<prometheus::Labels, shown> shown_;  // Guarded by mutex_.
};

}  // namespace townd::sys
