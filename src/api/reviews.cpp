// The review queue: merge requests of a rig.

#include "api/fields.hpp"
#include "api/handlers.hpp"
#include "town/callbacks.hpp"

namespace townd::api {
namespace {

constexpr std::size_t commit_letters_max = 64;

std::optional<town::review_verdict> parse_verdict(std::string_view text) {
    if (text == "merged") return town::review_verdict::merged;
    if (text == "failed") return town::review_verdict::failed;
    if (text == "conflict") return town::review_verdict::conflict;
    return std::nullopt;
}

result<json> submit(town::context& ctx, const rig_id& rig, const agent_id& by, const bead_id& id,
                    const town::done_report& report) {
    if (auto home = rig_at(ctx, rig); !home) return home.error();
    if (auto a = agent_at(ctx, rig, by); !a) return a.error();
    auto work = bead_at(ctx, rig, id);
    if (!work) return work.error();
    if (work->type != bead_type::issue)
        return failure{errc::conflict, "bead " + id + " is no issue: only issues are reviewed"};
    if (is_terminal(work->status))
        return failure{errc::conflict, "bead " + id + " is " + std::string{to_text(work->status)}};
    town::make_merge_request(ctx, *work, by, report);
    town::set_status(ctx, *work, bead_status::in_review, "", by);
    json out;
    out["submitted"] = true;
    return settled(ctx, std::move(out));
}

}  // namespace

void submit_review(const face& self, call c) {
    fields in(c.body);
    const auto by = in.text("agent_id");
    const auto id = in.text("bead_id");
    town::done_report report;
    report.branch = in.text("branch", branch_letters_max);
    report.pr_url = in.optional_text("pr_url", url_letters_max);
    report.summary = in.optional_text("summary");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    if (auto own = speaks_as(c.who, by); !own) return c.reply(refusal(own.error()));
    write(self, std::move(c), 201,
          [rig = c.rig(), by, id, report](town::context& ctx) -> result<json> {
              return submit(ctx, rig, by, id, report);
          });
}

void complete_review(const face& self, call c) {
    fields in(c.body);
    const auto entry = c.request.param("entry");
    const auto named = in.optional_text("entry_id");
    const auto said = in.choice("status", parse_verdict, "merged, failed, conflict");
    const auto message = in.optional_text("message").value_or("");
    const auto commit = in.optional_text("commit_sha", commit_letters_max);
    if (named && *named != entry) in.add("entry_id", "Is not the entry of the path");
    if (!in.sound()) return c.reply(invalid_body(in.issues()));
    write(self, std::move(c), 200,
          [rig = c.rig(), entry, said, message, commit](town::context& ctx) -> result<json> {
              if (auto request = bead_at(ctx, rig, entry); !request) return request.error();
              auto done = town::review_completed(ctx, entry, *said, message, commit);
              if (!done) return done.error();
              json out;
              out["completed"] = true;
              return settled(ctx, std::move(out));
          });
}

}  // namespace townd::api
