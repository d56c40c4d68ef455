#pragma once
// What happens next: small values in a heap, by time and then by the order they were put in.

#include <cstdint>
#include <utility>
#include <vector>

#include "townd/words/time.hpp"

namespace townd::sim {

enum class kind : std::uint8_t {
    faults_change,
    town_due,        ///< town
    answer_due,      ///< arg: request
    effect_due,      ///< arg: request
    container_back,  ///< town, arg: generation of its trouble
    crash_due,       ///< town, arg: generation of the faults
    wedge_due,
    eviction_due,
    eviction_told,  ///< town, arg: generation of its trouble
    put_out_due,
    container_gone,
    commit_error_due,
    beat_due,      ///< arg: session
    session_due,   ///< arg: session
    call_arrives,  ///< arg: call on its way
    bead_due,      ///< town, arg: rig, or any
    message_due,   ///< town: one for the mayor
    arrival_due,   ///< town: the next of a stream of beads
    convoy_due,    ///< town, arg: rig
    convoy_start,  ///< arg: convoy
    meddling_due,  ///< town: somebody moves hooks about
    pr_due,        ///< arg: pull request
    pr_asked,      ///< arg: question
    kill_due,      ///< arg: generation
    restart_due,
    pause_due,
    power_loss_due,
    planned_kill,   ///< At this moment, whatever chance says.
    fleet_changes,  ///< arg: place in world_options::changes
    kill_over,      ///< A kill that met no step by now.
    daemon_up,
    daemon_resumes,
    coordinator_due,
    sweep,  ///< The oracle looks at all towns.
};

struct happening {
    instant at{};
    std::uint64_t order = 0;
    std::uint64_t arg = 0;
    std::uint32_t town = 0;
    kind what{};
};

/// A 4-ary heap: flat, and shallow for a hundred thousand entries.
class schedule {
public:
    void add(instant at, kind what, std::uint32_t town = 0, std::uint64_t arg = 0) {
        heap_.push_back({at, ++orders_, arg, town, what});
        std::size_t i = heap_.size() - 1;
        const happening fresh = heap_[i];
        while (i > 0 && before(fresh, heap_[(i - 1) / 4])) {
            heap_[i] = heap_[(i - 1) / 4];
            i = (i - 1) / 4;
        }
        heap_[i] = fresh;
    }
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
    [[nodiscard]] instant next_at() const noexcept {
        return heap_.empty() ? never : heap_.front().at;
    }
    [[nodiscard]] happening take() {
        const happening first = heap_.front();
        const happening last = heap_.back();
        heap_.pop_back();
        if (!heap_.empty()) sink(last);
        return first;
    }

private:
    [[nodiscard]] static bool before(const happening& a, const happening& b) noexcept {
        return a.at != b.at ? a.at < b.at : a.order < b.order;
    }
    void sink(const happening& last) {
        const std::size_t count = heap_.size();
        std::size_t i = 0;
        for (;;) {
            const std::size_t first = 4 * i + 1;
            if (first >= count) break;
            std::size_t least = first;
            for (std::size_t c = first + 1; c < first + 4 && c < count; ++c)
                if (before(heap_[c], heap_[least])) least = c;
            if (!before(heap_[least], last)) break;
            heap_[i] = heap_[least];
            i = least;
        }
        heap_[i] = last;
    }

    std::vector<happening> heap_;
    std::uint64_t orders_ = 0;
};

}  // namespace townd::sim
