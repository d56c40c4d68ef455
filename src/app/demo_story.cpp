#include "app/demo_story.hpp"

#include <cstdio>

#include "app/http_json.hpp"

namespace townd::app {
namespace {

constexpr std::size_t named_max = 3;

// `town-1, town-2 and 9 more`.
std::string some_of(const std::set<std::string>& names) {
    std::string out;
    std::size_t told = 0;
    for (const auto& name : names) {
        if (told == named_max) break;
        out += (told++ == 0 ? "" : ", ") + name;
    }
    if (names.size() > told) out += " and " + std::to_string(names.size() - told) + " more";
    return out;
}

}  // namespace

bool story::build(const std::vector<std::unique_ptr<standin::container>>& containers) {
    for (const auto& container : containers) {
        json wanted;
        wanted["name"] = "town-" + std::to_string(towns_.size() + 1);
        const auto town = api("POST", "/api/users/demo/towns", wanted);
        if (!town) return tell_failure(town.error());
        towns_.push_back({text_at(*town, "id").value_or(""), {}});
        auto& t = towns_.back();
        json config;
        config["container_url"] = container->url();
        if (const auto set = api("PATCH", "/api/towns/" + t.id + "/config", config); !set)
            return tell_failure(set.error());
        json rig;
        rig["town_id"] = t.id;
        rig["name"] = "app";
        rig["git_url"] = "https://git.example/app.git";
        const auto made = api("POST", "/api/users/demo/rigs", rig);
        if (!made) return tell_failure(made.error());
        t.rig = text_at(*made, "id").value_or("");
    }
    return true;
}

void story::add_beads(int each) {
    for (const auto& t : towns_) {
        for (int i = 0; i < each; ++i) {
            json bead;
            bead["type"] = "issue";
            bead["title"] = "Task " + std::to_string(++beads_);
            const auto made = api("POST", "/api/towns/" + t.id + "/rigs/" + t.rig + "/beads", bead);
            if (!made) tell_failure(made.error());
        }
    }
}

void story::add_convoy() {
    const auto& home = towns_.back();
    const json first = json::array({"Schema"});
    json wanted;
    wanted["title"] = "New login";
    wanted["rig_id"] = home.rig;
    wanted["beads"] = json::array();
    wanted["beads"].push_back({{"title", "Schema"}});
    wanted["beads"].push_back({{"title", "Server"}, {"depends_on", first}});
    wanted["beads"].push_back({{"title", "Page"}, {"depends_on", first}});
    const auto made = api("POST", "/api/towns/" + home.id + "/convoys", wanted);
    if (!made || !made->contains("convoy")) {
        if (!made) tell_failure(made.error());
        return;
    }
    convoy_ = text_at((*made)["convoy"], "id").value_or("");
    beads_ += static_cast<int>(wanted["beads"].size());
}

void story::look() {
    tell_convoy();
    tell_errors();
    tell_breakers();
    tell_outages();
    const auto summary = debug("/debug/v1/summary");
    if (!summary) return;
    const auto verdict = text_at(*summary, "verdict").value_or("");
    const auto kind = verdict.substr(0, verdict.find(':'));
    if (kind == verdict_) return;
    verdict_ = kind;
    say("verdict: " + verdict);
}

story::progress story::count() {
    progress out;
    for (const auto& t : towns_) {
        const auto s = daemon_.towns().summary(t.id);
        if (!s) continue;
        out.closed += static_cast<int>(s->beads.closed);
        out.failed += static_cast<int>(s->beads.failed);
    }
    out.all = beads_;
    return out;
}

void story::tell_progress() {
    const auto now = count();
    if (now.closed == told_closed_) return;
    if (now.closed / 10 == told_closed_ / 10 && now.closed != now.all) return;
    told_closed_ = now.closed;
    say(std::to_string(now.closed) + " of " + std::to_string(now.all) +
        " beads worked on, reviewed and closed");
}

void story::say(const std::string& text) const {
    std::printf("[%5.1f s] %s\n", to_seconds(clock_.now() - began_), text.c_str());
    std::fflush(stdout);
}

bool story::tell_failure(const failure& why) const {
    say("the demo cannot go on: " + why.what);
    return false;
}

result<json> story::api(const std::string& method, const std::string& target, const json& body) {
    auto got = fetch_json(port_, method, "http://" + daemon_.api_address(), target, body);
    if (!got) return got;
    const auto data = got->find("data");
    if (data == got->end()) return failure{errc::internal, target + ": no data in the answer"};
    return json(*data);
}

result<json> story::debug(const std::string& target) {
    return fetch_json(port_, "GET", "http://" + daemon_.debug_address(), target);
}

std::string story::name_of(const std::string& town) const {
    for (std::size_t i = 0; i < towns_.size(); ++i)
        if (towns_[i].id == town) return "town-" + std::to_string(i + 1);
    return town;
}

void story::tell_outages() {
    const auto list = debug("/debug/v1/outages");
    if (!list || !list->contains("items")) return;
    std::map<std::string, std::string> now;
    for (const auto& o : (*list)["items"]) {
        const auto id = text_at(o, "id").value_or("");
        const auto phase = text_at(o, "phase").value_or("");
        now[id] = phase;
        const bool is_new = !outages_.contains(id);
        if (is_new) {
            ++outages_seen_;
            say("outage opens: " + text_at(o, "role").value_or("") + "s " +
                text_at(o, "stage_words").value_or("") + " in " +
                std::to_string(o.value("towns", 0)) + " towns for one cause, " +
                text_at(o, "cause").value_or("") + "; probes are made within one budget");
        } else if (outages_[id] != phase && phase == "recovering") {
            say("a probe succeeded: each town gets one quick try");
        }
    }
    for (const auto& [id, phase] : outages_)
        if (!now.contains(id)) say("outage closes");
    outages_ = std::move(now);
}

void story::tell_breakers() {
    const auto list = debug("/debug/v1/breakers?limit=1000");
    if (!list || !list->contains("items")) return;
    std::set<std::string> open;
    std::set<std::string> seen;
    // By what is told of them: the towns.
    std::map<std::string, std::set<std::string>> news;
    for (const auto& b : (*list)["items"]) {
        const auto key = text_at(b, "key").value_or("");
        const auto state = text_at(b, "state").value_or("");
        // Open and due for a probe is well: it waits for work, not for a repair.
        const auto wait = b.find("retry_in_seconds");
        const bool due =
            state == "open" && wait != b.end() && wait->is_number() && wait->get<double>() <= 0;
        if (state != "closed" && !due) open.insert(key);
        seen.insert(key);
        auto& last = states_[key];
        const bool told = last == state || (last.empty() && state == "closed");
        const bool probing = last == "half_open" && state == "open";
        last = state;
        if (told || probing || state == "half_open") continue;
        const auto scope = text_at(b, "scope").value_or("");
        const auto town = name_of(text_at(b, "town").value_or(""));
        if (state == "open") {
            ++opened_;
            news[scope + " breakers open (" + text_at(b, "cause").value_or("") + "): "].insert(
                town);
        } else if (state == "closed") {
            ++closed_;
            news["breakers close: "].insert(town);
        }
    }
    // One that is well again has nothing to remember and leaves the list.
    for (auto& [key, last] : states_) {
        if (seen.contains(key) || (last != "open" && last != "half_open")) continue;
        last = "closed";
        ++closed_;
        news["breakers close: "].insert(name_of(key.substr(0, key.find('/'))));
    }
    for (const auto& [what, towns] : news)
        say(what + some_of(towns));
    open_ = std::move(open);
}

void story::tell_convoy() {
    if (convoy_.empty()) return;
    const auto& home = towns_.back();
    const auto seen = api("GET", "/api/towns/" + home.id + "/convoys/" + convoy_, nullptr);
    const auto status = seen ? text_at(*seen, "status").value_or("") : convoy_status_;
    if (status == convoy_status_) return;
    convoy_status_ = status;
    if (status != "open")
        say("the convoy of " + name_of(home.id) + ": " + text_at(*seen, "reason").value_or(status));
}

void story::tell_errors() {
    const auto list = debug("/debug/v1/errors");
    if (!list || !list->contains("items")) return;
    for (const auto& e : (*list)["items"]) {
        const auto print = text_at(e, "fingerprint").value_or("");
        if (!errors_.insert(print).second) continue;
        say("new error: " + text_at(e, "code").value_or("") + ": " +
            text_at(e, "message").value_or(""));
    }
}

}  // namespace townd::app
