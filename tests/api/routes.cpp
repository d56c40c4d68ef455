#include "api/routes.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace townd::api_test {
namespace {

constexpr std::size_t page_columns = 96;

// Beads and agents are shown whole once, where they are made; elsewhere by what tells them apart.
json shortened(const json& value, bool whole) {
    if (value.is_array()) {
        json out = json::array();
        for (const auto& one : value)
            out.push_back(shortened(one, whole));
        return out;
    }
    if (!value.is_object()) return value;
    const bool is_bead = value.contains("labels") && value.contains("bead_id");
    const bool is_agent = value.contains("identity") && value.contains("bead_id");
    json out = json::object();
    for (const auto& [key, one] : value.items()) {
        const bool telling = key == "id" || key == "type" || key == "status" || key == "title" ||
                             key == "role" || key == "name";
        if (whole || telling || !(is_bead || is_agent)) out[key] = shortened(one, whole);
    }
    if (!whole && is_bead) out["..."] = "and the rest of a bead";
    if (!whole && is_agent) out["..."] = "and the rest of an agent";
    for (const char* key : {"token"})
        if (out.is_object() && out.contains(key)) out[key] = "eyJhbGciOiJIUzI1NiIs...";
    return out;
}

// JSON on one line, with blanks for people.
std::string flat(const json& value) {
    if (!value.is_object() && !value.is_array()) return dump_json(value);
    std::string out;
    for (const auto& [key, one] : value.items()) {
        if (!out.empty()) out += ", ";
        if (value.is_object()) out += dump_json(json(key)) + ": ";
        out += flat(one);
    }
    return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

// JSON in lines of a page: what fits stays on one.
std::string laid_out(const json& value, std::size_t indent) {
    std::string line = flat(value);
    if (indent + line.size() <= page_columns || !(value.is_object() || value.is_array()))
        return line;
    const std::string pad(indent + 2, ' ');
    std::string out;
    for (const auto& [key, one] : value.items()) {
        out += (out.empty() ? "\n" : ",\n") + pad;
        if (value.is_object()) out += dump_json(json(key)) + ": ";
        out += laid_out(one, indent + 2);
    }
    out += "\n" + std::string(indent, ' ');
    return value.is_object() ? "{" + out + "}" : "[" + out + "]";
}

// Words in lines of a page.
std::string wrapped(const std::string& text) {
    std::string out;
    std::size_t column = 0;
    std::istringstream words{text};
    for (std::string word; words >> word;) {
        const bool fits = column + 1 + word.size() <= page_columns;
        out += column == 0 ? "" : fits ? " " : "\n";
        column = column == 0 || !fits ? word.size() : column + 1 + word.size();
        out += word;
    }
    return out;
}

std::string fenced(const std::string& text) {
    return "\n```json\n" + text + "\n```\n";
}

std::string refusal_line(const example& e) {
    std::string out = "- " + std::to_string(e.said.status) + " `" + e.said.error() + "`";
    if (!e.said.body.contains("issues")) return out + "\n";
    std::string list;
    for (const auto& issue : e.said.body.at("issues")) {
        std::string path;
        for (const auto& part : issue.at("path"))
            path += (path.empty() ? "" : ".") +
                    (part.is_string() ? part.get<std::string>() : dump_json(part));
        list += (list.empty() ? ": " : "; ") + ("`" + path + "` ") +
                issue.at("message").get<std::string>();
    }
    return out + list + "\n";
}

std::string callers_of(const row& r) {
    for (const auto& note : api::route_notes())
        if (note.method == r.method && note.pattern == r.pattern) return std::string{note.callers};
    return "nobody";
}

std::string described(const row& r) {
    const stage& on = played(r);
    std::string words = r.what + " For " + callers_of(r) + ".";
    std::string out = "\n### " + r.method + " " + r.pattern + "\n\n";
    if (on.shown) {
        const bool makes_one =
            r.method == "POST" && (r.pattern.ends_with("/beads") || r.pattern.ends_with("/agents"));
        const auto& e = *on.shown;
        const auto mark = e.path.find('?');
        if (mark != std::string::npos) words += " Example: `" + e.path.substr(mark) + "`.";
        out += wrapped(words) + "\n";
        if (!e.body.is_null()) out += fenced(laid_out(e.body, 0));
        out += "\nAnswers " + std::to_string(e.said.status) + ":\n";
        const json& data = e.said.body.contains("data") ? e.said.body.at("data") : e.said.body;
        out += fenced(laid_out(shortened(data, makes_one), 0));
    }
    if (on.refused.empty()) return out;
    out += "\nRefused, for example:\n\n";
    std::set<std::string> told;
    for (const auto& e : on.refused)
        if (told.insert(refusal_line(e)).second) out += refusal_line(e);
    return out;
}

}  // namespace

stage::stage(std::string method, std::string pattern)
    : method_(std::move(method)), pattern_(std::move(pattern)) {}

void stage::turn_to(std::string method, std::string pattern) {
    method_ = std::move(method);
    pattern_ = std::move(pattern);
}

answer stage::send(const std::string& path, const json& body, const std::string& token,
                   const std::map<std::string, std::string>& headers) {
    http::request probe;
    probe.method = method_;
    probe.path = path.substr(0, path.find('?'));
    EXPECT_EQ(routes.pattern_of(probe), pattern_) << path << " is another route";
    return ask(method_, path, body.is_null() ? "" : dump_json(body), token, headers);
}

const json& stage::good(const std::string& path, const json& body, const std::string& token,
                        const std::map<std::string, std::string>& headers) {
    auto said = send(path, body, token, headers);
    EXPECT_TRUE(said.status == 200 || said.status == 201)
        << method_ << " " << path << ": " << dump_json(said.body);
    static const json none;
    const example e{path, body, std::move(said)};
    if (!shown) shown = e;
    last_ = e.said.body;
    return last_.contains("data") ? last_.at("data") : none;
}

void stage::bad(int status, const std::string& path, const json& body, const std::string& says,
                const std::string& token, const std::map<std::string, std::string>& headers) {
    auto said = send(path, body, token, headers);
    EXPECT_EQ(said.status, status) << method_ << " " << path << ": " << dump_json(said.body);
    EXPECT_TRUE(said.error().starts_with(says)) << said.error();
    EXPECT_EQ(said.error().find("nlohmann"), std::string::npos) << said.error();
    refused.push_back({path, body, std::move(said)});
}

std::string stage::make_agent(const std::string& role) {
    const auto made = post(R + "/agents/get-or-create", {{"role", role}});
    EXPECT_EQ(made.status, 200) << dump_json(made.body);
    return made.data().at("id");
}

std::string stage::working_polecat(const std::string& dispatch) {
    const auto id = make_polecat();
    start_session(id, make_issue(), dispatch);
    return id;
}

std::string stage::make_bead(const json& body) {
    const auto made = post(R + "/beads", body);
    EXPECT_EQ(made.status, 201) << dump_json(made.body);
    return made.data().at("id");
}

std::pair<std::string, std::string> stage::reviewing_refinery() {
    const auto polecat = make_polecat();
    const auto work = make_issue();
    start_session(polecat, work, "d-work");
    EXPECT_EQ(post(P(polecat) + "/done", {{"branch", "gt/toast/1"}}).status, 200);
    const std::string request = get(R + "/beads?type=merge_request").data().at(0).at("id");
    const auto refinery = make_agent("refinery");
    start_session(refinery, request, "d-review");
    return {refinery, request};
}

std::string stage::make_convoy(bool staged) {
    const auto made =
        post(T() + "/convoys", {{"title", "Ship the docks"},
                                {"rig_id", rig},
                                {"staged", staged},
                                {"beads",
                                 {{{"title", "Lay the planks"}},
                                  {{"title", "Paint"}, {"depends_on", {"Lay the planks"}}}}}});
    EXPECT_EQ(made.status, 201) << dump_json(made.body);
    return made.data().at("convoy").at("id");
}

const std::vector<chapter>& chapters() {
    static const std::vector<chapter> all{
        {"Towns and rigs", town_rows()},
        {"Beads", bead_rows()},
        {"Reviews, triage, escalations, convoys", decision_rows()},
        {"Agents", agent_rows()},
        {"What agents report", report_rows()},
        {"The container's life", container_rows()},
        {"The mayor's tools", mayor_rows()}};
    return all;
}

const stage& played(const row& r) {
    static std::map<std::string, std::unique_ptr<stage>> all;
    auto& on = all[r.method + " " + r.pattern];
    if (!on) {
        on = std::make_unique<stage>(r.method, r.pattern);
        r.play(*on);
    }
    return *on;
}

std::string described(const std::vector<chapter>& all) {
    std::string out = "\n| route | for |\n|---|---|\n";
    for (const auto& part : all)
        for (const auto& r : part.rows)
            out += "| `" + r.method + " " + r.pattern + "` | " + callers_of(r) + " |\n";
    for (const auto& part : all) {
        out += "\n## " + part.title + "\n";
        for (const auto& r : part.rows)
            out += described(r);
    }
    return out;
}

}  // namespace townd::api_test
