// Texts that containers, agents and callers choose, made to harm whoever reads them: on no page, in
// no list, in no terminal and in no log are they more than text.

#include <gtest/gtest.h>

#include <regex>

#include "process/pages.hpp"
#include "process/raw_container.hpp"
#include "process/read_routes.hpp"

namespace townd::test {
namespace {

const std::string markup = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
const std::string escapes = "\x1B[31mred\x1B]0;title\x07\x9B";
const std::string forged =
    "\nts=2026-01-01T00:00:00.000Z level=error event=forged\n{\"forged\":1}\r\n";
const std::string turned = "\xE2\x80\xAEtxt.exe\xE2\x81\xA6\xE2\x80\xA8";
// As text of a JSON document: valid UTF-8, with a NUL.
const std::string as_text = markup + "\x1B[31m" + forged + turned + std::string(1, '\0') + "end";

std::string play(const std::string& request) {
    if (!is_start(request)) return unknown_agent();
    if (request.find("first bead") != std::string::npos)
        return answer_of(
            "500 Oops", markup + escapes + forged + turned + std::string(1, '\0') + "\xFF\xFE end");
    if (request.find("second bead") != std::string::npos)
        return answer_of("500 Oops", dump_json({{"success", false},
                                                {"error", as_text},
                                                {"phase", as_text},
                                                {"error_type", as_text},
                                                {"action", as_text}}));
    return answer_of("200 " + markup, std::string(10'000'000, '<'));
}

// Length of the UTF-8 character that begins there; 0 when none does.
std::size_t character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    if (byte(0) < 0x80) return 1;
    if (byte(0) >= 0xC2 && byte(0) < 0xE0) return tail(1) ? 2 : 0;
    if (byte(0) >= 0xE0 && byte(0) < 0xF0) return tail(1) && tail(2) ? 3 : 0;
    if (byte(0) >= 0xF0 && byte(0) < 0xF5) return tail(1) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

// What is wrong with a text that goes to a terminal, or nothing.
std::string harm(std::string_view text, bool may_turn = false) {
    for (std::size_t at = 0; at < text.size();) {
        const auto length = character_at(text, at);
        const auto near = " near " + dump_json(json(std::string{text.substr(at, 60)}));
        if (length == 0) return "invalid UTF-8" + near;
        const auto c = static_cast<unsigned char>(text[at]);
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) return "a control character" + near;
        if (c == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0)
            return "a C1 control character" + near;
        const auto three = text.substr(at, 3);
        if (!may_turn && (three == "\xE2\x80\xAE" || three == "\xE2\x81\xA6"))
            return "a turned direction" + near;
        at += length;
    }
    return {};
}

class HostileText : public testing::TestWithParam<std::string> {
protected:
    void begin() {
        daemon_.configure({{"log.format", GetParam()}, {"log.level", "debug"}});
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        // A town each: what fails in one must not hold back the others.
        for (const std::string title : {"first bead ", "second bead ", "third bead "}) {
            const auto town = town_caller::make(daemon_.api(), container_.url());
            ASSERT_FALSE(town.id().empty());
            const auto bead = town.make_bead(title + as_text, {{"body", as_text}});
            ASSERT_FALSE(bead.empty());
            write_notes(town);
            work_.push_back({town.id(), bead});
        }
        std::ignore = http_send("unix:" + (daemon_.data_dir() / "ctl.sock").string(), "POST",
                                "/debug/v1/roles/mayor:pause", dump_json({{"reason", as_text}}));
        const pages at(daemon_);
        for (const auto& each : work_)
            ASSERT_TRUE(wait_until([&] { return !at.attempts(each.town, each.bead).empty(); }))
                << dump_json(at.explain(each.town, each.bead));
        ASSERT_TRUE(wait_until([&] {
            const json groups = at.get("/debug/v1/errors");
            return member(groups, "items").size() >= 3;
        }));
    }
    // Whatever else a caller may say in its own words; some of it is refused.
    static void write_notes(const town_caller& town) {
        const json named{{"role", "polecat"}, {"name", as_text}, {"identity", as_text}};
        const auto agent =
            text_at(town.call("POST", "/agents", named).data(), "id").value_or("none");
        std::ignore = town.call("POST", "/agents/" + agent + "/status", {{"message", as_text}});
        std::ignore = town.call(
            "POST", "/agent-events",
            {{"agent_id", agent}, {"event_type", as_text}, {"data", {{"text", as_text}}}});
        std::ignore = town.call("POST", "/escalations",
                                {{"title", as_text}, {"body", as_text}, {"severity", "high"}});
    }

    raw_container container_{play};
    daemon_process daemon_;
    std::vector<known_names> work_;
};

void check_page(const shown& one) {
    const auto& body = one.reply.body;
    const auto type_at = one.reply.headers.find("content-type");
    const std::string type = type_at == one.reply.headers.end() ? "" : type_at->second;
    if (type.find("zstd") != std::string::npos) return;
    EXPECT_NE(one.reply.status, 0) << one.what;
    EXPECT_LT(one.reply.status, 500) << one.what << "\n" << body.substr(0, 300);
    const bool is_json = type.find("json") != std::string::npos;
    EXPECT_EQ(harm(body, is_json), "") << one.what;
    if (is_json) {
        EXPECT_FALSE(one.reply.parsed().is_null()) << one.what;
    }
    if (type.find("html") == std::string::npos) return;
    for (const std::string tag : {"<script>alert", "<img src=x", "onerror=alert(1)>\"", "'><img"})
        EXPECT_EQ(body.find(tag), std::string::npos) << one.what;
}

TEST_P(HostileText, IsOnlyText) {
    begin();
    int with_markup = 0;
    for (const auto& each : work_)
        for (const auto& one : read_everything(daemon_, each)) {
            check_page(one);
            with_markup += one.reply.body.find("alert(1)") != std::string::npos ? 1 : 0;
        }
    EXPECT_GT(with_markup, 10) << "the texts were not shown at all";

    const std::string sample = http_get(daemon_.pages(), "/metrics").body;
    const std::regex series{
        R"re([a-z_:0-9]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? [-+0-9.einfNa]+)re"};
    std::istringstream lines{sample};
    for (std::string line; std::getline(lines, line);)
        EXPECT_TRUE(line.starts_with("#") || std::regex_match(line, series)) << line;

    for (const std::string arguments :
         {"status", "towns", "errors", "breakers", "overrides", "audit", "events", "outages"})
        EXPECT_EQ(harm(townctl_says(daemon_, arguments)), "") << arguments;
    for (const auto& each : work_)
        EXPECT_EQ(harm(townctl_says(daemon_, "explain " + each.town + " " + each.bead)), "");

    const std::string log = daemon_.err();
    EXPECT_EQ(harm(log), "");
    std::istringstream logged{log};
    for (std::string line; std::getline(logged, line);) {
        EXPECT_FALSE(line.starts_with("ts=2026-01-01T00:00:00")) << "a forged line: " << line;
        EXPECT_FALSE(line.starts_with("{\"forged\"")) << "a forged line: " << line;
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, HostileText, testing::Values("logfmt", "json", "text"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace townd::test
