#include "debug/assets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "debug/replies.hpp"

namespace townd::debug {
namespace {

std::string hash_of_all() {
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a.
    const auto add = [&hash](std::string_view text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        hash = (hash ^ 0xFFU) * 0x100000001b3U;
    };
    for (const auto& each : shipped_assets()) {
        add(each.name);
        add(each.text);
    }
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
    return text.data();
}

const std::string& hash() {
    static const std::string known = hash_of_all();
    return known;
}

std::string_view type_of(std::string_view name) {
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    return "text/plain; charset=utf-8";
}

}  // namespace

const std::string& assets_path() {
    static const std::string path = "/debug/assets/" + hash() + "/";
    return path;
}

http::response asset_answer(const http::request& call) {
    const auto& all = shipped_assets();
    const std::string name = call.param("file");
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const asset& a) { return a.name == name; });
    if (found == all.end() || call.param("hash") != hash())
        return problem(call, 404, "not_found", "no such file: load the page again");
    http::response answer;
    answer.content_type = type_of(name);
    answer.body = found->text;
    answer.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
    return answer;
}

}  // namespace townd::debug
