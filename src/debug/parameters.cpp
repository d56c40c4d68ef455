#include "debug/parameters.hpp"

#include <utility>

#include "debug/replies.hpp"

namespace townd::debug {
namespace {

template <class Enum>
std::vector<std::string_view> texts_of(int count) {
    std::vector<std::string_view> out;
    for (int i = 0; i < count; ++i)
        out.push_back(to_text(static_cast<Enum>(i)));
    return out;
}

parameter of_kind(std::string_view name, std::string_view says, value_kind kind) {
    parameter out;
    out.name = name;
    out.says = says;
    out.kind = kind;
    return out;
}

}  // namespace

parameter any_text(std::string_view name, std::string_view says) {
    return of_kind(name, says, value_kind::text);
}

parameter one_of(std::string_view name, std::string_view says,
                 std::vector<std::string_view> allowed) {
    auto out = any_text(name, says);
    out.allowed = std::move(allowed);
    return out;
}

parameter some_of(std::string_view name, std::string_view says,
                  std::vector<std::string_view> allowed) {
    auto out = one_of(name, says, std::move(allowed));
    out.many = true;
    return out;
}

parameter some_texts(std::string_view name, std::string_view says) {
    return some_of(name, says, {});
}

parameter whole(std::string_view name, std::string_view says, std::int64_t low, std::int64_t high) {
    auto out = of_kind(name, says, value_kind::whole);
    out.low = low;
    out.high = high;
    return out;
}

parameter a_flag(std::string_view name, std::string_view says) {
    return of_kind(name, says, value_kind::flag);
}

parameter a_moment(std::string_view name, std::string_view says) {
    return of_kind(name, says, value_kind::moment);
}

parameter ago(std::string_view name, std::string_view says) {
    return of_kind(name, says, value_kind::ago);
}

parameter of_town() {
    return any_text("town", "Id of the town.");
}

parameter of_role() {
    return some_of("role", "Role of the agent.", roles());
}

std::vector<parameter> paged(std::vector<parameter> first) {
    first.push_back(whole("limit", "Items on a page; 100 without it.", 1, page_limit_max));
    first.push_back(any_text("cursor", "page.next_cursor of the answer before, unchanged."));
    return first;
}

std::vector<std::string_view> roles() {
    return texts_of<agent_role>(static_cast<int>(agent_role_count));
}

std::vector<std::string_view> town_states() {
    return texts_of<engine::town_condition>(5);
}

std::vector<std::string_view> breaker_states() {
    return texts_of<breaker_state>(5);
}

std::vector<std::string_view> breaker_scopes() {
    return texts_of<breaker_scope>(4);
}

std::vector<std::string_view> gate_reasons() {
    return texts_of<gate_reason>(gate_reason_count);
}

std::vector<std::string_view> error_codes() {
    return texts_of<error_code>(error_code_count);
}

}  // namespace townd::debug
