// What the house agreed on, checked on the source tree itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace townd {
namespace {

namespace fs = std::filesystem;

const fs::path house{TOWND_SOURCE_DIR};

struct source {
    std::string name;  // Relative to the house, with slashes.
    std::string text;
    std::vector<std::string> lines;
};

source read(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream all;
    all << in.rdbuf();
    source out{fs::relative(path, house).generic_string(), all.str(), {}};
    std::istringstream split{out.text};
    for (std::string line; std::getline(split, line);)
        out.lines.push_back(line);
    return out;
}

std::vector<source> sources_in(const std::vector<std::string>& folders) {
    std::vector<source> out;
    for (const auto& folder : folders)
        for (const auto& entry : fs::recursive_directory_iterator{house / folder}) {
            const auto kind = entry.path().extension();
            if (entry.is_regular_file() && (kind == ".cpp" || kind == ".hpp"))
                out.push_back(read(entry.path()));
        }
    std::sort(out.begin(), out.end(),
              [](const source& a, const source& b) { return a.name < b.name; });
    return out;
}

std::string at(const source& file, std::size_t line) {
    return file.name + ":" + std::to_string(line + 1);
}

// The room of a file of ours: the folder below src or include/townd.
std::string room_of(const std::string& name) {
    for (const std::string prefix : {"src/", "include/townd/"})
        if (name.starts_with(prefix))
            return name.substr(prefix.size(), name.find('/', prefix.size()) - prefix.size());
    return {};
}

// Floors, as in the architecture: a file includes from its own room and from floors below.
const std::map<std::string, int> floors{
    {"words", 1}, {"port", 2},    {"decide", 2}, {"json", 3},      {"wire", 3},
    {"store", 3}, {"model", 3},   {"http", 3},   {"container", 3}, {"config", 3},
    {"sys", 3},   {"town", 4},    {"engine", 4}, {"api", 5},       {"debug", 5},
    {"ctl", 5},   {"standin", 5}, {"sim", 5},    {"scenario", 5},  {"app", 6}};

std::optional<std::string> room_included(const std::string& line) {
    static const std::regex include{R"rx(^\s*#\s*include\s*"(townd/)?([a-z_]+)/[^"]*")rx"};
    std::smatch found;
    if (!std::regex_search(line, found, include)) return std::nullopt;
    return found[2].str();
}

// Why `room` may not include from `from`; empty when it may.
std::string objection(const std::string& room, const std::string& from) {
    if (room == from) return {};
    if (!floors.contains(from)) return "includes from the unknown room " + from;
    const int here = floors.at(room);
    const int there = floors.at(from);
    if (there > here) return "includes upwards, from " + from;
    if (there < here) return {};
    if (here == 3 && (from == "json" || from == "wire")) return {};
    if (here == 4 && room == "engine") return {};        // The engine drives the towns.
    if (room == "scenario" && from == "sim") return {};  // A world as a product.
    if (room == "model" && from == "store") return {};   // Its interface, and what it keeps.
    if (here == 2 && room == "port") return {};          // Ports speak in the decisions' words.
    return "includes its neighbour " + from;
}

TEST(Tidy, TheTreeIsThere) {
    EXPECT_GT(sources_in({"src", "include"}).size(), 40U) << "is " << house << " the source tree?";
}

TEST(Tidy, NoIncludeClimbs) {
    for (const auto& file : sources_in({"src", "include"})) {
        const std::string room = room_of(file.name);
        if (room == "boost") continue;  // The separately compiled libraries.
        ASSERT_TRUE(floors.contains(room)) << file.name << " is in a room without a floor";
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            EXPECT_EQ(objection(room, room_included(file.lines[i]).value_or(room)), "")
                << at(file, i);
    }
}

TEST(Tidy, TheFloorRuleItselfHolds) {
    EXPECT_EQ(objection("engine", "words"), "");
    EXPECT_EQ(objection("store", "json"), "");
    EXPECT_NE(objection("words", "decide"), "");
    EXPECT_NE(objection("decide", "json"), "");
    EXPECT_EQ(objection("model", "store"), "");
    EXPECT_NE(objection("store", "model"), "");
    EXPECT_NE(objection("store", "http"), "");
    EXPECT_NE(objection("json", "store"), "");
    EXPECT_NE(objection("town", "engine"), "");
    EXPECT_NE(objection("api", "debug"), "");
    EXPECT_EQ(room_included("#include \"townd/words/time.hpp\""), "words");
    EXPECT_EQ(room_included("#include \"store/query.hpp\""), "store");
    EXPECT_EQ(room_included("#include <vector>"), std::nullopt);
}

TEST(Tidy, OnlySysReadsAClock) {
    for (const auto& file : sources_in({"src", "include"})) {
        if (room_of(file.name) == "sys") continue;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            EXPECT_EQ(file.lines[i].find("_clock::now("), std::string::npos) << at(file, i);
            EXPECT_EQ(file.lines[i].find("gettimeofday("), std::string::npos) << at(file, i);
        }
    }
}

// Comments and texts made blanks, so that what is left is code. Newlines stay.
std::string code_of(const std::string& text) {
    std::string out = text;
    const auto blank = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to && i < out.size(); ++i)
            if (out[i] != '\n') out[i] = ' ';
    };
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        if (text.compare(i, 2, "//") == 0) {
            end = std::min(text.find('\n', i), text.size());
            blank(i, end);
        } else if (text.compare(i, 2, "/*") == 0) {
            end = std::min(text.find("*/", i), text.size() - 2) + 2;
            blank(i, end);
        } else if (text.compare(i, 2, "R\"") == 0) {
            const auto open = text.find('(', i);
            const std::string close = ")" + text.substr(i + 2, open - i - 2) + "\"";
            end = std::min(text.find(close, open), text.size() - close.size()) + close.size();
            blank(i, end);
        } else if (text[i] == '"') {
            while (end < text.size() && text[end] != '"' && text[end] != '\n')
                end += text[end] == '\\' ? 2U : 1U;
            ++end;
            blank(i, end);
        } else if (text[i] == '\'' &&
                   (i == 0 || !std::isalnum(static_cast<unsigned char>(text[i - 1])))) {
            end = text.find('\'', text[i + 1] == '\\' ? i + 3 : i + 2) + 1;
            blank(i, end);
        }
        i = end;
    }
    return out;
}

