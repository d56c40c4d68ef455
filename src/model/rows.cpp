#include "model/rows.hpp"

#include <algorithm>
#include <tuple>

namespace townd::model {
namespace {

// The places of the names in the order of texts, which is how SQLite's indexes hold them.
constexpr std::array<int, 7> type_places{3, 5, 2, 4, 1, 6, 0};
constexpr std::array<int, 5> status_places{4, 2, 3, 0, 1};

int place(bead_type type) noexcept {
    return type_places[static_cast<std::size_t>(type)];
}
int place(bead_status status) noexcept {
    return status_places[static_cast<std::size_t>(status)];
}

template <class List, class Row, class Less>
void put_in(List& list, Row& row, Less less) {
    if (list.empty() || less(list.back(), &row)) {
        list.push_back(&row);
        return;
    }
    list.insert(std::upper_bound(list.begin(), list.end(), &row, less), &row);
}

template <class List, class Row, class Less>
void take_from(List& list, Row& row, Less less) {
    const auto at = std::lower_bound(list.begin(), list.end(), &row, less);
    if (at != list.end() && *at == &row) list.erase(at);
}

bool live_before(const bead_row* a, const bead_row* b) {
    const auto rank = [](const bead& v) { return place(v.type) * 8 + place(v.status); };
    const int left = rank(a->value);
    const int right = rank(b->value);
    return left != right ? left < right : a->value.id < b->value.id;
}

bool agent_before(const bead_row* a, const bead_row* b) noexcept {
    const int left = place(a->value.status);
    const int right = place(b->value.status);
    return left != right ? left < right : a->rowid < b->rowid;
}

template <class Row>
bool number_before(const Row* a, const Row* b) noexcept {
    return a->rowid < b->rowid;
}

bool dispatch_before(const dispatch_row* a, const dispatch_row* b) noexcept {
    return std::tie(a->value.created_at, a->rowid) < std::tie(b->value.created_at, b->rowid);
}

bool event_before(const event_row* a, const event_row* b) noexcept {
    return std::tie(a->at, a->rowid) < std::tie(b->at, b->rowid);
}

bool on_before(const dependency_row* a, const dependency_row* b) noexcept {
    return a->on < b->on;
}

}  // namespace

void bead_index::add(bead_row& row) {
    const bead& b = row.value;
    if (b.type == bead_type::issue) ++issues_[static_cast<std::size_t>(b.status)];
    if (b.type == bead_type::agent)
        put_in(agents_, row, agent_before);
    else if (!is_terminal(b.status))
        put_in(live_, row, live_before);
}

void bead_index::remove(bead_row& row) {
    const bead& b = row.value;
    if (b.type == bead_type::issue) --issues_[static_cast<std::size_t>(b.status)];
    if (b.type == bead_type::agent)
        take_from(agents_, row, agent_before);
    else if (!is_terminal(b.status))
        take_from(live_, row, live_before);
}

std::pair<bead_index::list::const_iterator, bead_index::list::const_iterator> bead_index::live_of(
    bead_type type, std::optional<bead_status> status) const {
    const int low = place(type) * 8 + (status ? place(*status) : 0);
    const int high = place(type) * 8 + (status ? place(*status) : 7);
    const auto rank = [](const bead_row* row) {
        return place(row->value.type) * 8 + place(row->value.status);
    };
    const auto first = std::partition_point(live_.begin(), live_.end(),
                                            [&](const bead_row* row) { return rank(row) < low; });
    const auto last = std::partition_point(first, live_.end(),
                                           [&](const bead_row* row) { return rank(row) <= high; });
    return {first, last};
}

void dependency_index::add(dependency_row& row) {
    put_in(of_[row.bead], row, on_before);
    put_in(to_[row.on], row, number_before<dependency_row>);
}

void dependency_index::remove(dependency_row& row) {
    take_out(of_, row.bead, &row);
    take_out(to_, row.on, &row);
}

void dependency_index::take_out(lists& all, const std::string& id, const dependency_row* row) {
    const auto found = all.find(id);
    if (found == all.end()) return;
    std::erase(found->second, row);
    if (found->second.empty()) all.erase(found);
}

const dependency_index::list& dependency_index::in(const lists& all, std::string_view id) {
    static const list none;
    if (all.empty()) return none;
    const auto found = all.find(id);
    return found == all.end() ? none : found->second;
}

const dependency_index::list& dependency_index::of(std::string_view bead) const {
    return in(of_, bead);
}

const dependency_index::list& dependency_index::to(std::string_view on) const {
    return in(to_, on);
}

const dependency_row* dependency_index::find(std::string_view bead, std::string_view on) const {
    for (const dependency_row* row : of(bead))
        if (row->on == on) return row;
    return nullptr;
}

void event_index::add(event_row& row) {
    if (row.processed)
        ++processed_;
    else
        put_in(pending_, row, event_before);
}

void event_index::remove(event_row& row) {
    if (row.processed)
        --processed_;
    else
        take_from(pending_, row, event_before);
}

void dispatch_index::add(dispatch_row& row) {
    put_in(all_, row, dispatch_before);
    if (row.value.is_live()) put_in(live_, row, dispatch_before);
}

void dispatch_index::remove(dispatch_row& row) {
    take_from(all_, row, dispatch_before);
    if (row.value.is_live()) take_from(live_, row, dispatch_before);
}

const dispatch_row* dispatch_index::last_of(std::string_view agent) const {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const dispatch_row* row) {
        return row->value.agent == agent;
    });
    return found == all_.rend() ? nullptr : *found;
}

void nudge_index::add(nudge_row& row) {
    if (!row.delivered) put_in(pending_, row, number_before<nudge_row>);
}

void nudge_index::remove(nudge_row& row) {
    if (!row.delivered) take_from(pending_, row, number_before<nudge_row>);
}

void failure_index::add(failure_row& row) {
    put_in(of_[row.bead], row, number_before<failure_row>);
}

void failure_index::remove(failure_row& row) {
    const auto found = of_.find(row.bead);
    if (found == of_.end()) return;
    take_from(found->second, row, number_before<failure_row>);
    if (found->second.empty()) of_.erase(found);
}

const failure_index::list& failure_index::of(std::string_view bead) const {
    static const list none;
    const auto found = of_.find(bead);
    return found == of_.end() ? none : found->second;
}

}  // namespace townd::model
