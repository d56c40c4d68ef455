// `townd stand-in`: one stand-in container until a signal.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "app/commands.hpp"
#include "app/exit_codes.hpp"
#include "config/config.hpp"
#include "container/beast_client.hpp"
#include "standin/container.hpp"
#include "sys/system_clock.hpp"

namespace townd::app {
namespace {

// Reads one option; says what is wrong with it.
bool read_time(const char* name, const std::string& text, duration& into) {
    const auto parsed = config::parse_duration(text);
    if (parsed.value) {
        into = *parsed.value;
        return true;
    }
    std::fprintf(stderr, "townd stand-in: --%s: %s\n", name, parsed.problem.c_str());
    return false;
}

bool read_behaviour(const std::string& text, standin::behaviour& into) {
    if (const auto parsed = standin::parse_behaviour(text)) {
        into = *parsed;
        return true;
    }
    std::fprintf(stderr, "townd stand-in: '%s' is no behaviour; see --help\n", text.c_str());
    return false;
}

bool read(const stand_in_options& from, standin::options& into) {
    into.listen = from.listen;
    into.start_log = from.start_log;
    into.fail_work = from.fail_work;
    into.naive = from.naive;
    into.triage_action = from.triage_action;
    bool good = read_behaviour(from.behaviour, into.mode);
    good = read_time("work-time", from.work_time, into.work_time) && good;
    good = read_time("review-time", from.review_time, into.review_time) && good;
    good = read_time("heartbeat", from.heartbeat_every, into.heartbeat_every) && good;
    good = read_time("late-by", from.late_by, into.late_by) && good;
    good = read_time("die-after", from.die_after, into.die_after) && good;
    good = read_time("drain-time", from.drain_time, into.drain_time) && good;
    good = read_time("replace-time", from.replace_time, into.replace_time) && good;
    for (const auto& text : from.roles) {
        const auto cut = text.find('=');
        standin::behaviour mode = standin::behaviour::ok;
        if (cut == std::string::npos) {
            std::fprintf(stderr, "townd stand-in: --role: write ROLE=BEHAVIOUR, not '%s'\n",
                         text.c_str());
            good = false;
        } else if (read_behaviour(text.substr(cut + 1), mode)) {
            into.by_role[text.substr(0, cut)] = mode;
        } else {
            good = false;
        }
    }
    return good;
}

}  // namespace

int stand_in(const stand_in_options& options) {
    standin::options wanted;
    if (!read(options, wanted)) return exit_usage;
    std::signal(SIGPIPE, SIG_IGN);
    const sys::system_clock clock;
    boost::asio::io_context io{1};
    auto client = container::make_beast_client(io, {});
    auto started = standin::container::start(io, clock, *client, wanted);
    if (!started) {
        std::fprintf(stderr, "townd stand-in: %s\n", started.error().what.c_str());
        return exit_unavailable;
    }
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
    std::printf("stand-in container (%s) on %s\n", options.behaviour.c_str(),
                (*started)->url().c_str());
    std::fflush(stdout);
    io.run();
    return exit_ok;
}

}  // namespace townd::app
