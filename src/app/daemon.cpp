#include "app/daemon.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "api/api.hpp"
#include "app/background.hpp"
#include "app/engine_settings.hpp"
#include "app/exit_codes.hpp"
#include "app/gauges.hpp"
#include "app/kept_page.hpp"
#include "app/live_config.hpp"
#include "app/log_view.hpp"
#include "app/secrets.hpp"
#include "app/user_names.hpp"
#include "app/version.hpp"
#include "container/beast_client.hpp"
#include "debug/debug.hpp"
#include "engine/chronicle.hpp"
#include "engine/journal_pair.hpp"
#include "engine/town_fleet.hpp"
#include "http/server.hpp"
#include "store/data_dir.hpp"
#include "sys/ids.hpp"
#include "sys/journal.hpp"
#include "sys/limits.hpp"
#include "sys/notify.hpp"
#include "sys/program_runner.hpp"
#include "sys/system_clock.hpp"

namespace townd::app {
namespace {

namespace asio = boost::asio;

// An io_context with the one thread that runs it.
class io_thread {
public:
    void start() {
        thread_ = std::thread([this] {
            for (;;) {
                try {
                    io.run();
                    return;
                } catch (const std::exception& e) {
                    // Nothing may end the loop but stop(): what threw has lost its own request.
                    sys::log_line(sys::log_level::error, "io_exception", e.what());
                }
            }
        });
    }
    void stop() {
        guard_.reset();
        io.stop();
        if (thread_.joinable()) thread_.join();
    }
    ~io_thread() { stop(); }

    asio::io_context io{1};

private:
    asio::executor_work_guard<asio::io_context::executor_type> guard_{io.get_executor()};
    std::thread thread_;
};

class running_daemon final : public daemon {
public:
    running_daemon(config::settings settings, store::data_dir files, std::string banner,
                   config::sources from)
        : settings_(std::move(settings)),
          banner_(std::move(banner)),
          from_(std::move(from)),
          files_(std::move(files)),
          counts_(version, revision),
          journal_(clock_, counts_),
          history_(clock_),
          told_(journal_, history_) {}

    ~running_daemon() override { stop(duration{0}); }

    result<void> begin() {
        auto secrets = read_secrets(settings_, files_.path());
        if (!secrets) return secrets.error();
        secrets_ = std::move(*secrets);
        client_ = container::make_beast_client(
            client_io_.io, {settings_.containers.ca_file ? settings_.containers.ca_file->string()
                                                         : std::string{}});
        if (const auto bound = bind(); !bound) return bound.error();
        if (const auto started = start_towns(); !started) return started.error();
        log_level_.configure(sys::log_level_now());
        background_.start();
        client_io_.start();
        server_io_.start();
        for (auto* server : {api_.get(), socket_.get(), debug_.get(), orders_.get()})
            if (server != nullptr) server->start();
        sys::log_line(sys::log_level::info, "started",
                      "town API on http://" + api_->address() + ", pages on http://" +
                          debug_->address() + "/debug/, data in " + files_.path().string());
        return {};
    }

    // The manager is told in any case, so that it never waits for a reload that a page asked for.
    json reload(bool dry_run) override {
        if (dry_run) return live_->reload(true);
        const bool told = ready();  // READY says that the first ticks are done.
        if (told) sys::notify_reloading();
        json said = live_->reload(false);
        counts_.config_reloaded(said["ok"] == true);
        for (const auto& text : said["errors"])
            journal_.warn({}, "reload_refused", text.get<std::string>());
        for (const auto& text : said["warnings"])
            journal_.warn({}, "config_warning", text.get<std::string>());
        if (said["ok"] == true) tell_changes(said);
        if (told) sys::notify_ready(status_line());
        return said;
    }
    void look_at_files() override { live_->look(); }
    std::string status_line() const override { return live_->trouble() + verdict(); }

    void stop(duration patience) override {
        if (stopped_.exchange(true)) return;
        if (fleet_) {
            fleet_->stop_starts();
            // Answers that are on their way are better than unknowns; a town's tick is not waited
            // for.
            const instant until = clock_.now() + patience;
            while (fleet_->total().in_flight > 0 && clock_.now() < until)
                std::this_thread::sleep_for(duration{10});
        }
        for (auto* server : {api_.get(), socket_.get(), debug_.get(), orders_.get()})
            if (server != nullptr) server->stop();
        background_.stop();
        programs_.stop();
        if (fleet_) fleet_->stop();
        server_io_.stop();
        client_io_.stop();
        client_.reset();
        journal_.flush(true);
    }

