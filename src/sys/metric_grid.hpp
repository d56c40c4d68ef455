#pragma once
// A family of series over closed lists of label values. Holds prometheus-cpp: for metrics.cpp
// alone.

#include <prometheus/family.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace townd::sys {

/// One label and the values it can have.
struct closed_label {
    std::string name;
    std::vector<std::string> values;  ///< At most `closed_values_max` are kept.
};
inline constexpr std::size_t closed_values_max = 64;
inline constexpr std::string_view other_value = "other";

/// Whether a label set is there from the start; the others come to life with their first use.
using wanted_at_start = bool (*)(const prometheus::Labels& set);
inline bool want_all(const prometheus::Labels&) {
    return true;
}

/// Finds the series of a label set without a look-up in the family. Constant after construction, so
/// any thread may use it. `Args` is what makes a series, as a histogram's buckets.
template <class Series>
class metric_grid {
public:
    template <class... Args>
    metric_grid(prometheus::Family<Series>& family, wanted_at_start wanted,
                std::vector<closed_label> labels, const Args&... args)
        : labels_{std::move(labels)} {
        std::size_t count = 1;
        for (closed_label& each : labels_) {
            if (each.values.size() > closed_values_max) each.values.resize(closed_values_max);
            count *= each.values.size() + 1;
        }
        series_.assign(count, nullptr);
        for (std::size_t i = 0; i < count; ++i) {
            const prometheus::Labels set = labels_at(i);
            const bool other = std::any_of(set.begin(), set.end(), [](const auto& label) {
                return label.second == other_value;
            });
            if (!other && wanted(set)) series_[i] = &family.Add(set, args...);
        }
        make_ = [&family, args...](const prometheus::Labels& set) -> Series& {
            return family.Add(set, args...);
        };
    }

    /// Words in the order of the labels.
    template <class... Words>
    [[nodiscard]] Series& at(const Words&... words) const {
        std::size_t index = 0;
        std::size_t label = 0;
        ((index = index * (labels_[label].values.size() + 1) + place(label, words), ++label), ...);
        if (series_[index] != nullptr) return *series_[index];
        return make_(labels_at(index));  // The family finds the one made before.
    }

private:
    [[nodiscard]] std::size_t place(std::size_t label, std::string_view word) const noexcept {
        const auto& values = labels_[label].values;
        const auto found = std::find(values.begin(), values.end(), word);
        return static_cast<std::size_t>(found - values.begin());  // The end stands for `other`.
    }

    [[nodiscard]] prometheus::Labels labels_at(std::size_t index) const {
        prometheus::Labels out;
        for (std::size_t label = labels_.size(); label-- > 0;) {
            const auto& values = labels_[label].values;
            const std::size_t value = index % (values.size() + 1);
            index /= values.size() + 1;
            out[labels_[label].name] =
                value < values.size() ? values[value] : std::string{other_value};
        }
        return out;
    }

    std::vector<closed_label> labels_;
    std::vector<Series*> series_;
    std::function<Series&(const prometheus::Labels&)> make_;
};

}  // namespace townd::sys
