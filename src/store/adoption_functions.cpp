#include "store/adoption_functions.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "json/json.hpp"
#include "store/kept.hpp"
#include "townd/words/time.hpp"
#include "townd/words/town.hpp"

namespace townd::store {
namespace {

constexpr std::size_t kept_bytes_max = 4096;
constexpr std::int64_t first_unix_ms = 100'000'000'000;  // As seconds that is the year 5138.
constexpr std::int64_t last_unix_ms = 100'000'000'000'000;

struct meaning {
    std::string_view word;
    std::string_view means;
};
constexpr std::array status_words{meaning{"done", "closed"},
                                  meaning{"completed", "closed"},
                                  meaning{"complete", "closed"},
                                  meaning{"merged", "closed"},
                                  meaning{"landed", "closed"},
                                  meaning{"resolved", "closed"},
                                  meaning{"cancelled", "closed"},
                                  meaning{"canceled", "closed"},
                                  meaning{"tombstone", "closed"},
                                  meaning{"error", "failed"},
                                  meaning{"errored", "failed"},
                                  meaning{"pending", "open"},
                                  meaning{"todo", "open"},
                                  meaning{"new", "open"},
                                  meaning{"ready", "open"},
                                  meaning{"queued", "open"},
                                  meaning{"reopened", "open"},
                                  meaning{"blocked", "open"},
                                  meaning{"working", "in_progress"},
                                  meaning{"hooked", "in_progress"},
                                  meaning{"active", "in_progress"},
                                  meaning{"inprogress", "in_progress"},
                                  meaning{"assigned", "in_progress"},
                                  meaning{"claimed", "in_progress"},
                                  meaning{"running", "in_progress"},
                                  meaning{"review", "in_review"},
                                  meaning{"reviewing", "in_review"},
                                  meaning{"inreview", "in_review"}};
constexpr std::array type_words{meaning{"task", "issue"},
                                meaning{"bug", "issue"},
                                meaning{"feature", "issue"},
                                meaning{"chore", "issue"},
                                meaning{"epic", "issue"},
                                meaning{"story", "issue"},
                                meaning{"mr", "merge_request"},
                                meaning{"mergerequest", "merge_request"},
                                meaning{"pull_request", "merge_request"},
                                meaning{"mail", "message"},
                                meaning{"note", "message"}};
constexpr std::array priority_words{meaning{"p0", "critical"},     meaning{"0", "critical"},
                                    meaning{"urgent", "critical"}, meaning{"highest", "critical"},
                                    meaning{"p1", "high"},         meaning{"1", "high"},
                                    meaning{"p2", "medium"},       meaning{"2", "medium"},
                                    meaning{"normal", "medium"},   meaning{"p3", "low"},
                                    meaning{"3", "low"},           meaning{"p4", "low"},
                                    meaning{"4", "low"},           meaning{"lowest", "low"},
                                    meaning{"none", "low"}};

std::string_view text_of(sqlite3_value* value) {
    const auto* text =
        static_cast<const char*>(static_cast<const void*>(sqlite3_value_text(value)));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void answer(sqlite3_context* to, std::string_view text) {
    sqlite3_result_text64(to, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// A number that a TEXT column holds is a text of digits.
std::optional<std::int64_t> unix_time(std::string_view text) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{} || number < 1'000'000'000 || number > last_unix_ms)
        return std::nullopt;
    const auto rest = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
    if (!rest.empty() && rest.front() != '.') return std::nullopt;
    return number < first_unix_ms ? number * 1000 : number;
}

void time_of(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    auto at = parse_time(text_of(*of));
    if (!at)
        if (const auto ms = unix_time(text_of(*of))) at = from_unix_ms(*ms);
    if (at) answer(to, to_rfc3339(*at));
}

// Lower case, without blanks at its ends, `_` for `-` and blank.
std::string plain_word(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 40)) {
        const bool upper = c >= 'A' && c <= 'Z';
        out += upper ? static_cast<char>(c - 'A' + 'a') : c == '-' || c == ' ' ? '_' : c;
    }
    const auto first = out.find_first_not_of("_\t\r\n");
    if (first == std::string::npos) return {};
    return out.substr(first, out.find_last_not_of("_\t\r\n") - first + 1);
}

template <class Parse>
void word_of(sqlite3_context* to, sqlite3_value* of, std::span<const meaning> known, Parse parse) {
    const auto word = plain_word(text_of(of));
    if (parse(word)) return answer(to, word);
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const meaning& each) { return each.word == word; });
    if (found != known.end()) answer(to, found->means);
}

