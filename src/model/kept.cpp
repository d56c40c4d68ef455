#include "model/kept.hpp"

#include <algorithm>

#include "json/json.hpp"
#include "store/kept.hpp"

namespace townd::model {
namespace {

// Bytes that JSON gives back as they are: valid UTF-8 would be too, but is not looked for.
bool ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}
bool ascii_if_any(const std::optional<std::string>& text) noexcept {
    return !text || ascii(std::string_view{*text});
}

// And are one byte each in the JSON text.
bool unescaped(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
    });
}

// A count of units that survives as a fraction of seconds.
bool exact(std::int64_t count) noexcept {
    constexpr std::int64_t far = std::int64_t{1} << 40;
    return count > -far && count < far;
}

}  // namespace

instant kept_time(instant at) {
    constexpr std::int64_t surely_before_year_9999 = std::int64_t{1} << 47;
    const auto ms = unix_ms(at);
    if (ms >= 0 && ms < surely_before_year_9999) return at;
    return parse_time(to_rfc3339(at)).value_or(instant{});
}

std::optional<instant> kept_time(const std::optional<instant>& at) {
    if (!at) return std::nullopt;
    return kept_time(*at);
}

instant kept_meta_time(instant at) noexcept {
    const auto ms = unix_ms(at);
    return ms < 0 || ms / 10 > std::int64_t{1} << 56 ? instant{} : at;
}

kept_labels_result kept_labels(const std::vector<std::string>& labels) {
    if (std::all_of(labels.begin(), labels.end(),
                    [](const std::string& each) { return unescaped(each); })) {
        std::size_t bytes = 2;  // [] and for each "", and commas between.
        for (const auto& each : labels)
            bytes += each.size() + 3;
        return {labels, labels.empty() ? bytes : bytes - 1};
    }
    const auto text = store::labels_text(labels);
    kept_labels_result out{{}, text.size()};
    if (!store::read_labels(text, out.labels)) out.labels.clear();
    return out;
}

dispatch_error kept_error(const dispatch_error& error) {
    const bool plain = error.message().front() != ' ' && ascii(error.message()) &&
                       ascii_if_any(error.body_excerpt) && ascii_if_any(error.container_phase) &&
                       ascii_if_any(error.error_type) && ascii_if_any(error.action) &&
                       ascii(error.endpoint) &&
                       (!error.retry_after || exact(error.retry_after->count()));
    if (plain) return error;
    const auto read = parse_json(dump_json(to_json(error, "")));
    return read ? error_from_json(*read) : error;
}

std::vector<phase_timing> kept_phases(const std::vector<phase_timing>& phases) {
    if (std::all_of(phases.begin(), phases.end(), [](const phase_timing& each) {
            return ascii(each.name) && exact(each.took.count());
        }))
        return phases;
    const auto read = parse_json(dump_json(to_json(phases)));
    return read ? phases_from_json(*read) : phases;
}

std::vector<admission> kept_admissions(const std::vector<admission>& admissions) {
    if (std::all_of(admissions.begin(), admissions.end(),
                    [](const admission& each) { return ascii(each.key); }))
        return admissions;
    return store::admissions_from(store::admissions_text(admissions));
}

}  // namespace townd::model
