#pragma once
// A page that is made at most once a second, whoever asks how often.

#include <functional>
#include <mutex>
#include <string>

#include "townd/words/time.hpp"

namespace townd::app {

class kept_page {
public:
    static constexpr duration kept_for{1'000};

    /// Any thread; `make` is called by one at a time.
    [[nodiscard]] std::string get(instant now, const std::function<std::string()>& make) {
        const std::scoped_lock lock(mutex_);
        if (text_.empty() || now - made_at_ >= kept_for) {
            text_ = make();
            made_at_ = now;
        }
        return text_;
    }

private:
    std::mutex mutex_;
    std::string text_;  // Guarded by mutex_.
    instant made_at_{};
};

}  // namespace townd::app