// GCC 12.2 frees twice what a statement with co_await holds in braces, in a `?:` or in a lambda.
// The statement reaches from the last `;`, `{` or `}` to the next `;`, or to the brace that opens
// the body of its `if` or `while`.
std::string statement_around(const std::string& code, std::size_t await) {
    const auto before = code.find_last_of(";{}", await);
    const std::size_t from = before == std::string::npos ? 0 : before + 1;
    int depth = 0;
    std::size_t to = from;
    for (; to < code.size(); ++to) {
        const char c = code[to];
        if (c == '(') ++depth;
        if (c == ')') --depth;
        if (c == ';' && depth <= 0) break;
        const auto last = code.find_last_not_of(" \n", to - 1);
        if (c == '{' && depth == 0 && to > await && code[last] == ')') break;
    }
    return code.substr(from, to - from);
}

std::string await_objection(const std::string& code, std::size_t await) {
    // A brace just before is either the body's or a list that the await is in.
    const auto before = code.find_last_of(";{}", await);
    if (before != std::string::npos && code[before] == '{') {
        const auto last = code.find_last_not_of(" \n", before == 0 ? 0 : before - 1);
        const bool body =
            last != std::string::npos &&
            (code[last] == ')' || code[last] == ';' || code[last] == '{' || code[last] == '}' ||
             code[last] == ':' || code[last] == '>' || code.compare(last - 3, 4, "else") == 0 ||
             code.compare(last - 2, 3, "try") == 0 || code.compare(last - 1, 2, "do") == 0);
        if (!body) return "braces";
    }
    const std::string statement = statement_around(code, await);
    if (statement.find('{') != std::string::npos) return "braces";
    if (statement.find('?') != std::string::npos) return "a conditional";
    if (statement.find("[&") != std::string::npos || statement.find("[=") != std::string::npos)
        return "a lambda";
    return {};
}

TEST(Tidy, NoCoAwaitSharesItsStatementWithBracesConditionalsOrLambdas) {
    for (const auto& file : sources_in({"src", "include", "tests"})) {
        const std::string code = code_of(file.text);
        for (auto found = code.find("co_await"); found != std::string::npos;
             found = code.find("co_await", found + 1)) {
            const auto line = static_cast<std::size_t>(
                std::count(code.begin(), code.begin() + static_cast<std::ptrdiff_t>(found), '\n'));
            EXPECT_EQ(await_objection(code, found), "") << at(file, line);
        }
    }
}

