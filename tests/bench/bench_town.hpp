#pragma once
// Towns to measure on: as rows in memory, and as files.

#include <filesystem>
#include <functional>
#include <string>

#include "store/town_store.hpp"
#include "townd/decide/reconcile.hpp"
#include "townd/port/clock.hpp"
#include "townd/port/container.hpp"
#include "townd/port/journal.hpp"

namespace townd::bench {

inline constexpr instant start_of_time = from_unix_ms(1'795'342'322'000);

class temp_dir {
public:
    temp_dir();
    ~temp_dir();
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// What a town is made of. All beads are issues of one rig.
struct shape {
    int due = 0;      ///< Ready to start.
    int blocked = 0;  ///< Wait for a bead that a label holds.
    int closed = 0;
    int idle_polecats = 0;  ///< Free slots that exist already.
    int polecats_max = 0;   ///< The rig's own limit; 0: none.
};

[[nodiscard]] rig make_rig(const shape& of);
[[nodiscard]] bead make_issue(int number, instant at);
[[nodiscard]] agent make_polecat(int number, instant at);

/// The same town as rows, without the closed beads, as a tick would read it.
[[nodiscard]] live_rows make_rows(const shape& of, instant at);
void fill(store::town_store& store, const shape& of, instant at);

class manual_clock final : public clock_port {
public:
    [[nodiscard]] instant now() const noexcept override { return at; }
    [[nodiscard]] std::int64_t wall_seconds() const noexcept override { return unix_ms(at) / 1000; }
    instant at = start_of_time;
};

/// Hands each call to a function.
class scripted_port final : public container_port {
public:
    using script = std::function<void(const http_call&, std::function<void(http_answer)>&)>;
    explicit scripted_port(script what) : script_(std::move(what)) {}
    void call(http_call request, std::function<void(http_answer)> done) override {
        script_(request, done);
    }

private:
    script script_;
};
[[nodiscard]] bool is_start(const http_call& request);
/// 201 to a start, 200 to anything else.
[[nodiscard]] http_answer good_answer(const http_call& request);

class silent_journal final : public journal_port {
public:
    void attempt_started(const town_id&, const dispatch&) override {}
    void attempt_ended(const town_id&, const dispatch&, duration) override {}
    void session_failed(const town_id&, const dispatch&) override {}
    void breaker_changed(const town_id&, std::string_view, std::string_view, std::string_view,
                         std::string_view, std::string_view, std::string_view) override {}
    void outage_changed(const outage_event&) override {}
    void starts_suppressed(const town_id&, std::string_view, std::string_view, int) override {}
    void tick_done(const town_id&, duration, int, int) override {}
    void action_applied(std::string_view) override {}
    void storage_failed(const town_id&, std::string_view, const failure& why) override;
    void note(const town_id&, std::string_view, std::string_view) override {}
    void warn(const town_id&, std::string_view event, std::string_view text) override;
};

}  // namespace townd::bench
