#pragma once
// What a forge knows of a merge request's pull request.
//
// Rules ask through this interface only, so that an adapter for a forge changes no rule. Where
// nobody can be asked, news come as events that others post (`pr_status_changed`).

#include <cstdint>
#include <functional>
#include <string>

namespace townd {

enum class pr_state : std::uint8_t { open, merged, closed };

/// Why there is no answer. Each kind has a patience of its own (incident row F11).
enum class pr_trouble : std::uint8_t {
    none,
    transient,         ///< 5xx, 429, timeout: asked again, ten times in a row at most.
    invalid_response,  ///< An answer that makes no sense: three times.
    permanent,         ///< No token, unknown address, refused: not asked again.
};

struct pr_answer {
    pr_state state = pr_state::open;
    bool awaiting_approval = false;  ///< A person is asked for a review.
    pr_trouble trouble = pr_trouble::none;
    std::string text;  ///< What the trouble is, one line; as `no_token: the town has none`.
};

class pull_requests {
public:
    virtual ~pull_requests() = default;
    /// Whether anybody can be asked at all. Constant.
    [[nodiscard]] virtual bool asks() const noexcept = 0;
    /// Asks about the pull request at `url`. `done` is called exactly once, on a thread of the
    /// implementation's own, within a minute. Never blocks, never throws; any thread may call.
    virtual void ask(std::string url, std::function<void(pr_answer)> done) = 0;
};

/// Asks nobody: pull requests are followed by events that are posted.
class no_forge final : public pull_requests {
public:
    [[nodiscard]] bool asks() const noexcept override { return false; }
    void ask(std::string /*url*/, std::function<void(pr_answer)> done) override {
        pr_answer nobody;
        nobody.trouble = pr_trouble::permanent;
        nobody.text = "no forge is configured";
        done(nobody);
    }
};

}  // namespace townd
