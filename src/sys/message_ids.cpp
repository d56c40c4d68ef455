#include "sys/message_ids.hpp"

#include <algorithm>
#include <array>

namespace townd::sys {
namespace {

constexpr std::array<message_id, 37> table{{
    {"action_failed", "c221311ec125f1bdae7194b25404a534"},
    {"attempt_failed", "fd67047d506c8fdb1e1be24168d2f7b6"},
    {"attempt_neutral", "c5c9d78ce2fe63995802560a57bf91fa"},
    {"attempt_started", "d7bae5bf712d54c022438dc359290e2e"},
    {"attempt_succeeded", "1c111a53f34802a0383623bd85e21db6"},
    {"attempt_unknown", "bda3676bc64095b3a5b664ee16470c02"},
    {"background_exception", "cf7008c94283c519fb693eda04fdb5bc"},
    {"breaker_changed", "2f90f3d040751604ee60a38c3d83252e"},
    {"budget_low", "0e64b500e16c8495259ebfc0e2065f0b"},
    {"config_warning", "e4cd984c00bee238bc30ca54941bba26"},
    {"cycle_failed", "b08cecdc693ccd9881b3a9d2b55fd3ee"},
    {"done_without_work", "9a9a655f6b3e1a643da54f76e969d640"},
    {"event_set_aside", "35bfe1e38772a13a930e6986e2bfc65d"},
    {"fleet_work_failed", "cdb15a98b217bb8b04dfd0b13c70a9b2"},
    {"io_exception", "ebedc476da63ca6f6c55c23b491a6bdd"},
    {"log_level_back", "6e4431d36dfc04f2d4dbc15851fdab6c"},
    {"no_ctl_socket", "cac47acaeb7d2281f0507f9b00a11367"},
    {"operator_expired", "73c03259eb9b90ee23a3cbdda01240cf"},
    {"operator_orders_unread", "42485934093e888169166066e92a931a"},
    {"outage_changed", "d937b61f3c0e71bfedb46ca4f8e26b24"},
    {"outage_not_kept", "a6d4e14598295ec604eaffbc354c7903"},
    {"outage_unreadable", "3550b50d9b96d5a006ad459b94928bf9"},
    {"outcome_dropped", "9d258a95a135926d8b936a2b8e0d2f95"},
    {"ready", "83cba23ea08a7df8d1032e95067887b1"},
    {"reload", "62a012ce88cfca4425888c8ceb6548a7"},
    {"reload_refused", "283bda0da1d3cf89adfa4bff2bb1ebdf"},
    {"reloaded", "f5417f1f1c851758c41f3af9cbe08976"},
    {"repeated", "73a0d19111d21609231ad493765c3b2b"},
    {"reply_failed", "d604e3f1fd748696a42b0b1fee0e8c5b"},
    {"session_failed", "541c4a55de994921b5ed4314cd292559"},
    {"stale_callback", "3eb22b655a5b1d17cd1f74b43de8aab5"},
    {"started", "7e2a53127ec174fb20809e35e4d0d942"},
    {"stop_given_up", "e481f7d6255255b2b89cefa38b20971d"},
    {"stopping", "8ffa3582efeb185349ac4e064af8aad6"},
    {"storage_failed", "a075b724d0963f75de43a9da5b4ba452"},
    {"tick_done", "547349e7d49e628572ccc0c911e33d96"},
    {"town_refused", "be9ad244fcc7a7f67921e24ec423bc56"},
}};

}  // namespace

std::span<const message_id> message_ids() noexcept {
    return table;
}

std::string_view message_id_of(std::string_view event) noexcept {
    const auto* at = std::lower_bound(
        table.begin(), table.end(), event,
        [](const message_id& each, std::string_view wanted) { return each.event < wanted; });
    return at != table.end() && at->event == event ? at->id : std::string_view{};
}

}  // namespace townd::sys
