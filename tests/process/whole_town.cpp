#include "process/whole_town.hpp"

#include <algorithm>
#include <sstream>

namespace townd::test {

void whole_town::begin(const config_keys& changes, standin::options opts,
                       const std::filesystem::path& socket) {
    opts.start_log = log_file().string();
    container_ = &stage_.add(std::move(opts));
    daemon_.configure({{"api.listen", "127.0.0.1:" + std::to_string(free_port())}});
    if (!socket.empty()) daemon_.configure({{"api.socket", socket.string()}});
    daemon_.configure(changes);
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
    town_ = town_caller::make(socket.empty() ? daemon_.api() : "unix:" + socket.string(),
                              container_->url());
    ASSERT_FALSE(town_.id().empty()) << daemon_.err();
}

void whole_town::kill_and_start() {
    daemon_.kill();
    ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
}

std::vector<json> whole_town::record() const {
    std::vector<json> out;
    std::istringstream in{read_file(log_file())};
    for (std::string line; std::getline(in, line);) {
        auto parsed = parse_json(line);
        if (parsed) out.push_back(*std::move(parsed));
    }
    return out;
}

std::vector<standin::start_seen> whole_town::begun(const std::string& bead) const {
    auto out = container_->starts();
    std::erase_if(out, [&](const auto& start) { return !start.began || start.bead != bead; });
    return out;
}

bool whole_town::begins(const std::string& bead, std::size_t times) const {
    return wait_until([&] { return begun(bead).size() >= times; }, duration{60'000});
}

std::vector<json> whole_town::labelled(const std::string& label, const std::string& query) const {
    std::vector<json> out;
    const json all = town_.call("GET", "/beads?limit=500" + query).data();
    for (const auto& bead : all)
        for (const auto& one : member(bead, "labels"))
            if (one == label) out.push_back(bead);
    return out;
}

std::string whole_town::wait_for_labelled(const std::string& label) const {
    std::vector<json> found;
    wait_until([&] { return !(found = labelled(label)).empty(); }, duration{60'000});
    return found.empty() ? std::string{} : said(found.front(), "bead_id");
}

bool whole_town::has(const std::string& bead, std::string_view status, duration patience) const {
    return wait_until([&] { return town_.status(bead) == status; }, patience);
}

std::string whole_town::explain(const std::string& bead) const {
    return dump_json(pages(daemon_).explain(town_.id(), bead)) + "\n" + daemon_.err();
}

int whole_town::told(const std::string& words) const {
    std::istringstream in{daemon_.err()};
    int out = 0;
    for (std::string line; std::getline(in, line);)
        if (line.find(words) != std::string::npos) ++out;
    return out;
}

json body_of(const standin::start_seen& start) {
    auto parsed = parse_json(start.body);
    return parsed ? *std::move(parsed) : json();
}

}  // namespace townd::test
