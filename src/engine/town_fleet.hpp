#pragma once
// The fleet over real town threads.

#include <memory>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "engine/coordinator.hpp"
#include "engine/environment.hpp"
#include "engine/event_keeper.hpp"
#include "engine/operator_desk.hpp"
#include "engine/town_threads.hpp"
#include "store/data_dir.hpp"

namespace townd::engine {

struct fleet_options {
    int threads = 8;
    int open_files_max = 300;  ///< Town files open at once, all threads.
    store::durability durability = store::durability::full;
    /// Where the journal's events are shown: kept in the daemon's database from one start to the
    /// next. Null: they are not. Outlives the fleet.
    chronicle* history = nullptr;
    /// Runs a program of the operator's (sys/program_runner.hpp); outlives the fleet's threads.
    std::function<void(std::vector<std::string>, std::function<void(result<void>)>)> run_command =
        {};
    pull_requests* forge = nullptr;  ///< Who can be asked about pull requests; null: nobody.
};

class town_fleet final : public fleet {
public:
    /// The ports and `files` must outlive it, and no answer of `containers` may come after its
    /// destruction: stop the thread that brings them first. Nothing runs before `start`.
    town_fleet(const clock_port& clock, container_port& containers, journal_port& journal,
               const store::data_dir& files, town::sources from,
               std::shared_ptr<const town::settings> settings, fleet_options options);
    ~town_fleet() override;

    /// Takes the towns that are in the data directory and starts the threads.
    [[nodiscard]] result<void> start();
    /// From now on no agent is started; what is in flight may still come back.
    void stop_starts();
    /// Ends the threads: outcomes that came back are written, the rest is recorded as unknown.
    void stop();
    /// New settings, in force from each town's next cycle. Any thread.
    void apply(std::shared_ptr<const town::settings> settings);

    void in_town(const town_id& town, town_work work, reply done) override;
    void read_town(const town_id& town, town_work work, reply done) override;
    void create_town(new_town wanted, reply done) override;
    void delete_town(const town_id& town, reply done) override;
    [[nodiscard]] std::vector<std::shared_ptr<const town_summary>> summaries() const override;
    [[nodiscard]] std::shared_ptr<const town_summary> summary(const town_id& town) const override;
    [[nodiscard]] std::optional<town_id> town_of_rig(const rig_id& rig) const override;
    [[nodiscard]] bool has_town(const town_id& town) const override;
    [[nodiscard]] totals total() const override;
    void operate(operator_request what, reply done) override;
    void read_audit(audit_query which, reply done) override;
    [[nodiscard]] operator_view operators() const override;
    [[nodiscard]] std::shared_ptr<const outage_board> outages() const override;
    [[nodiscard]] desk_figures figures() const override;
    [[nodiscard]] std::string verdict(instant now) const override;

private:
    town_thread& home_of(const town_id& town);
    void send(const town_id& town, message m);
    void took(std::shared_ptr<const town_summary> next, bool fresh);
    void sample(chronicle& history) const;

    const store::data_dir& files_;
    environment env_;
    slots in_flight_;
    fleet_records records_;
    operator_desk desk_;
    coordinator outages_;
    std::optional<event_keeper> keeper_;
    std::vector<std::unique_ptr<town_thread>> threads_;
    mutable std::shared_mutex mutex_;
    std::map<town_id, std::shared_ptr<const town_summary>> towns_;
    std::unordered_map<rig_id, town_id> rigs_;
    std::atomic<std::uint64_t> ticks_{0};
    std::atomic<std::int64_t> last_tick_ms_{0};
    bool started_ = false;
};

}  // namespace townd::engine
