#include "app/live_config.hpp"

#include <sys/stat.h>

#include "config/sources.hpp"

namespace townd::app {
namespace {

constexpr std::int64_t settled_seconds = 2;

// Name, size, inode and times of every file. Nothing when one was written so lately that another
// write could leave it looking the same.
std::string look_of(const config::sources& from, std::int64_t wall_seconds) {
    std::string out;
    bool settled = true;
    for (const auto& file : config::find_files(from.files)) {
        struct stat is {};
        out += file.path.native() + file.problem;
        if (::stat(file.path.c_str(), &is) == 0) {
            out += ":" + std::to_string(is.st_ino) + ":" + std::to_string(is.st_size) + ":" +
                   std::to_string(is.st_mtim.tv_sec) + "." + std::to_string(is.st_mtim.tv_nsec) +
                   ":" + std::to_string(is.st_ctim.tv_sec) + "." +
                   std::to_string(is.st_ctim.tv_nsec);
            settled = settled && is.st_ctim.tv_sec + settled_seconds < wall_seconds;
        }
        out += "\n";
    }
    return settled ? out : std::string{};
}

std::vector<std::string> texts_of(const std::vector<config::problem>& problems) {
    std::vector<std::string> out;
    for (const auto& each : problems)
        out.push_back(each.text());
    return out;
}

json to_json(const config::change& each) {
    json out;
    out["key"] = each.key;
    out["from"] = each.from;
    out["to"] = each.to;
    out["restart"] = each.restart;
    return out;
}

}  // namespace

live_config::live_config(const clock_port& clock, config::settings first, apply_function apply)
    : clock_(clock),
      apply_(std::move(apply)),
      in_force_(std::move(first)),
      loaded_at_(clock.now()) {}

void live_config::read_from(config::sources from) {
    const std::scoped_lock lock(reading_, mutex_);
    from_ = std::move(from);
    files_.clear();
    for (const auto& file : config::find_files(from_.files))
        files_.push_back(file.path.native());
}

json live_config::reload(bool dry_run) {
    const std::scoped_lock one(reading_);
    const std::string look = look_of(from_, clock_.wall_seconds());
    const auto disk = config::load(from_);
    const auto errors = texts_of(disk.problems);
    json out;
    out["ok"] = errors.empty();
    out["dry_run"] = dry_run;
    out["changes"] = json::array();
    if (errors.empty()) {
        const std::scoped_lock lock(mutex_);
        for (const auto& each : config::changes(in_force_, disk.values))
            out["changes"].push_back(to_json(each));
    }
    if (!dry_run) {
        if (errors.empty()) {
            adopt(disk.values);
        } else {
            refuse(errors);
        }
        seen_ = look;
        looked_at_ = clock_.now();
    }
    compare(disk);
    const std::scoped_lock lock(mutex_);
    out["generation"] = generation_;
    out["errors"] = errors;
    out["warnings"] = texts_of(disk.warnings);
    out["pending_restart"] = pending_;
    return out;
}

std::vector<std::string> live_config::adopt(const config::settings& next) {
    const std::scoped_lock lock(mutex_);
    pending_ = config::needs_restart(in_force_, next);
    in_force_ = config::adopted(in_force_, next);
    apply_(in_force_);
    differs_ = !pending_.empty();
    errors_.clear();
    ++generation_;
    loaded_at_ = clock_.now();
    return pending_;
}

void live_config::refuse(const std::vector<std::string>& problems) {
    const std::scoped_lock lock(mutex_);
    errors_ = problems;
    differs_ = true;
}

void live_config::look() {
    const std::unique_lock one(reading_, std::try_to_lock);
    if (!one.owns_lock() || from_.files.empty()) return;
    if (looked_at_ != instant{} && clock_.now() - looked_at_ < look_every) return;
    looked_at_ = clock_.now();
    std::string look = look_of(from_, clock_.wall_seconds());
    if (!look.empty() && look == seen_) return;
    compare(config::load(from_));
    seen_ = std::move(look);
}

// Files with a mistake cannot give the values in force: they differ.
void live_config::compare(const config::loaded& disk) {
    const std::scoped_lock lock(mutex_);
    differs_ = !disk.problems.empty() || !config::changes(in_force_, disk.values).empty();
    if (disk.problems.empty()) pending_ = config::needs_restart(in_force_, disk.values);
}

live_config::facts_for_metrics live_config::facts() const {
    const std::scoped_lock lock(mutex_);
    return {loaded_at_, differs_, pending_.size(), in_force_.metrics.per_town,
            static_cast<std::size_t>(in_force_.metrics.per_town_limit)};
}

json live_config::status() const {
    const std::scoped_lock lock(mutex_);
    json out;
    out["generation"] = generation_;
    out["loaded_at"] = to_rfc3339(loaded_at_);
    json last;
    last["ok"] = errors_.empty();
    last["error"] = errors_;
    out["last_reload"] = std::move(last);
    out["differs_from_disk"] = differs_;
    out["pending_restart"] = pending_;
    out["files"] = files_;
    return out;
}

std::vector<config::printed_key> live_config::keys() const {
    const std::scoped_lock lock(mutex_);
    return config::list(in_force_);
}

duration live_config::tick_interval() const {
    const std::scoped_lock lock(mutex_);
    return in_force_.policy.reconciler.interval;
}

std::string live_config::trouble() const {
    const std::scoped_lock lock(mutex_);
    if (errors_.empty()) return {};
    return "config reload refused (" + errors_.front() + "); the old one holds. ";
}

}  // namespace townd::app
