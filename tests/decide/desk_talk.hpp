#pragma once
// The retry desk in conversation: towns are what the test says, and the desk answers.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "townd/decide/retry_desk.hpp"

namespace townd {

class DeskTalk : public testing::Test {
protected:
    instant now = from_unix_ms(1'795'342'322'000);
    policy rules;
    retry_desk desk;
    std::map<std::string, std::uint64_t> lease_of;
    int leases = 0;
    std::array<int, 4> events{};

    static doubt_told doubt(instant next, int failures = 1) {
        doubt_told d;
        d.kind = "http_5xx/500/";
        d.words = "http_5xx: no";
        d.failures = d.in_row = failures;
        d.next_try = next;
        return d;
    }
    void fails(const town_id& town, std::optional<doubt_told> d = {}, bool work = true,
               agent_role role = agent_role::polecat) {
        if (!d) d = doubt(now + duration{5'000});
        if (d->failed_at == instant{}) d->failed_at = now;
        desk.take(attempt_news{town, role, d->at, verdict::failure, now, !d->soft, 0, d->at}, now,
                  rules);
        stands(town, d, work, role);
    }
    void stands(const town_id& town, std::optional<doubt_told> d, bool work = true,
                agent_role role = agent_role::polecat) {
        if (d && d->failed_at == instant{}) d->failed_at = now;
        desk.take(role_standing{town, role, work, work && d && !d->soft, d}, now, rules);
    }
    void pass(duration span) {
        for (const instant end = now + span; now < end;) {
            now += std::min(end - now, duration{500});
            desk.advance(now, rules);
            hear();
        }
    }
    void hear() {
        for (const auto& m : desk.take_messages()) {
            auto& mine = lease_of[m.town + "/" + std::string{to_text(m.role)}];
            if (m.advice.lease != 0 && m.advice.lease != mine) ++leases;
            mine = m.advice.lease;
        }
        for (const auto& e : desk.take_events())
            ++events[static_cast<std::size_t>(e.what)];
    }
    [[nodiscard]] std::uint64_t lease(const std::string& who) const {
        const auto found = lease_of.find(who + "/polecat");
        return found == lease_of.end() ? 0 : found->second;
    }
    [[nodiscard]] int opened() const { return events[0]; }
    [[nodiscard]] int closed() const { return events[3]; }
};

}  // namespace townd
