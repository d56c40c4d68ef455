// The JSON Schema says of a file what a schema can say, and nothing else.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "config/config.hpp"
#include "config/yaml_tree.hpp"
#include "json/json.hpp"

namespace townd::config {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

// A plain scalar as YAML 1.2's core schema reads it.
json scalar(const yaml_node& node) {
    static const std::regex whole{"[-+]?[0-9]+"}, hex{"0x[0-9a-fA-F]+"},
        real{R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)"};
    if (!node.plain) return node.text;
    if (node.text == "true" || node.text == "false") return node.text == "true";
    if (std::regex_match(node.text, whole))
        return std::stod(node.text) > 1e15 ? json(1e15) : json(std::stoll(node.text));
    if (std::regex_match(node.text, hex)) return std::stoll(node.text, nullptr, 16);
    if (std::regex_match(node.text, real)) return std::stod(node.text);
    return node.text;
}

json instance(const yaml_node& node) {
    switch (node.kind) {
        case yaml_node::kinds::scalar:
            return scalar(node);
        case yaml_node::kinds::list: {
            json out = json::array();
            for (const auto& each : node.items)
                out.push_back(instance(each));
            return out;
        }
        case yaml_node::kinds::map: {
            json out = json::object();
            for (const auto& each : node.entries)
                out[each.key] = instance(each.value);
            return out;
        }
        default:
            return nullptr;
    }
}

bool is_type(const json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "number") return value.is_number();
    // As the specification has it: 2.0 is an integer.
    return type == "integer" && value.is_number() &&
           value.get<double>() == std::floor(value.get<double>());
}

// The keywords that the schema uses; any other is a failure of the test.
class validator {
public:
    std::string check(const json& schema, const json& value, const std::string& at = "$") {
        for (const auto& [word, rule] : schema.items())
            if (!holds(word, rule, schema, value, at)) return at + ": " + word + wrong_;
        return {};
    }

private:
    bool holds(const std::string& word, const json& rule, const json& schema, const json& value,
               const std::string& at) {
        static const std::set<std::string> remarks{"$schema", "title", "description", "default"};
        wrong_.clear();
        if (remarks.contains(word)) return true;
        if (word == "type") return type_holds(rule, value);
        if (word == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
        if (word == "minimum") return !value.is_number() || value >= rule;
        if (word == "maximum") return !value.is_number() || value <= rule;
        if (word == "minLength")
            return !value.is_string() || value.get<std::string>().size() >= rule;
        if (word == "maxLength")
            return !value.is_string() || value.get<std::string>().size() <= rule;
        if (word == "pattern")
            return !value.is_string() ||
                   std::regex_search(value.get<std::string>(), std::regex{rule.get<std::string>()});
        if (word == "additionalProperties") return !value.is_object() || known(schema, value);
        if (word == "properties") return properties_hold(rule, value, at);
        wrong_ = " is no keyword of this test";
        return false;
    }
    static bool type_holds(const json& rule, const json& value) {
        if (rule.is_string()) return is_type(value, rule.get<std::string>());
        return std::any_of(rule.begin(), rule.end(), [&](const json& each) {
            return is_type(value, each.get<std::string>());
        });
    }
    static bool known(const json& schema, const json& value) {
        for (const auto& [key, ignored] : value.items())
            if (!schema["properties"].contains(key)) return false;
        return true;
    }
    bool properties_hold(const json& rule, const json& value, const std::string& at) {
        if (!value.is_object()) return true;
        for (const auto& [key, part] : value.items()) {
            if (!rule.contains(key)) continue;
            const std::string deeper = check(rule[key], part, at + "." + key);
            if (deeper.empty()) continue;
            wrong_ = ", " + deeper;
            return false;
        }
        return true;
    }

    std::string wrong_;
};

const json& schema() {
    static const json parsed = parse_json(json_schema()).value();
    return parsed;
}

std::string refused(const std::string& yaml) {
    return validator{}.check(schema(), instance(read_yaml(yaml, "t.yaml").root));
}

TEST(Schema, TakesTheSampleAndTheEmptyFile) {
    EXPECT_EQ(refused(sample()), "");
    EXPECT_EQ(refused(""), "");
    EXPECT_EQ(refused(print(defaults())), "");
}

TEST(Schema, EveryDefaultIsValidWhereItStands) {
    const auto values = parse_json(print_json(defaults(), false)).value();
    EXPECT_EQ(validator{}.check(schema(), values), "");
    const json& keys = schema()["properties"];
    for (const auto& [key, value] : values["dispatch"].items())
        EXPECT_EQ(keys["dispatch"]["properties"][key]["default"], value) << key;
    EXPECT_EQ(keys["breaker"]["properties"]["agent"]["properties"]["jitter"]["default"], 0.2);
}

TEST(Schema, TakesWhatTheLoaderTakes) {
    for (const char* yaml :
         {"dispatch: {start_timeout: 1h30m, slow_start: 0s}", "data_dir: 'no'",
          "outage: {mode: off}", "api: {listen: \"[::1]:0\", public_url: \"https://a.example/x\"}",
          "api: {socket: ~}", "containers: {url: \"https://{town}.example.org:8443/b\"}",
          "debug: {allow_insecure: true}", "breaker: {agent: {jitter: 0}}",
          "dispatch: {work_backoff: 1s500ms}"}) {
        EXPECT_TRUE(load_text(yaml, "t.yaml").problems.empty()) << yaml;
        EXPECT_EQ(refused(yaml), "") << yaml;
    }
}

// What no schema can see, and why. All other bad samples are refused.
const std::map<std::string, std::string> beyond{
    {"07-duplicate-key", "YAML"},
    {"08-duplicate-section", "YAML"},
    {"12-duration-too-short", "range"},
    {"13-duration-too-long", "range"},
    {"18-number-octal", "spelling"},
    {"19-number-hexadecimal", "spelling"},
    {"20-number-fraction", "spelling"},
    {"36-listen-bad-address", "form"},
    {"38-listen-open-to-all", "rule"},
    {"39-listen-open-to-all-six", "rule"},
    {"53-anchor", "YAML"},
    {"54-alias", "YAML"},
    {"55-merge-key", "YAML"},
    {"56-tag", "YAML"},
    {"57-two-documents", "YAML"},
    {"58-tab-indentation", "YAML"},
    {"59-syntax-error", "YAML"},
    {"60-nested-colon", "YAML"},
    {"61-complex-key", "YAML"},
    {"62-key-missing", "YAML"},
    {"63-max-open-below-open", "rule"},
    {"64-max-open-set-below-open", "rule"},
    {"65-idle-below-interval", "rule"},
    {"66-connect-over-start", "rule"},
    {"67-work-backoff-over-max", "rule"},
    {"68-probe-not-over-start", "rule"},
    {"78-retry-first-over-then", "rule"},
    {"72-pages-open-to-all", "rule"},
    {"73-pages-open-with-a-token", "rule"},
};

TEST(Schema, RefusesEveryBadSampleThatASchemaCan) {
    for (const auto& entry :
         fs::directory_iterator{fs::path{TOWND_SOURCE_DIR} / "tests/config/bad"}) {
        if (entry.path().extension() != ".yaml") continue;
        const std::string name = entry.path().stem().string();
        const std::string why = refused(read_text(entry.path()));
        if (!beyond.contains(name)) {
            EXPECT_NE(why, "") << name;
        }
        if (beyond.contains(name) && beyond.at(name) != "YAML") {
            EXPECT_EQ(why, "") << name;
        }
        EXPECT_EQ(why.find("no keyword"), std::string::npos) << why;
    }
}

}  // namespace
}  // namespace townd::config
