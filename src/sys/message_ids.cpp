#include "sys/message_ids.hpp"

#include <algorithm>
#include <array>

namespace townd::sys {
namespace {

constexpr std::array<message_id, 59> table{{
    {"action_failed", "c221311ec125f1bdae7194b25404a534"},
    {"agent_nudged", "29cbf81d2aef4d02bfbd5e19f282c1f7"},
    {"agent_stalled", "ffc99ebbf609458b950b7d580f0ec6c2"},
    {"attempt_failed", "fd67047d506c8fdb1e1be24168d2f7b6"},
    {"attempt_neutral", "c5c9d78ce2fe63995802560a57bf91fa"},
    {"attempt_started", "d7bae5bf712d54c022438dc359290e2e"},
    {"attempt_succeeded", "1c111a53f34802a0383623bd85e21db6"},
    {"attempt_unknown", "bda3676bc64095b3a5b664ee16470c02"},
    {"background_exception", "cf7008c94283c519fb693eda04fdb5bc"},
    {"breaker_changed", "2f90f3d040751604ee60a38c3d83252e"},
    {"budget_low", "0e64b500e16c8495259ebfc0e2065f0b"},
    {"charges_taken_back", "7c1c0a1b6b5f4f0d9d7f6a1c5be2a94e"},
    {"config_warning", "e4cd984c00bee238bc30ca54941bba26"},
    {"container_drained", "86457fd7f0eb4c7395fd34ac014d1f34"},
    {"container_draining", "4f4fb17fe0d940ee80688b0e68576c69"},
    {"container_event", "0f4b9be0c6a84a5c9b1f7d3e52a86c14"},
    {"container_recovered", "815d9ea7b9e04dd0b767c044b09b95a2"},
    {"container_restart", "bead81c4dc104366947952a74f083b47"},
    {"container_restart_failed", "50c56f4f1051475f973e0a7dba532882"},
    {"container_unwell", "cc5bc90b441b49a2a9274bc678885da2"},
    {"convoy_failed", "245688c3c3674897af11463d6bb0cc26"},
    {"convoy_landed", "7477585008294b8c9afd5c5a5e211f4b"},
    {"cycle_failed", "b08cecdc693ccd9881b3a9d2b55fd3ee"},
    {"done_without_work", "9a9a655f6b3e1a643da54f76e969d640"},
    {"escalated", "c2f0f18d6c954da9938977e74f9ef840"},
    {"escalated_again", "eb71c701b988450596c35d6adeb7762c"},
    {"event_set_aside", "35bfe1e38772a13a930e6986e2bfc65d"},
    {"fleet_work_failed", "cdb15a98b217bb8b04dfd0b13c70a9b2"},
    {"invariant_broken", "b549aefb7e154286a78066eb0a7c4529"},
    {"invariant_holds", "299d8a8ebe894826853c688e2bee43cd"},
    {"io_exception", "ebedc476da63ca6f6c55c23b491a6bdd"},
    {"log_level_back", "6e4431d36dfc04f2d4dbc15851fdab6c"},
    {"no_ctl_socket", "cac47acaeb7d2281f0507f9b00a11367"},
    {"operator_expired", "73c03259eb9b90ee23a3cbdda01240cf"},
    {"operator_orders_unread", "42485934093e888169166066e92a931a"},
    {"outage_changed", "d937b61f3c0e71bfedb46ca4f8e26b24"},
    {"outage_not_kept", "a6d4e14598295ec604eaffbc354c7903"},
    {"outcome_dropped", "9d258a95a135926d8b936a2b8e0d2f95"},
    {"pull_request_given_up", "f984cc4df6154fce8c304eb268243fd5"},
    {"ready", "83cba23ea08a7df8d1032e95067887b1"},
    {"reload", "62a012ce88cfca4425888c8ceb6548a7"},
    {"reload_refused", "283bda0da1d3cf89adfa4bff2bb1ebdf"},
    {"reloaded", "f5417f1f1c851758c41f3af9cbe08976"},
    {"repeated", "73a0d19111d21609231ad493765c3b2b"},
    {"reply_failed", "d604e3f1fd748696a42b0b1fee0e8c5b"},
    {"restarts_exhausted", "b9c955786ad343ef865c169b338bbdf6"},
    {"session_failed", "541c4a55de994921b5ed4314cd292559"},
    {"stale_callback", "3eb22b655a5b1d17cd1f74b43de8aab5"},
    {"stale_ready", "756f9a744b0a48cf87b8e42d81cec405"},
    {"started", "7e2a53127ec174fb20809e35e4d0d942"},
    {"stop_given_up", "e481f7d6255255b2b89cefa38b20971d"},
    {"stopping", "8ffa3582efeb185349ac4e064af8aad6"},
    {"storage_failed", "a075b724d0963f75de43a9da5b4ba452"},
    {"tick_done", "547349e7d49e628572ccc0c911e33d96"},
    {"token_not_made", "abc47319333340b3af325faa0b85a3b2"},
    {"token_refused", "323330cef750430bb06195096a9ab1fc"},
    {"town_refused", "be9ad244fcc7a7f67921e24ec423bc56"},
    {"triage_full", "d09793f6b3ac4c1299633e385938b5a9"},
    {"triage_opened", "ea84a1c8b4e24041a8a062ea336f9559"},
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
