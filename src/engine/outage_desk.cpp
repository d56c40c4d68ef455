#include "engine/outage_desk.hpp"

#include <utility>

#include "json/json.hpp"
#include "town/standing.hpp"

namespace townd::engine {
namespace {

const std::string key_prefix = "outage/";
constexpr std::size_t member_parts = 16;  // So that one more member rewrites little.

std::size_t part_of(const town_id& town) {
    std::uint32_t hash = 2166136261U;
    for (const char c : town)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash % member_parts;
}

std::string head_text(const saved_outage& o) {
    json out;
    out["id"] = o.id;
    out["role"] = to_text(o.role);
    out["key"] = o.key;
    out["cause"] = o.cause;
    out["opened_at"] = unix_ms(o.opened_at);
    out["next_probe_at"] = unix_ms(o.next_probe_at);
    out["members_peak"] = o.members_peak;
    out["canaries_sent"] = o.canaries_sent;
    out["canaries_failed"] = o.canaries_failed;
    return dump_json(out);
}

std::optional<saved_outage> read_head(const std::string& text) {
    const auto from = parse_json(text);
    if (!from) return std::nullopt;
    saved_outage o;
    const auto role = parse_agent_role(text_at(*from, "role").value_or(""));
    o.id = text_at(*from, "id").value_or("");
    o.key = text_at(*from, "key").value_or("");
    if (!role || o.id.empty() || o.key.empty()) return std::nullopt;
    o.role = *role;
    o.cause = text_at(*from, "cause").value_or("");
    const auto number = [&](const char* key) { return number_at(*from, key).value_or(0); };
    o.opened_at = from_unix_ms(number("opened_at"));
    o.next_probe_at = from_unix_ms(number("next_probe_at"));
    o.members_peak = static_cast<int>(number("members_peak"));
    o.canaries_sent = static_cast<int>(number("canaries_sent"));
    o.canaries_failed = static_cast<int>(number("canaries_failed"));
    return o;
}

}  // namespace

outage_desk::outage_desk(environment& env, fleet_records& records) : env_(env), records_(records) {
    records_.on_open([this](store::fleet_store& in) { load(in); });
    records_.on_time([this](const result<store::fleet_store*>& in, instant) { turn(in); });
}

void outage_desk::tell(outage_news news) {
    {
        const std::scoped_lock lock(mutex_);
        mail_.push_back(std::move(news));
        if (std::exchange(turn_asked_, true)) return;
    }
    // Refused when much else waits or it is the end: the next look finds the mail all the same.
    static_cast<void>(records_.post([this](const result<store::fleet_store*>& in) { turn(in); }));
}

std::vector<outage_advice> outage_desk::advice_for(const town_id& town) const {
    const std::scoped_lock lock(mutex_);
    return watch_.advice_for(town);
}

std::shared_ptr<const outage_board> outage_desk::board() const {
    const std::scoped_lock lock(mutex_);
    return board_;
}

void outage_desk::load(store::fleet_store& in) {
    if (std::exchange(loaded_, true)) return;  // What runs is newer than what is stored.
    const auto settings = env_.settings();
    in.begin();
    for (auto& [key, text] : in.values(key_prefix))
        kept_.emplace(key, std::move(text));
    in.rollback();
    for (const auto& [key, text] : kept_) {
        if (!key.ends_with("/head")) continue;
        auto saved = read_head(text);
        if (!saved) {
            env_.journal.warn("", "outage_unreadable",
                              "the stored outage " + key + " cannot be read and is left out");
            continue;
        }
        const std::string members = key_prefix + saved->id + "/m";
        for (auto at = kept_.lower_bound(members);
             at != kept_.end() && at->first.starts_with(members); ++at) {
            const auto list = parse_json(at->second);
            if (!list || !list->is_array()) continue;
            for (const auto& town : *list)
                if (town.is_string()) saved->members.push_back(town.get<std::string>());
        }
        const std::scoped_lock lock(mutex_);
        watch_.restore(*saved, env_.clock.now(), settings->rules.outage);
    }
    const std::scoped_lock lock(mutex_);
    board_ = std::make_shared<const outage_board>(watch_.summaries());
}

void outage_desk::turn(const result<store::fleet_store*>& in) {
    const auto settings = env_.settings();
    const auto& policy = settings->rules.outage;
    std::vector<outage_message> messages;
    std::vector<outage_event> events;
    std::set<std::string> changed;
    {
        const std::scoped_lock lock(mutex_);
        turn_asked_ = false;
        const instant now = env_.clock.now();
        for (const auto& news : std::exchange(mail_, {}))
            watch_.take(news, now, policy);
        watch_.advance(now, policy, env_.from.draw());
        messages = watch_.take_messages();
        events = watch_.take_events();
        changed = watch_.take_changed();
        if (!changed.empty() || !events.empty())
            board_ = std::make_shared<const outage_board>(watch_.summaries());
    }
    // What could not be stored now is stored when the file works again.
    unsaved_.merge(changed);
    if (in && !unsaved_.empty() && save(**in, unsaved_)) unsaved_.clear();
    deliver(std::move(messages), events);
}

bool outage_desk::save(store::fleet_store& in, const std::set<std::string>& ids) {
    std::map<std::string, std::string> next;
    std::set<std::string> gone;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& id : ids) {
            const auto saved = watch_.saved(id);
            if (!saved) {
                gone.insert(id);
                continue;
            }
            const std::string key = key_prefix + id;
            next[key + "/head"] = head_text(*saved);
            std::array<json, member_parts> parts;
            parts.fill(json::array());
            for (const auto& town : saved->members)
                parts[part_of(town)].push_back(town);
            for (std::size_t i = 0; i < member_parts; ++i)
                next[key + "/m" + std::to_string(i)] = dump_json(parts[i]);
        }
    }
    const auto written = fleet_records::in_one(in, [&](store::fleet_store& store) {
        for (const auto& [key, text] : next)
            if (const auto known = kept_.find(key); known == kept_.end() || known->second != text)
                store.put_value(key, text);
        for (const auto& [key, text] : kept_)
            for (const auto& id : gone)
                if (key.starts_with(key_prefix + id + "/")) store.erase_value(key);
    });
    if (!written) {
        env_.journal.warn("", "outage_not_kept",
                          "an outage's state could not be stored: " + written.error().what);
        return false;
    }
    for (auto& [key, text] : next)
        kept_.insert_or_assign(key, std::move(text));
    std::erase_if(kept_, [&](const auto& each) {
        for (const auto& id : gone)
            if (each.first.starts_with(key_prefix + id + "/")) return true;
        return false;
    });
    return true;
}

void outage_desk::deliver(std::vector<outage_message> messages,
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