TEST(Tidy, TheCoAwaitRuleItselfHolds) {
    const auto judged = [](const std::string& text) {
        const std::string code = code_of(text);
        return await_objection(code, code.find("co_await"));
    };
    EXPECT_EQ(judged("void f() { auto x = co_await g(1, token); }"), "");
    EXPECT_EQ(judged("void f() { if (auto e = co_await g(token); !e) { stop(); } }"), "");
    EXPECT_EQ(judged("void f() { while (co_await g()) { h(); } }"), "");
    EXPECT_EQ(judged("void f() { say(\"{?\"); co_await g('{'); /* ? */ }"), "");
    EXPECT_NE(judged("void f() { co_await g(point{1}); }"), "");
    EXPECT_NE(judged("void f() { const point p{co_await g()}; }"), "");
    EXPECT_NE(judged("void f() { auto x = a ? co_await g() : 1; }"), "");
    EXPECT_NE(judged("void f() { co_await g([=] { h(); }); }"), "");
}

TEST(Tidy, LinesAreNotLongerThanAScreen) {
    constexpr std::size_t columns_max = 100;
    for (const auto& file : sources_in({"src", "include", "tests"}))
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const auto columns = std::count_if(
                file.lines[i].begin(), file.lines[i].end(),
                [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
            EXPECT_LE(static_cast<std::size_t>(columns), columns_max) << at(file, i);
        }
}

TEST(Tidy, FilesAreNotLongerThanASubject) {
    constexpr std::size_t lines_max = 400;
    for (const auto& file : sources_in({"src", "include"}))
        EXPECT_LE(file.lines.size(), lines_max) << file.name << ": split it by subject";
}

TEST(Tidy, NothingIsLeftForLater) {
    // Put together here, so that this file does not find itself.
    const std::vector<std::string> marks{std::string{"TO"} + "DO", std::string{"FIX"} + "ME"};
    for (const auto& file : sources_in({"src", "include", "tests"}))
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            for (const auto& mark : marks)
                EXPECT_EQ(file.lines[i].find(mark), std::string::npos) << at(file, i);
}

TEST(Tidy, NoFileIsForgottenByTheBuild) {
    std::string listed;
    for (const auto& entry : fs::recursive_directory_iterator{house / "src"}) {
        const auto name = entry.path().filename();
        if (name == "room.cmake" || name == "CMakeLists.txt") listed += read(entry.path()).text;
    }
    for (const auto& file : sources_in({"src"})) {
        if (!file.name.ends_with(".cpp")) continue;
        EXPECT_NE(listed.find(file.name.substr(4)), std::string::npos)
            << file.name << " is in no room.cmake";
    }
}

// What is told to a person has a fixed id, by which `journalctl -x` explains it.
TEST(Tidy, EveryEventOfTheLogHasItsMessageIdAndItsEntryInTheCatalog) {
    const std::string ids = read(house / "src/sys/message_ids.cpp").text;
    const std::string catalog = read(house / "config/systemd/townd.catalog").text;
    const std::regex call{R"re((?:(?:journal\w*|ctx)\.(?:note|warn)|log_line)\([^;"]*)re"
                          R"re((?:""[^;"]*)?"([a-z]+_?[a-z_]*)")re"};
    std::set<std::string> found;
    for (const auto& file : sources_in({"src"})) {
        for (std::sregex_iterator at{file.text.begin(), file.text.end(), call}, end; at != end;
             ++at) {
            found.insert((*at)[1]);
            const std::regex entry{"\"" + (*at)[1].str() + "\",\\s*\"([0-9a-f]{32})\""};
            std::smatch id;
            ASSERT_TRUE(std::regex_search(ids, id, entry))
                << file.name << " tells of " << (*at)[1]
                << ": give it an id in src/sys/message_ids.cpp";
            EXPECT_NE(catalog.find("\n-- " + id[1].str() + "\n"), std::string::npos)
                << (*at)[1] << ": explain it in config/systemd/townd.catalog";
        }
    }
    EXPECT_GE(found.size(), 18U);
}

}  // namespace
}  // namespace townd