    std::string api_address() const override { return api_->address(); }
    std::string debug_address() const override { return debug_->address(); }
    engine::fleet& towns() override { return *fleet_; }
    std::string verdict() const override { return fleet_->verdict(clock_.now()); }
    bool ready() const override { return fleet_->total().first_tick_done; }
    bool alive() const override {
        const auto total = fleet_->total();
        if (total.towns_late == 0) return true;
        const auto limit = std::max<duration>(5 * live_->tick_interval(), duration{5'000});
        return total.last_tick_at && clock_.now() - *total.last_tick_at < limit;
    }

private:
    result<void> bind() {
        http::server_options api;
        api.listen = settings_.api.listen;
        api.config_key = "api.listen";
        api.limits.body_bytes_max = 8 * 1024 * 1024;  // Agents' events are cut, not refused (E5).
        api.any_host = !secrets_.accept_all;          // A token stands in for the name then.
        if (settings_.api.public_url) api.hosts = {host_of(*settings_.api.public_url)};
        api.on_done = counter("api");
        auto bound = http::server::bind(server_io_.io, api, api_routes_);
        if (!bound) return bound.error();
        api_ = std::move(*bound);
        if (settings_.api.socket) {
            http::server_options local = api;
            local.listen = "unix:" + settings_.api.socket->string();
            local.config_key = "api.socket";
            local.any_host = true;
            auto socket = http::server::bind(server_io_.io, local, api_routes_);
            if (!socket) return socket.error();
            socket_ = std::move(*socket);
        }
        http::server_options pages;
        pages.listen = settings_.debug.listen;
        pages.config_key = "debug.listen";
        pages.limits.body_bytes_max = 64 * 1024;
        pages.limits.connections_max = 64;
        pages.refusal = debug::refusal;
        pages.on_done = counter("debug");
        auto debug = http::server::bind(server_io_.io, pages, debug_routes_);
        if (!debug) return debug.error();
        debug_ = std::move(*debug);
        return bind_orders(std::move(pages));
    }

    // The same pages on a unix socket, whose file's rights say who may give orders.
    result<void> bind_orders(http::server_options local) {
        std::error_code ignored;
        const auto path = settings_.ctl.socket.value_or(
            std::filesystem::absolute(files_.path() / "ctl.sock", ignored));
        local.listen = "unix:" + path.string();
        local.config_key = "ctl.socket";
        auto bound = http::server::bind(server_io_.io, local, debug_routes_);
        if (bound) {
            orders_ = std::move(*bound);
            return {};
        }
        if (settings_.ctl.socket) return bound.error();
        // Nobody asked for that place: a deep data directory must not keep the daemon from running.
        sys::log_line(sys::log_level::warn, "no_ctl_socket", bound.error().what);
        return {};
    }

    std::function<void(const http::request&, int, std::chrono::microseconds)> counter(
        std::string name) {
        return [this, name = std::move(name)](const http::request&, int status,
                                              std::chrono::microseconds took) {
            counts_.http_answered(name, status, took);
        };
    }

    result<void> start_towns() {
        api_url_ = settings_.api.public_url.value_or("http://" + api_->address());
        while (api_url_.ends_with('/'))
            api_url_.pop_back();
        auto first = engine_settings(settings_, secrets_.jwt_secret);
        first->api_url = api_url_;
        const auto files = sys::raise_file_limit();
        engine::fleet_options options;
        options.threads = settings_.towns.threads;
        // A town in WAL mode holds up to three descriptors; half of all stay for sockets.
        options.open_files_max = static_cast<int>(std::min<std::uint64_t>(files / 6, 100'000));
        options.durability =
            settings_.durable_full ? store::durability::full : store::durability::normal;
        options.history = &history_;
        options.run_command = [this](std::vector<std::string> words,
                                     std::function<void(result<void>)> done) {
            programs_.run(std::move(words), std::move(done));
        };
        fleet_ = std::make_unique<engine::town_fleet>(
            clock_, *client_, told_, files_,
            town::sources{sys::random_uuid, sys::random_unit,
                          [this] { return clock_.wall_seconds(); }},
            std::move(first), options);
        live_ = std::make_unique<live_config>(clock_, settings_,
                                              [this](const auto& next) { put_in_force(next); });
        live_->read_from(from_);
        started_at_ = clock_.now();

        api::api_options api;
        api.jwt_secret = secrets_.jwt_secret;
        api.api_token = secrets_.api_token;
        api.accept_all = secrets_.accept_all;
        api.wall_seconds = [this] { return clock_.wall_seconds(); };
        api.new_id = sys::random_uuid;
        api::add_routes(api_routes_, *fleet_, std::move(api));
        debug::add_routes(debug_routes_, *fleet_, debug_options());
        debug::add_fallbacks(debug_routes_);
        return fleet_->start();
    }

    debug::debug_options debug_options() {
        debug::debug_options out;
        out.clock = &clock_;
        out.history = &history_;
        out.streams = streams_;
        out.scrape_metrics = [this] {
            return page_.get(clock_.now(), [this] { return scrape(); });
        };
        out.config_keys = [this] { return live_->keys(); };
        out.runtime = [this] { return runtime_facts(*fleet_, started_at_, clock_.now()); };
        out.ready = [](std::string&) { return true; };
        out.banner = banner_;
        out.version = version;
        out.revision = revision;
        out.build_date = build_date;
        out.write_token = secrets_.debug_token;
        out.read_token = secrets_.debug_read_token;
        out.write_token_name = secrets_.debug_token_name;
        out.user_name = [this](std::uint32_t uid) { return users_.name_of(uid); };
        out.config_status = [this] { return live_->status(); };
        out.reload = [this](bool dry_run) { return reload(dry_run); };
        out.config_schema = config::json_schema;
        out.logs = log_lines;
        out.set_log_level = [this](const std::string& level, duration ttl) {
            return log_level_.lend(level, ttl);
        };
        out.machine = [this] { return machine_now(files_.path(), listeners()); };
        out.in_background = [this](std::function<void()> work) {
            return background_.post(std::move(work));
        };
        out.tick_interval = [this] { return live_->tick_interval(); };
        return out;
    }

    std::string scrape() {
        const instant now = clock_.now();
        const fleet_reading fleet{fleet_->summaries(), fleet_->operators(), fleet_->outages(),
                                  fleet_->figures(), now};
        set_gauges(counts_, fleet);
        const auto config = live_->facts();
        counts_.set_config(config.loaded_at, config.differs_from_disk, config.pending_restart);
        counts_.set_events(streams_->clients, static_cast<double>(streams_->dropped.load()));
        counts_.set_town_troubles(troubles_of(fleet.towns, config.per_town), config.per_town_limit,
                                  now);
        return counts_.scrape();
    }

    std::vector<std::string> listeners() const {
        return {api_ ? api_->address() : "", debug_ ? debug_->address() : ""};
    }

    void put_in_force(const config::settings& next) {
        auto in_force = engine_settings(next, secrets_.jwt_secret);
        // The address that containers call is bound to the listener, which a reload does not move.
        in_force->api_url = api_url_;
        fleet_->apply(std::move(in_force));
        if (const auto level = sys::parse_log_level(next.log.level)) log_level_.configure(*level);
    }

    static void tell_changes(const json& said) {
        std::string text = "configuration read again";
        for (const auto& each : said["changes"])
            text += "; " + each["key"].get<std::string>() + ": " + each["from"].get<std::string>() +
                    " -> " + each["to"].get<std::string>() +
                    (each["restart"] == true ? " needs a restart" : "");
        sys::log_line(sys::log_level::info, "reloaded", text);
    }

    static std::string host_of(std::string_view url) {
        const auto from = url.find("://");
        std::string_view rest = from == std::string_view::npos ? url : url.substr(from + 3);
        return std::string{rest.substr(0, rest.find('/'))};
    }

    config::settings settings_;
    const std::string banner_;
    const config::sources from_;
    store::data_dir files_;
    sys::system_clock clock_;
    sys::metrics counts_;
    sys::journal journal_;
    engine::chronicle history_;
    engine::journal_pair told_;
    std::shared_ptr<debug::stream_counts> streams_ = std::make_shared<debug::stream_counts>();
    kept_page page_;
    secrets secrets_;
    user_names users_;
    std::string api_url_;
    http::router api_routes_;
    http::router debug_routes_;
    log_level_loan log_level_;
    background background_;
    io_thread client_io_;
    io_thread server_io_;
    std::unique_ptr<container_port> client_;
    std::unique_ptr<engine::town_fleet> fleet_;
    sys::program_runner programs_;
    std::unique_ptr<http::server> api_;
    std::unique_ptr<http::server> socket_;
    std::unique_ptr<http::server> debug_;
    std::unique_ptr<http::server> orders_;
    std::atomic<bool> stopped_{false};
    instant started_at_{};

    std::unique_ptr<live_config> live_;
};

}  // namespace

result<std::unique_ptr<daemon>> daemon::start(config::settings settings, std::string banner,
                                              config::sources from) {
    auto files = store::data_dir::take(settings.data_dir);
    if (!files) return files.error();
    auto made = std::make_unique<running_daemon>(std::move(settings), std::move(*files),
                                                 std::move(banner), std::move(from));
    if (const auto begun = made->begin(); !begun) return begun.error();
    return std::unique_ptr<daemon>(std::move(made));
}

int exit_code_of(const failure& why) noexcept {
    switch (why.kind) {
        case errc::locked:
            return exit_locked;
        case errc::invalid:
        case errc::not_found:
        case errc::forbidden:
            return exit_config;
        case errc::unavailable:
        case errc::conflict:  // A listen address that another process holds.
            return exit_unavailable;
        default:
            return exit_failed;
    }
}

}  // namespace townd::app
