#include "engine/coordinator.hpp"

#include <utility>

#include "json/json.hpp"
#include "town/standing.hpp"

namespace townd::engine {
namespace {

const std::string key_prefix = "outage/";
const std::string spent_key = "retry/spent";

// `[[ms, town, flags], ...]`
std::string text_of(const std::vector<retry_budget::entry>& spent) {
    json out = json::array();
    for (const auto& e : spent)
        out.push_back({unix_ms(e.at), e.town, (e.first ? 1 : 0) + (e.ran ? 2 : 0)});
    return dump_json(out);
}

std::vector<retry_budget::entry> read_spent(const std::string& text) {
    std::vector<retry_budget::entry> out;
    const auto from = parse_json(text);
    if (!from || !from->is_array()) return out;
    for (const auto& e : *from) {
        const bool sound = e.is_array() && e.size() == 3 && e[0].is_number_integer() &&
                           e[1].is_string() && e[2].is_number_integer();
        if (!sound) continue;
        const int flags = e[2].get<int>();
        out.push_back({from_unix_ms(e[0].get<std::int64_t>()), e[1].get<town_id>(),
                       (flags & 1) != 0, (flags & 2) != 0});
    }
    return out;
}
std::string text_of(const saved_outage& o) {
    json out;
    out["id"] = o.id;
    out["role"] = to_text(o.role);
    out["key"] = o.key;
    out["cause"] = o.cause;
    out["opened_at"] = unix_ms(o.opened_at);
    out["members_peak"] = o.members_peak;
    out["probes_sent"] = o.probes_sent;
    out["probes_failed"] = o.probes_failed;
    return dump_json(out);
}

std::optional<saved_outage> read_outage(const std::string& text) {
    const auto from = parse_json(text);
    if (!from) return std::nullopt;
    saved_outage o;
    const auto role = parse_agent_role(text_at(*from, "role").value_or(""));
    o.id = text_at(*from, "id").value_or("");
    o.key = text_at(*from, "key").value_or("");
    if (!role || o.id.empty() || o.key.empty()) return std::nullopt;
    o.role = *role;
    o.cause = text_at(*from, "cause").value_or("");
    const auto number = [&](const char* key) {
        return std::max<std::int64_t>(0, number_at(*from, key).value_or(0));
    };
    o.opened_at = from_unix_ms(number("opened_at"));
    o.members_peak = static_cast<int>(number("members_peak"));
    o.probes_sent = static_cast<int>(number("probes_sent"));
    o.probes_failed = static_cast<int>(number("probes_failed"));
    return o;
}

}  // namespace

coordinator::coordinator(environment& env, fleet_records& records) : env_(env), records_(records) {
    records_.on_open([this](store::fleet_store& in) { load(in); });
    records_.on_time([this](const result<store::fleet_store*>& in, instant) { turn(in); });
}

void coordinator::tell(fleet_news news) {
    {
        const std::scoped_lock lock(mutex_);
        mail_.push_back(std::move(news));
        if (std::exchange(turn_asked_, true)) return;
    }
    // Refused when much else waits or it is the end: the next look finds the mail all the same.
    static_cast<void>(records_.post([this](const result<store::fleet_store*>& in) { turn(in); }));
}

fleet_advice coordinator::advice_for(const town_id& town, agent_role role) const {
    const std::scoped_lock lock(mutex_);
    return desk_.advice_for(town, role);
}

std::shared_ptr<const outage_board> coordinator::board() const {
    const std::scoped_lock lock(mutex_);
    return board_;
}

desk_figures coordinator::figures() const {
    const std::scoped_lock lock(mutex_);
    return figures_;
}

void coordinator::load(store::fleet_store& in) {
    if (std::exchange(loaded_, true)) return;  // What runs is newer than what is stored.
    const auto settings = env_.settings();
    in.begin();
    for (auto& [key, text] : in.values(key_prefix))
        kept_.emplace(key, std::move(text));
    const auto spent = in.value(spent_key);
    in.rollback();
    if (spent) {
        const std::scoped_lock lock(mutex_);
        desk_.restore(read_spent(*spent), env_.clock.now());
    }
    for (const auto& [key, text] : kept_) {
        // Lists of members of an earlier version are not needed: towns say where they stand.
        const auto saved = read_outage(text);
        if (!saved) continue;
        const std::scoped_lock lock(mutex_);
        desk_.restore(*saved, env_.clock.now(), settings->rules.outage);
    }
}

void coordinator::turn(const result<store::fleet_store*>& in) {
    const auto settings = env_.settings();
    const auto& rules = settings->rules;
    std::vector<fleet_message> messages;
    std::vector<outage_event> events;
    std::set<std::string> changed;
    {
        const std::scoped_lock lock(mutex_);
        turn_asked_ = false;
        const instant now = env_.clock.now();
        for (const auto& news : std::exchange(mail_, {}))
            desk_.take(news, now, rules);
        desk_.advance(now, rules);
        messages = desk_.take_messages();
        events = desk_.take_events();
        changed = desk_.take_changed();
        if (auto spent = desk_.take_spent()) unsaved_spent_ = std::move(spent);
        figures_ = desk_.figures(now, rules);
        if (!changed.empty() || !events.empty())
            board_ = std::make_shared<const outage_board>(desk_.summaries());
    }
    // What could not be stored now is stored when the file works again.
    unsaved_.merge(changed);
    if (in && (!unsaved_.empty() || unsaved_spent_) && save(**in, unsaved_)) {
        unsaved_.clear();
        unsaved_spent_.reset();
    }
    deliver(std::move(messages), events);
}

bool coordinator::save(store::fleet_store& in, const std::set<std::string>& ids) {
    std::map<std::string, std::optional<std::string>> next;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& id : ids) {
            const auto saved = desk_.saved(id);
            next[key_prefix + id] = saved ? std::optional{text_of(*saved)} : std::nullopt;
        }
    }
    const auto written = fleet_records::in_one(in, [&](store::fleet_store& store) {
        if (unsaved_spent_) store.put_value(spent_key, text_of(*unsaved_spent_));
        for (const auto& [key, text] : next) {
            const auto known = kept_.find(key);
            if (text && (known == kept_.end() || known->second != *text))
                store.put_value(key, *text);
            if (!text && known != kept_.end()) store.erase_value(key);
        }
    });
    if (!written) {
        env_.journal.warn("", "outage_not_kept",
                          "the state of an outage or of the retry budget could not be stored: " +
                              written.error().what);
        return false;
    }
    for (auto& [key, text] : next) {
        if (text)
            kept_.insert_or_assign(key, *std::move(text));
        else
            kept_.erase(key);
    }
    return true;
}

void coordinator::deliver(std::vector<fleet_message> messages,
                          const std::vector<outage_event>& events) {
    for (const auto& e : events)
        env_.journal.outage_changed(e);
    for (auto& m : messages) {
        const town_id town = m.town;
        env_.post(town, [message = std::move(m)](town::context& ctx) -> result<json> {
            town::take_advice(ctx, message);
            return json();
        });
    }
}

}  // namespace townd::engine
