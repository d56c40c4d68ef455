#include "standin/start_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace townd::standin {
namespace {

json null_when_empty(std::string_view text) {
    if (text.empty()) return nullptr;
    return text;
}

std::string line_of(instant at, std::string_view event, const start_request& what,
                    std::string_view reason) {
    json line{{"t", unix_ms(at)}, {"event", event}, {"agent", what.agent}, {"role", what.role}};
    line["bead"] = null_when_empty(what.bead.value_or(std::string{}));
    line["dispatch"] = null_when_empty(what.dispatch);
    line["attempt"] = nullptr;
    if (what.attempt) line["attempt"] = *what.attempt;
    line["town"] = what.town;
    line["reason"] = null_when_empty(reason);
    return dump_json(line) + "\n";
}

failure log_failure(std::string_view doing, const std::string& path, int error) {
    return {errc::storage, "cannot " + std::string{doing} + " the start log " + path + ": " +
                               std::generic_category().message(error) + "; name a writable file"};
}

}  // namespace

start_log::~start_log() {
    if (file_ >= 0) ::close(file_);
}

result<void> start_log::open(const std::string& path) {
    if (path.empty()) return {};
    path_ = path;
    // O_APPEND: each write lands whole at the end, also beside another process's.
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file_ < 0) return log_failure("open", path, errno);
    return {};
}

result<void> start_log::write(instant at, std::string_view event, const start_request& what,
                              std::string_view reason) {
    if (file_ < 0) return {};
    const std::string line = line_of(at, event, what, reason);
    const auto written = ::write(file_, line.data(), line.size());
    if (written < 0) return log_failure("write", path_, errno);
    if (static_cast<std::size_t>(written) != line.size()) {
        return log_failure("write whole lines to", path_, ENOSPC);
    }
    return {};
}

}  // namespace townd::standin
