#include "json/json.hpp"

#include <cmath>

namespace townd {
namespace {

// nlohmann's own SAX builder with a depth bound in front.
class bounded_builder : public nlohmann::detail::json_sax_dom_parser<json> {
    using base = nlohmann::detail::json_sax_dom_parser<json>;

public:
    explicit bounded_builder(json& into) : base(into, false) {}

    bool start_object(std::size_t elements) { return deeper() && base::start_object(elements); }
    bool start_array(std::size_t elements) { return deeper() && base::start_array(elements); }
    bool end_object() {
        --depth_;
        return base::end_object();
    }
    bool end_array() {
        --depth_;
        return base::end_array();
    }
    template <class Error>
    bool parse_error(std::size_t position, const std::string&, const Error& error) {
        // "[json.exception.parse_error.101] parse error at line 1, column 4: ..." -> from "at
        // line".
        const std::string_view text = error.what();
        const auto at = text.find("at line");
        why = at == std::string_view::npos ? "at byte " + std::to_string(position)
                                           : std::string{text.substr(at)};
        return false;
    }

    std::string why;

private:
    bool deeper() {
        if (++depth_ <= json_depth_max) return true;
        why = "nested deeper than " + std::to_string(json_depth_max) + " levels";
        return false;
    }
    int depth_ = 0;
};

template <class T>
json or_null(const std::optional<T>& value) {
    if (!value) return nullptr;
    return *value;
}

}  // namespace

result<json> parse_json(std::string_view text) {
    json root;
    try {
        bounded_builder builder(root);
        if (json::sax_parse(text.begin(), text.end(), &builder)) return root;
        return failure{errc::invalid, "not JSON: " + clean_text(builder.why, 300)};
    } catch (const std::exception& e) {
        return failure{errc::invalid, "not JSON: " + clean_text(e.what(), 300)};
    }
}

std::string dump_json(const json& value, int indent) {
    return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

json object_in(std::string_view text) {
    auto parsed = parse_json(text);
    return parsed && parsed->is_object() ? *std::move(parsed) : json::object();
}

std::optional<std::string> text_at(const json& object, std::string_view key) {
    if (!object.is_object()) return std::nullopt;
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

std::optional<std::int64_t> number_at(const json& object, std::string_view key) {
    if (!object.is_object()) return std::nullopt;
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

json to_json(const dispatch_error& error, std::string_view role) {
    json out;
    out["code"] = to_text(error.code());
    out["phase"] = to_text(error.phase());
    out["message"] = error.message();
    out["blame"] = to_text(error.who);
    out["level"] = to_text(error.level);
    out["retryable"] = error.retryable;
    out["http_status"] = or_null(error.http_status);
    out["errno"] = or_null(error.sys_errno);
    out["retry_after_seconds"] =
        error.retry_after ? json(to_seconds(*error.retry_after)) : json(nullptr);
    out["body_excerpt"] = or_null(error.body_excerpt);
    out["body_truncated"] = error.body_truncated;
    out["container_phase"] = or_null(error.container_phase);
    out["error_type"] = or_null(error.error_type);
    out["action"] = or_null(error.action);
    out["upstream_status"] = or_null(error.upstream_status);
    out["endpoint"] = error.endpoint.empty() ? json(nullptr) : json(error.endpoint);
    out["fingerprint"] = error.fingerprint(role);
    return out;
}

dispatch_error error_from_json(const json& object) {
    const auto code = parse_error_code(text_at(object, "code").value_or(""));
    const auto phase = parse_error_phase(text_at(object, "phase").value_or(""));
    const auto message = text_at(object, "message");
    if (!code || !phase || !message)
        return {error_code::unknown, error_phase::decode, blame::unknown,
                "stored error that cannot be read: " + dump_json(object)};
    dispatch_error out{*code, *phase,
                       parse_blame(text_at(object, "blame").value_or("")).value_or(blame::unknown),
                       *message};
    out.level =
        parse_charge_level(text_at(object, "level").value_or("")).value_or(charge_level::none);
    const auto retryable = object.find("retryable");
    out.retryable = retryable == object.end() || !retryable->is_boolean() || retryable->get<bool>();
    const auto integer = [&](const char* key) -> std::optional<int> {
        const auto value = number_at(object, key);
        if (!value) return std::nullopt;
        return static_cast<int>(*value);
    };
    out.http_status = integer("http_status");
    out.sys_errno = integer("errno");
    out.upstream_status = integer("upstream_status");
    const auto wait = object.find("retry_after_seconds");
    if (wait != object.end() && wait->is_number())
        out.retry_after = duration{std::llround(wait->get<double>() * 1000)};
    out.body_excerpt = text_at(object, "body_excerpt");
    const auto cut = object.find("body_truncated");
    out.body_truncated = cut != object.end() && cut->is_boolean() && cut->get<bool>();
    out.container_phase = text_at(object, "container_phase");
    out.error_type = text_at(object, "error_type");
    out.action = text_at(object, "action");
    out.endpoint = text_at(object, "endpoint").value_or("");
    return out;
}

json to_json(const std::vector<phase_timing>& phases) {
    json out = json::array();
    for (const auto& phase : phases) {
        json item;
        item["name"] = phase.name;
        item["seconds"] = static_cast<double>(phase.took.count()) / 1e6;
        item["failed"] = phase.failed;
        out.push_back(std::move(item));
    }
    return out;
}

std::vector<phase_timing> phases_from_json(const json& list) {
    std::vector<phase_timing> out;
    if (!list.is_array()) return out;
    for (const auto& item : list) {
        if (!item.is_object()) continue;
        phase_timing phase;
        phase.name = text_at(item, "name").value_or("");
        const auto seconds = item.find("seconds");
        if (seconds != item.end() && seconds->is_number())
            phase.took = std::chrono::microseconds{std::llround(seconds->get<double>() * 1e6)};
        const auto failed = item.find("failed");
        phase.failed = failed != item.end() && failed->is_boolean() && failed->get<bool>();
        out.push_back(std::move(phase));
    }
    return out;
}

}  // namespace townd
