#include "debug/bundle.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "debug/archive.hpp"
#include "debug/overview.hpp"
#include "debug/redaction.hpp"
#include "debug/replies.hpp"

namespace townd::debug {
namespace {

constexpr std::size_t towns_max = 20;

struct section {
    std::string path;
    std::string name;
    std::map<std::string, std::string, std::less<>> query;
};

std::string name_of(std::string_view path) {
    std::string out{path.substr(std::string_view{"/debug/v1/"}.size())};
    std::replace(out.begin(), out.end(), '/', '_');
    return out.ends_with(".json") ? out : out + ".json";
}

// These want a town.
bool wants_more(std::string_view pattern) {
    return pattern == "/debug/v1/agents" || pattern == "/debug/v1/attempts" ||
           pattern == "/debug/v1/explain";
}

// What is small and says most comes first; the towns come last, the worst before others.
std::vector<section> sections_of(const face& f) {
    std::vector<section> out{{"/version", "version.json", {}}, {"/metrics", "metrics.txt", {}}};
    for (const auto& route : route_table()) {
        const bool plain = route.pattern.find(':') == std::string_view::npos;
        if (route.method != "GET" || !plain || !route.gives.ends_with("json")) continue;
        if (wants_more(route.pattern)) continue;
        section part{std::string{route.pattern}, name_of(route.pattern), {}};
        if (route.is_list) part.query["limit"] = std::to_string(page_limit_max);
        if (route.pattern == "/debug/v1/logs") part.query["limit"] = "2000";
        out.push_back(std::move(part));
    }
    auto towns = f.fleet.summaries();
    sort_worst_first(towns);
    for (std::size_t i = 0; i < std::min(towns.size(), towns_max); ++i)
        out.push_back(
            {"/debug/v1/towns/" + towns[i]->id, "towns/" + std::to_string(i + 1) + ".json", {}});
    return out;
}

// Never longer than there is room.
std::string cut_to(std::string body, std::size_t room) {
    if (body.size() <= room) return body;
    const std::string mark = "\n[cut, " + std::to_string(body.size()) + " bytes]\n";
    body.resize(room > mark.size() ? room - mark.size() : 0);
    return body + mark;
}

class job : public std::enable_shared_from_this<job> {
public:
    job(const http::router& router, shared_face f, http::request call, http::responder reply)
        : router_(router),
          face_(std::move(f)),
          call_(std::move(call)),
          reply_(std::move(reply)),
          sections_(sections_of(*face_)),
          file_(face_->now()) {}

    void next() {
        if (at_ == sections_.size()) return finish();
        const auto& part = sections_[at_];
        http::request ask;
        ask.method = "GET";
        ask.path = part.path;
        ask.query = part.query;
        ask.peer = call_.peer;
        ask.from_socket = call_.from_socket;
        if (const auto shown = call_.header("authorization"); !shown.empty())
            ask.headers["authorization"] = shown;  // The gate asks each section for it again.
        router_.dispatch(std::move(ask), [self = shared_from_this()](const http::response& got) {
            self->take(got);
            self->next();
        });
    }

private:
    void take(const http::response& got) {
        const auto& part = sections_[at_++];
        std::string body;
        if (auto parsed = got.content_type.starts_with("text/") ? result<json>{failure{}}
                                                                : parse_json(got.body)) {
            redact(*parsed);
            body = dump_json(*parsed, 1) + "\n";
        } else {
            body = without_secrets(got.body);
        }
        for (const auto* token : {&face_->options.write_token, &face_->options.read_token}) {
            if (!*token || (*token)->empty()) continue;
            for (auto at = body.find(**token); at != std::string::npos; at = body.find(**token))
                body.replace(at, (*token)->size(), "****");
        }
        const auto left = bundle_bytes_max - std::min(bundle_bytes_max, file_.size() + 1024);
        file_.add("townd-bundle/" + part.name,
                  cut_to(std::move(body), std::min(left, bundle_part_bytes_max)));
    }

    void finish() {
        const auto packed = file_.compressed();
        if (!packed) return reply_(problem(call_, packed.error()));
        http::response out;
        out.content_type = "application/zstd";
        out.body = *packed;
        std::string at = to_rfc3339(face_->now()).substr(0, 19);
        at.erase(std::remove_if(at.begin(), at.end(), [](char c) { return c == ':' || c == '-'; }),
                 at.end());
        out.headers.emplace_back("Content-Disposition",
                                 "attachment; filename=\"townd-bundle-" + at + "Z.tar.zst\"");
        reply_(std::move(out));
    }

    const http::router& router_;
    shared_face face_;
    http::request call_;
    http::responder reply_;
    std::vector<section> sections_;
    archive file_;
    std::size_t at_ = 0;
};

}  // namespace

http::handler make_bundle(const http::router& router, const shared_face& f) {
    const auto busy = std::make_shared<std::atomic<bool>>(false);
    return [&router, f, busy](http::request call, http::responder reply) {
        if (busy->exchange(true))
            return reply(problem(call, 503, "overloaded",
                                 "another bundle is being made: try again in a few seconds"));
        // Also when the answer is dropped: the flag falls with the last owner of the reply.
        const std::shared_ptr<void> free(nullptr, [busy](void*) { *busy = false; });
        std::make_shared<job>(
            router, f, std::move(call),
            [reply = std::move(reply), free](http::response answer) { reply(std::move(answer)); })
            ->next();
    };
}

}  // namespace townd::debug
