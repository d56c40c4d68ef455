// What a hostile page, a rebinding name or a sloppy proxy could make of each route that writes, on
// the real binary: nothing. The routes come from the program itself, so that a new one is attacked
// as soon as it is there.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "process/daemon_process.hpp"
#include "process/http_client.hpp"

namespace townd::test {
namespace {

const std::string write_token = "write-" + std::string(40, 'w');
const std::string read_token = "read-" + std::string(40, 'r');
const std::string api_token = "api-" + std::string(40, 'a');

struct route {
    std::string method;
    std::string target;
};

// One request in its parts, as an honest caller would send it; attacks change it.
struct message {
    std::string method;
    std::string target;
    std::string body = R"({"reason":"an attack"})";
    std::vector<std::string> hosts;
    std::vector<std::string> fields;
    std::string type = "application/json";
    std::string authorization;
    std::string framing;  // In place of Content-Length.
    std::string after;    // Sent behind the body.

    std::string bytes() const {
        std::string out = method + " " + target + " HTTP/1.1\r\n";
        for (const auto& host : hosts)
            out += "Host: " + host + "\r\n";
        for (const auto& field : fields)
            out += field + "\r\n";
        if (!type.empty()) out += "Content-Type: " + type + "\r\n";
        if (!authorization.empty()) out += "Authorization: " + authorization + "\r\n";
        out += framing.empty() ? "Content-Length: " + std::to_string(body.size()) : framing;
        return out + "\r\nConnection: close\r\n\r\n" + body + after;
    }
};

struct attack {
    std::string name;
    std::function<void(message&)> change;
};
using attacks = std::vector<attack>;

attacks with_hosts(const std::string& port) {
    attacks out;
    const auto add = [&](const std::string& name, std::vector<std::string> hosts) {
        out.push_back({"host: " + name, [hosts](message& m) { m.hosts = hosts; }});
    };
    const std::string own = "127.0.0.1:" + port;
    add("foreign", {"evil.example"});
    add("foreign with our port", {"evil.example:" + port});
    add("a name that begins as ours", {"localhost.evil.example:" + port});
    add("a name that ends as ours", {"evil-localhost:" + port});
    add("an address as a name", {"127.0.0.1.evil.example:" + port});
    add("user part", {own + "@evil.example"});
    add("none", {});
    add("empty", {""});
    add("two", {own, own});
    add("ours and a foreign one", {own, "evil.example"});
    add("wrong port", {"127.0.0.1:1"});
    add("no port", {"127.0.0.1"});
    add("trailing dot", {"localhost.:" + port});
    out.push_back({"rebinding name with its own Origin", [port](message& m) {
                       m.hosts = {"evil.example:" + port};
                       m.fields = {"Origin: http://evil.example:" + port};
                   }});
    out.push_back({"HTTP/1.0 without a Host", [](message& m) {
                       m.hosts.clear();
                       m.target += " HTTP/1.0\r\nX-Rest:";
                   }});
    return out;
}

attacks from_pages() {
    attacks out;
    for (const std::string field :
         {"Origin: http://evil.example", "Origin: null", "Origin: http://localhost",
          "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: nonsense"})
        out.push_back({field, [field](message& m) { m.fields = {field}; }});
    for (const std::string type :
         {"", "text/plain", "text/plain; application/json", "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x", "application/jsonp", "application/json-patch"})
        out.push_back({"type: " + type, [type](message& m) { m.type = type; }});
    return out;
}

attacks with_framing(const std::string& good_write) {
    attacks out;
    const auto add = [&](const std::string& name, std::function<void(message&)> change) {
        out.push_back({"framing: " + name, std::move(change)});
    };
    add("absolute form, ours",
        [](message& m) { m.target = "http://" + m.hosts.front() + m.target; });
    add("absolute form, foreign", [](message& m) { m.target = "http://evil.example" + m.target; });
    add("both lengths", [=](message& m) {
        m.framing = "Content-Length: 5\r\nTransfer-Encoding: chunked";
        m.body = "0\r\n\r\n";
        m.after = good_write;
    });
    add("a coding that ends as chunked", [=](message& m) {
        m.framing = "Transfer-Encoding: xchunked";
        m.after = good_write;
    });
    add("two lengths", [=](message& m) {
        m.framing = "Content-Length: 0\r\nContent-Length: " + std::to_string(m.body.size());
        m.after = good_write;
    });
    add("signed length", [=](message& m) {
        m.framing = "Content-Length: +" + std::to_string(m.body.size());
        m.after = good_write;
    });
    add("folded field", [](message& m) { m.fields = {"X-A: b\r\n c"}; });
    add("blank before a colon", [](message& m) { m.fields = {"X-A : b"}; });
    add("bare line feed", [](message& m) { m.fields = {"X-A: b\nX-B: c"}; });
    add("too many fields", [](message& m) { m.fields.assign(70, "X-A: b"); });
    add("large header", [](message& m) { m.fields = {"X-A: " + std::string(17'000, 'a')}; });
    add("fragment", [](message& m) { m.target += "#x"; });
    return out;
}

attacks with_methods(const std::vector<std::string>& methods) {
    attacks out;
    for (const auto& method : methods)
        out.push_back({"method: " + method, [method](message& m) {
                           m.method = method;
                           m.fields = {"Access-Control-Request-Method: POST",
                                       "Access-Control-Request-Headers: authorization"};
                       }});
    for (const std::string field :
         {"X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"})
        out.push_back({field, [field](message& m) {
                           m.method = "GET";
                           m.target += "?_method=POST";
                           m.fields = {field};
                       }});
    return out;
}

attacks with_tokens(const std::string& token, const std::string& other, bool bearer_only) {
    attacks out;
    const auto add = [&](const std::string& name, const std::string& value) {
        out.push_back({"token: " + name, [value](message& m) { m.authorization = value; }});
    };
    add("none", "");
    add("empty", "Bearer ");
    add("wrong", "Bearer " + std::string(token.size(), 'x'));
    add("cut", "Bearer " + token.substr(0, token.size() - 1));
    add("longer", "Bearer " + token + "x");
    add("of the other face", "Bearer " + other);
    add("without a scheme", token);
    add("another scheme", "Digest " + token);
    if (bearer_only) {
        add("to read with", "Bearer " + read_token);
        // The password `write-www…`, which a browser would send on its own.
        add("as a password",
            "Basic OndyaXRlLXd3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3c=d3");
    }
    for (const std::string name : {"token", "access_token", "authorization"})
        out.push_back({"token in the query: " + name, [=](message& m) {
                           m.authorization.clear();
                           m.target += "?" + name + "=" + token;
                       }});
    out.push_back({"token in a cookie", [=](message& m) {
                       m.authorization.clear();
                       m.fields = {"Cookie: token=" + token, "X-Token: " + token};
                   }});
    return out;
}

void append(attacks& to, attacks more) {
    std::move(more.begin(), more.end(), std::back_inserter(to));
}

class Attacks : public testing::Test {
protected:
    void begin(bool with_api_token) {
        daemon_.configure({{"debug.token_file", secret("write", write_token)},
                           {"debug.read_token_file", secret("read", read_token)}});
        if (with_api_token) daemon_.configure({{"api.token_file", secret("api", api_token)}});
        ASSERT_TRUE(daemon_.start_ready()) << daemon_.err();
        const json made = api("POST", "/api/users/u/towns", {{"name", "a town"}});
        town_ = text_at(made, "id").value_or("");
        rig_ = text_at(api("POST", "/api/users/u/rigs",
                           {{"town_id", town_}, {"name", "r"}, {"git_url", "https://g.example/a"}}),
                       "id")
                   .value_or("");
        ASSERT_FALSE(rig_.empty());
        // So that a write that gets through can also undo something, and nothing moves by itself.
        ASSERT_EQ(
            http_send(socket(), "POST", "/debug/v1/dispatch:pause", R"({"reason":"still"})").status,
            200);
        const json bead =
            api("POST", rig_path() + "/beads", {{"type", "issue"}, {"title", "work"}});
        bead_ = text_at(bead, "bead_id").value_or("");
        const json agent = api("POST", rig_path() + "/agents",
                               {{"role", "polecat"}, {"name", "Zed"}, {"identity", "zed"}});
        agent_ = text_at(agent, "id").value_or("");
        ASSERT_FALSE(bead_.empty() || agent_.empty());
    }
    std::string secret(const std::string& name, const std::string& text) {
        write_file(daemon_.dir() / name, text + "\n");
        return (daemon_.dir() / name).string();
    }
    std::string socket() const { return "unix:" + (daemon_.data_dir() / "ctl.sock").string(); }
    std::string rig_path() const { return "/api/towns/" + town_ + "/rigs/" + rig_; }
    json api(const std::string& method, const std::string& target, const json& body = json()) {
        return http_send(daemon_.api(), method, target,
                         body.is_null() ? std::string{} : dump_json(body),
                         {"Authorization: Bearer " + api_token})
            .data();
    }
    json page(const std::string& target) { return http_get(socket(), target).parsed(); }

    // All that any write could change, without what is only about now.
    std::string state() {
        std::string out;
        for (const std::string target : {"overrides", "audit", "config/status", "breakers"}) {
            json read = page("/debug/v1/" + target);
            if (!read.is_object()) continue;
            for (const char* now : {"as_of", "generation"})
                read.erase(now);
            for (auto& item : read.contains("items") ? read["items"] : read)
                if (item.is_object())
                    for (const char* age :
                         {"set_age_seconds", "expires_in_seconds", "at_age_seconds"})
                        item.erase(age);
            out += dump_json(read) + "\n";
        }
        const std::string town = "/api/towns/" + town_;
        for (const std::string& target :
             {std::string{"/api/users/u/towns"}, std::string{"/api/users/attacker/towns"},
              "/api/users/u/towns/" + town_ + "/rigs", town + "/config", rig_path() + "/beads",
              rig_path() + "/agents", rig_path() + "/events", town + "/escalations",
              town + "/convoys", town + "/drain-status",
              rig_path() + "/agents/" + agent_ + "/pending-nudges"})
            out += dump_json(api("GET", target)) + "\n";
        return out;
    }

    message honest(const route& at, const std::string& address, const std::string& token) const {
        message out;
        out.method = at.method;
        out.target = at.target;
        out.hosts = {address};
        if (!token.empty()) out.authorization = "Bearer " + token;
        return out;
    }

    // Sends each attack at each route; after each attack nothing may have changed.
    void attack_all(const std::vector<route>& routes, const std::string& address,
                    const std::string& token, const attacks& all) {
        const std::string before = state();
        for (const auto& each : all) {
            for (const auto& at : routes) {
                message m = honest(at, address, token);
                each.change(m);
                if (m.method == at.method || !writes(routes, m)) judge(each, m, address);
            }
            const std::string after = state();
            ASSERT_EQ(after, before) << each.name;
        }
    }
    static bool writes(const std::vector<route>& routes, const message& m) {
        return std::any_of(routes.begin(), routes.end(), [&](const route& r) {
            return r.method == m.method && r.target == m.target;
        });
    }
    static void judge(const attack& by, const message& m, const std::string& address) {
        const std::string said = http_exchange(address, m.bytes());
        const std::string what = by.name + ": " + m.method + " " + m.target + "\n" + said;
        const std::string head = said.substr(0, said.find("\r\n\r\n"));
        EXPECT_EQ(head.find("Access-Control-"), std::string::npos) << what;
        if (m.method == "GET" || m.method == "HEAD") return;  // Reads may be answered.
        ASSERT_TRUE(said.starts_with("HTTP/1.1 4")) << what;
        EXPECT_EQ(said.find("\r\nServer:"), said.rfind("\r\nServer:")) << "two answers: " << what;
        const json body = parse_reply(said).parsed();
        ASSERT_TRUE(body.is_object()) << what;
        EXPECT_FALSE(text_at(body, "detail").value_or(text_at(body, "error").value_or("")).empty())
            << what;
        if (!body.contains("detail")) return;  // The town API's envelope.
        EXPECT_NE(head.find("application/problem+json"), std::string::npos) << what;
        for (const std::string field : {"X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
                                        "Content-Security-Policy: default-src 'self'"})
            EXPECT_NE(head.find(field), std::string::npos) << field << " in " << what;
    }

    // Every route of the pages that writes; what json openapi tells goes on top.
    std::vector<route> debug_writes() {
        std::vector<route> out{
            {"POST", "/debug/v1/dispatch:pause"},
            {"POST", "/debug/v1/dispatch:resume"},
            {"POST", "/debug/v1/dispatch:drain"},
            {"POST", "/debug/v1/dispatch:undrain"},
            {"POST", "/debug/v1/towns/" + town_ + ":pause"},
            {"POST", "/debug/v1/towns/" + town_ + "/rigs/" + rig_ + ":pause"},
            {"POST", "/debug/v1/roles/polecat:pause"},
            {"POST", "/debug/v1/breakers:batch"},
            {"POST", "/debug/v1/breakers:force-open"},
            {"POST", "/debug/v1/breakers/" + town_ + "/place/-/mayor:force-open"},
            {"POST", "/debug/v1/beads/" + town_ + "/" + bead_ + ":retry-now"}};
        const json told = page("/debug/v1/openapi.json");
        if (!told.is_object() || !told.contains("paths")) return out;
        for (const auto& [path, methods] : told["paths"].items())
            for (const auto& [method, ignored] : methods.items())
                if (method == "post" || method == "put" || method == "patch" || method == "delete")
                    if (path.find("dry-run") == std::string::npos)
                        out.push_back({upper(method), filled(path)});
        return out;
    }
    // The routes of the town API stand in one table.
    std::vector<route> api_writes() const {
        std::string table = read_file(std::string{TOWND_SOURCE_DIR} + "/src/api/api.cpp");
        const auto replace = [&](const std::string& what, const std::string& with) {
            for (auto at = table.find(what); at != std::string::npos; at = table.find(what, at))
                table.replace(at, what.size(), with);
        };
        replace("TOWND_RIG \"", "\"" + std::string{"/api/towns/:town/rigs/:rig"});
        replace("TOWND_AGENT \"", "\"" + std::string{"/api/towns/:town/rigs/:rig/agents/:agent"});
        replace("TOWND_AGENT,", "\"/api/towns/:town/rigs/:rig/agents/:agent\",");
        replace("TOWND_TOOLS \"", "\"" + std::string{"/api/mayor/:town/tools"});
        std::vector<route> out;
        const std::regex row{R"re(\{"(POST|PUT|PATCH|DELETE)",\s*"([^"]+)",)re"};
        for (std::sregex_iterator at{table.begin(), table.end(), row}, end; at != end; ++at)
            out.push_back({(*at)[1].str(), filled((*at)[2].str())});
        return out;
    }
    static std::string upper(std::string word) {
        for (char& c : word)
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        return word;
    }
    // `:town` and `{town}` become what there is.
    std::string filled(std::string path) const {
        const std::vector<std::pair<std::string, std::string>> names{
            {"town", town_},          {"rig", rig_},     {"bead", bead_}, {"agent", agent_},
            {"key", "place/-/mayor"}, {"target", town_}, {"user", "u"},   {"role", "polecat"}};
        for (const auto& [name, value] : names) {
            path = std::regex_replace(path, std::regex{"\\{" + name + "\\}"}, value);
            path = std::regex_replace(path, std::regex{"([/{]):" + name + "(?=/|$)"}, "$1" + value);
        }
        path = std::regex_replace(path, std::regex{R"(\{[a-z_]+\})"}, "x");
        return std::regex_replace(path, std::regex{"/:[a-z]+"}, "/x");
    }
    static std::string port_of(const std::string& address) {
        return address.substr(address.rfind(':') + 1);
    }

    daemon_process daemon_;
    std::string town_, rig_, bead_, agent_;
};

TEST_F(Attacks, NoWriteToThePagesGetsThrough) {
    begin(true);
    const std::string address = daemon_.pages();
    const auto routes = debug_writes();
    const std::string good_write =
        honest({"POST", "/debug/v1/dispatch:resume"}, address, write_token).bytes();
    attacks all = with_hosts(port_of(address));
    append(all, from_pages());
    append(all, with_framing(good_write));
    append(all, with_methods({"GET", "HEAD", "PATCH", "DELETE", "TRACE", "CONNECT", "OPTIONS"}));
    append(all, with_tokens(write_token, api_token, true));
    attack_all(routes, address, write_token, all);
    // The same write without any trick: what is checked above would have shown it.
    const std::string before = state();
    EXPECT_TRUE(http_exchange(address, good_write).starts_with("HTTP/1.1 200"));
    EXPECT_NE(state(), before);
}

TEST_F(Attacks, NoWriteToTheTownApiGetsThrough) {
    begin(true);
    const std::string address = daemon_.api();
    const auto routes = api_writes();
    ASSERT_GT(routes.size(), 30U) << "the table of routes could not be read";
    const route escalate{"POST", rig_path() + "/escalations"};
    message good = honest({"POST", "/api/users/attacker/towns"}, address, api_token);
    good.body = R"({"name":"theirs"})";
    // The name in Host does not matter where a token is asked for, and the attacker has none.
    attack_all(routes, address, "", with_hosts(port_of(address)));
    attacks all = from_pages();
    append(all, with_framing(good.bytes()));
    append(all, with_methods({"GET", "HEAD", "PUT", "TRACE", "CONNECT", "OPTIONS"}));
    append(all, with_tokens(api_token, write_token, false));
    attack_all(routes, address, api_token, all);
    const std::string before = state();
    EXPECT_TRUE(http_exchange(address, good.bytes()).starts_with("HTTP/1.1 201"));
    EXPECT_NE(state(), before);
}

TEST_F(Attacks, NoPageWritesToAnApiThatAsksForNoToken) {
    begin(false);
    const std::string address = daemon_.api();
    attacks all = with_hosts(port_of(address));
    append(all, from_pages());
    append(all, with_framing(honest({"POST", "/api/users/attacker/towns"}, address, "").bytes()));
    attack_all(api_writes(), address, "", all);
}

TEST_F(Attacks, ReadersShowATokenWhenOneIsConfigured) {
    begin(true);
    const auto read = [&](const std::string& target, const std::vector<std::string>& headers) {
        return http_send(daemon_.pages(), "GET", target, {}, headers);
    };
    for (const std::string target : {"/debug/", "/debug", "/metrics", "/version", "/debug/v1/towns",
                                     "/debug/v1/audit", "/debug/v1/config", "/nowhere"}) {
        const auto closed = read(target, {});
        EXPECT_EQ(closed.status, 401) << target;
        EXPECT_EQ(closed.headers.at("www-authenticate").rfind("Basic ", 0), 0U) << target;
        EXPECT_EQ(read(target + "?token=" + read_token, {}).status, 401) << target;
        EXPECT_EQ(read(target, {"Authorization: Bearer " + api_token}).status, 401) << target;
        EXPECT_NE(read(target, {"Authorization: Bearer " + read_token}).status, 401) << target;
        EXPECT_NE(read(target, {"Authorization: Bearer " + write_token}).status, 401) << target;
    }
    // ada and the token, as a browser sends them.
    const std::string basic =
        "Authorization: Basic YWRhOnJlYWQtcnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycg==";
    EXPECT_EQ(read("/debug/", {basic}).status, 200);
    EXPECT_EQ(read("/livez", {}).status, 200);
    EXPECT_EQ(read("/readyz", {}).status, 200);
    EXPECT_EQ(daemon_.err().find(read_token), std::string::npos);
}

TEST_F(Attacks, OneTokenCannotBeBoth) {
    daemon_.configure({{"debug.token_file", secret("write", write_token)},
                       {"debug.read_token_file", secret("read", write_token)}});
    EXPECT_FALSE(daemon_.start());
    EXPECT_EQ(daemon_.wait(), 78) << daemon_.err();
    EXPECT_NE(daemon_.err().find("debug.read_token_file"), std::string::npos);
    EXPECT_EQ(daemon_.err().find(write_token), std::string::npos);
}

}  // namespace
}  // namespace townd::test
