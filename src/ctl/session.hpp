#pragma once
// One run of townctl: where the daemon is, what it answers, and how the run ends.

#include <optional>
#include <string>
#include <utility>

#include "ctl/call.hpp"
#include "ctl/find_daemon.hpp"
#include "json/json.hpp"

namespace townd::ctl {

/// Why a command cannot go on, and the exit code that says so.
struct trouble {
    trouble() = default;
    trouble(int exit_code, std::string text, std::string answered)
        : code(exit_code), what(std::move(text)), body(std::move(answered)) {}
    int code = 1;
    std::string what;
    std::string body;  ///< What the daemon answered, when it did.
};
[[noreturn]] void throw_exception_from_error(const trouble& e, const boost::source_location&);

template <class T>
using outcome = boost::system::result<T, trouble>;

/// A reply that is a success, as it came and as it reads.
struct answer {
    std::string text;
    json value;
};

class session {
public:
    explicit session(settings given) : given_(std::move(given)) {}

    [[nodiscard]] const settings& given() const { return given_; }
    /// The answer of a 2xx; the daemon is looked for at the first call.
    [[nodiscard]] outcome<std::string> ask(const call& what);
    /// The same, parsed.
    [[nodiscard]] outcome<answer> get(const std::string& target);
    [[nodiscard]] outcome<answer> post(const std::string& target, const json& body);
    /// Without looking at the status.
    [[nodiscard]] outcome<reply> ask_any(const call& what);
    [[nodiscard]] outcome<reply> stream(const call& what, const part_taker& take);

    /// The id of the town that was meant: by its id, a unique start of it, or its exact name.
    [[nodiscard]] outcome<std::string> town(const std::string& named);
    [[nodiscard]] bool over_socket() const { return place_ && !place_->socket.empty(); }

    /// Tells on standard error, with the answer on standard output when JSON was asked for.
    [[nodiscard]] int fail(const trouble& why) const;

private:
    [[nodiscard]] outcome<void> find(bool writes);

    settings given_;
    std::optional<place> place_;
};

/// On standard error, after the program's name.
int complain(const std::string& what, int code);
[[nodiscard]] int code_of_status(int status);
/// What the daemon says of a call that it did not do; a line for each of its errors.
[[nodiscard]] std::string refusal_text(const reply& got);

}  // namespace townd::ctl