void status_of(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    word_of(to, *of, status_words, parse_bead_status);
}
void type_of(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    word_of(to, *of, type_words, parse_bead_type);
}
void priority_of(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    word_of(to, *of, priority_words, parse_bead_priority);
}

void is_labels(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    std::vector<std::string> ignored;
    sqlite3_result_int(to, read_labels(text_of(*of), ignored) ? 1 : 0);
}

void is_object(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    const auto text = text_of(*of);
    if (text == "{}") return sqlite3_result_int(to, 1);
    const auto read = parse_json(text);
    sqlite3_result_int(to, read && read->is_object() ? 1 : 0);
}

void is_json(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    sqlite3_result_int(to, parse_json(text_of(*of)) ? 1 : 0);
}

// A hold must hold, however it was written: the words of the original's labels are looked for.
void labels_of(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    std::vector<std::string> out;
    const auto text = text_of(*of);
    if (const auto list = parse_json(text); list && list->is_array()) {
        for (const auto& item : *list)
            if (item.is_string()) out.push_back(item.get<std::string>());
        return answer(to, labels_text(out));
    }
    constexpr std::string_view ends = " \t\r\n,;\"'[]{}()";
    for (auto at = text.find("gt:"); at != std::string_view::npos; at = text.find("gt:", at)) {
        const auto end = std::min(text.find_first_of(ends, at), text.size());
        const bool begins = at == 0 || ends.find(text[at - 1]) != std::string_view::npos;
        if (begins && out.size() < 20)
            out.emplace_back(text.substr(at, std::min<std::size_t>(end - at, 80)));
        at = end;
    }
    answer(to, labels_text(out));
}

void keep(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    auto read = parse_json(text_of(of[0]));
    json metadata = read && read->is_object() ? *std::move(read) : json::object();
    auto& adopted = metadata["adopted"];
    if (!adopted.is_object()) adopted = json::object();
    adopted[std::string{text_of(of[1])}] = cut_text(text_of(of[2]), kept_bytes_max);
    answer(to, dump_json(metadata));
}

void cut(sqlite3_context* to, int /*count*/, sqlite3_value** of) {
    if (sqlite3_value_type(of[0]) == SQLITE_NULL) return;
    answer(to, cut_text(text_of(of[0]), static_cast<std::size_t>(sqlite3_value_int64(of[1]))));
}

using implementation = void (*)(sqlite3_context*, int, sqlite3_value**);

// No exception may cross SQLite's C frames.
template <implementation Work>
void guarded(sqlite3_context* to, int count, sqlite3_value** of) {
    try {
        Work(to, count, of);
    } catch (const std::exception& e) {
        sqlite3_result_error(to, e.what(), -1);
    }
}

template <implementation Work>
void add(SQLite::Database& database, const char* name, int arguments) {
    const int rc = sqlite3_create_function_v2(database.getHandle(), name, arguments,
                                              SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                              guarded<Work>, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) throw SQLite::Exception(database.getHandle(), rc);
}

}  // namespace

void add_adoption_functions(SQLite::Database& database) {
    add<time_of>(database, "adopt_time", 1);
    add<status_of>(database, "adopt_status", 1);
    add<type_of>(database, "adopt_type", 1);
    add<priority_of>(database, "adopt_priority", 1);
    add<is_labels>(database, "adopt_is_labels", 1);
    add<is_object>(database, "adopt_is_object", 1);
    add<is_json>(database, "adopt_is_json", 1);
    add<labels_of>(database, "adopt_labels", 1);
    add<keep>(database, "adopt_keep", 3);
    add<cut>(database, "adopt_cut", 2);
}

}  // namespace townd::store
