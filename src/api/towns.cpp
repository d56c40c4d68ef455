// Towns of a user.

#include <algorithm>
#include <mutex>

#include "api/encode.hpp"
#include "api/fields.hpp"
#include "api/handlers.hpp"

namespace townd::api {
namespace {

constexpr std::size_t name_letters_max = 64;
constexpr int page_default = 100;
constexpr int page_max = 1000;

failure no_town(const town_id& id) {
    return {errc::not_found, "Town " + clean_text(id, 80) + " not found"};
}

// A town without an owner was put there by hand: anybody's.
bool is_of(const engine::fleet& towns, const town_id& id, std::string_view user) {
    if (!towns.has_town(id)) return false;
    const auto known = towns.summary(id);
    return !known || known->owner.empty() || known->owner == user;
}

json from_summary(const engine::town_summary& town) {
    json out;
    out["id"] = town.id;
    out["name"] = town.name;
    out["owner_user_id"] = town.owner.empty() ? json(nullptr) : json(town.owner);
    out["created_at"] = nullptr;
    out["updated_at"] = nullptr;
    return out;
}

engine::town_work meta_work() {
    return [](town::context& ctx) -> result<json> {
        json out = to_json(ctx.store.meta());
        return settled(ctx, std::move(out));
    };
}

// Collects the towns' own words; the last one to come answers.
struct gathering {
    std::mutex guard;
    std::vector<json> found;
    std::size_t left = 0;
    http::responder reply;

    void put(std::size_t at, json town) {
        json list = json::array();
        {
            const std::lock_guard lock(guard);
            found[at] = std::move(town);
            if (--left != 0) return;
            for (auto& entry : found)
                list.push_back(std::move(entry));
        }
        reply(success(200, std::move(list)));
    }
};

}  // namespace

void create_town(const face& self, call c) {
    fields in(c.body);
    const auto name = in.text("name", name_letters_max);
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    self.towns.create_town(
        {name, c.request.param("user")},
        [towns = &self.towns, reply = std::move(c.reply)](result<json> made) {
            if (!made) return reply(refusal(made.error()));
            const town_id id = text_at(*made, "id").value_or("");
            towns->read_town(id, meta_work(), [reply](result<json> town) {
                reply(town ? success(201, *std::move(town)) : refusal(town.error()));
            });
        });
}

void list_towns(const face& self, call c) {
    const auto limit =
        parse_count(c.request.query_text("limit").value_or(std::to_string(page_default)));
    const auto offset = parse_count(c.request.query_text("offset").value_or("0"));
    if (!limit || !offset)
        return c.reply(refusal({errc::invalid, "limit and offset must be non-negative integers"}));
    const std::string user = c.request.param("user");
    std::vector<std::shared_ptr<const engine::town_summary>> own;
    for (auto& town : self.towns.summaries())
        if (town->owner == user) own.push_back(std::move(town));
    std::sort(own.begin(), own.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
    const auto from = std::min(own.size(), static_cast<std::size_t>(*offset));
    const auto count =
        std::min(own.size() - from, static_cast<std::size_t>(std::min(*limit, page_max)));
    if (count == 0) return c.reply(success(200, json::array()));
    auto all = std::make_shared<gathering>();
    all->found.resize(count);
    all->left = count;
    all->reply = std::move(c.reply);
    for (std::size_t at = 0; at < count; ++at) {
        self.towns.read_town(own[from + at]->id, meta_work(),
                             [all, at, known = own[from + at]](result<json> town) {
                                 // One that cannot be read now is listed all the same.
                                 all->put(at, town ? *std::move(town) : from_summary(*known));
                             });
    }
}

void show_town(const face& self, call c) {
    if (!is_of(self.towns, c.town(), c.request.param("user")))
        return c.reply(refusal(no_town(c.town())));
    read(self, std::move(c), meta_work());
}

void delete_town(const face& self, call c) {
    const town_id id = c.town();
    if (!is_of(self.towns, id, c.request.param("user"))) return c.reply(refusal(no_town(id)));
    self.towns.delete_town(id, [reply = std::move(c.reply)](result<json> gone) {
        if (!gone) return reply(refusal(gone.error()));
        json out;
        out["deleted"] = true;
        reply(success(200, std::move(out)));
    });
}

}  // namespace townd::api
