#include "app/log_view.hpp"

#include <utility>

#include "sys/machine.hpp"
#include "sys/process_stats.hpp"

namespace townd::app {

json log_lines(const std::string& level, const std::string& town, int limit) {
    const auto least = sys::parse_log_level(level).value_or(sys::log_level::trace);
    json out = json::array();
    for (const auto& line : sys::newest_lines(least, town, static_cast<std::size_t>(limit))) {
        json item;
        item["at"] = to_rfc3339(line.at);
        item["level"] = sys::to_text(line.level);
        item["event"] = line.event;
        item["text"] = line.text;
        auto& fields = item["fields"] = json::object();
        for (const auto& [name, value] : line.fields)
            fields[name] = value;
        out.push_back(std::move(item));
    }
    return out;
}

debug::machine_facts machine_now(const std::filesystem::path& data_dir,
                                 const std::vector<std::string>& listeners) {
    debug::machine_facts out;
    if (const auto process = sys::read_process_stats()) {
        out.open_files = static_cast<std::int64_t>(process->open_files);
        out.file_limit = static_cast<std::int64_t>(process->file_limit);
    }
    if (const auto disk = sys::read_disk_space(data_dir)) {
        out.disk_free_bytes = disk->free_bytes;
        out.disk_total_bytes = disk->total_bytes;
    }
    out.clock_synchronised = sys::clock_is_synchronised();
    const auto kept = sys::how_much_is_kept();
    out.oldest_log_line_at = kept.oldest_at;
    out.log_lines_dropped = kept.dropped;
    for (const auto& each : listeners) {
        const bool own = each.empty() || each.starts_with("127.") || each.starts_with("[::1]") ||
                         each.starts_with("localhost");
        if (!own) out.wide_addresses.push_back(each);
    }
    return out;
}

log_level_loan::~log_level_loan() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void log_level_loan::configure(sys::log_level level) {
    const std::scoped_lock lock(mutex_);
    own_ = level;
    if (!lent_) sys::set_log_level(level);
}

bool log_level_loan::lend(const std::string& level, duration ttl) {
    const auto parsed = sys::parse_log_level(level);
    if (!parsed) return false;
    {
        const std::scoped_lock lock(mutex_);
        lent_ = true;
        ttl_ = ttl;
        ++loans_;
        sys::set_log_level(*parsed);
        if (!thread_.joinable()) thread_ = std::thread([this] { wait_for_end(); });
    }
    changed_.notify_all();
    return true;
}

// A new loan begins its own time; one that ran out gives the configuration's level back.
void log_level_loan::wait_for_end() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        changed_.wait(lock, [this] { return stopping_ || lent_; });
        const unsigned mine = loans_;
        const bool interrupted =
            changed_.wait_for(lock, ttl_, [&] { return stopping_ || loans_ != mine; });
        if (interrupted) continue;
        lent_ = false;
        sys::set_log_level(own_);
        sys::log_line(sys::log_level::info, "log_level_back",
                      "the level that an operator set ran out");
    }
}

}  // namespace townd::app
