#include "sys/town_series.hpp"

namespace townd::sys {
namespace {

constexpr std::size_t label_bytes_max = 64;

prometheus::Labels labels_of(const town_trouble& what) {
    return {{"town", clean_text(what.town, label_bytes_max)},
            {"role", clean_text(what.role, label_bytes_max)},
            {"reason", clean_text(what.reason, label_bytes_max)}};
}

}  // namespace

town_series::town_series(prometheus::Registry& in)
    : family_{prometheus::BuildGauge()
                  .Name("townd_town_blocked")
                  .Help("1 while a town does not dispatch the role (metrics.per_town); the town "
                        "__overflow__ counts those beyond metrics.per_town_limit.")
                  .Register(in)},
      overflow_{family_.Add({{"town", "__overflow__"}, {"role", "all"}, {"reason", "none"}})} {}

void town_series::set(std::span<const town_trouble> now_in_trouble, std::size_t most, instant now) {
    const std::lock_guard lock{mutex_};
    for (auto& [labels, each] : shown_)
        each.series->Set(0);
    int beyond = 0;
    for (const town_trouble& what : now_in_trouble) {
        const auto labels = labels_of(what);
        auto at = shown_.find(labels);
        if (at == shown_.end()) {
            if (shown_.size() >= most) {
                ++beyond;
                continue;
            }
            at = shown_.emplace(labels, shown{&family_.Add(labels), now}).first;
        }
        at->second.series->Set(what.value);
        at->second.named_at = now;
    }
    overflow_.Set(beyond);
    forget(now);
}

void town_series::forget(instant now) {
    for (auto at = shown_.begin(); at != shown_.end();) {
        if (now - at->second.named_at < forget_after) {
            ++at;
            continue;
        }
        family_.Remove(at->second.series);
        at = shown_.erase(at);
    }
}

}  // namespace townd::sys
