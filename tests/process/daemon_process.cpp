#include "process/daemon_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "process/http_client.hpp"

extern char** environ;

namespace townd::test {

namespace fs = std::filesystem;

scratch_dir::scratch_dir() {
    std::string name = (fs::temp_directory_path() / "townd-process-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
}

scratch_dir::~scratch_dir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

config_keys fast_config(const fs::path& data_dir, const config_keys& changes) {
    config_keys keys{{"data_dir", data_dir.string()},
                     {"durability", "normal"},
                     {"api.listen", "127.0.0.1:0"},
                     {"debug.listen", "127.0.0.1:0"},
                     {"reconciler.interval", "200ms"},
                     {"reconciler.idle_interval", "1s"},
                     {"towns.threads", "2"},
                     {"dispatch.connect_timeout", "1s"},
                     {"dispatch.start_timeout", "2s"},
                     {"dispatch.status_timeout", "1s"},
                     {"dispatch.survive_for", "300ms"},
                     {"dispatch.heartbeat_timeout", "3s"},
                     {"dispatch.retry_backoff", "200ms"},
                     {"dispatch.work_backoff", "200ms"},
                     {"dispatch.max_backoff", "1s"},
                     {"log.level", "info"},
                     {"log.format", "logfmt"}};
    keys["breaker.agent.open"] = "500ms";
    keys["breaker.agent.max_open"] = "2s";
    keys["breaker.agent.probe_timeout"] = "5s";
    keys["retry.first"] = "200ms";
    keys["retry.then"] = "500ms";
    keys["retry.max"] = "2s";
    keys["retry.per_hour"] = "10000";
    keys["retry.slow_after"] = "1s";
    keys["retry.relapse_within"] = "0s";
    for (const auto& [key, value] : changes)
        keys[key] = value;
    return keys;
}

std::string to_yaml(const config_keys& keys) {
    std::string out;
    std::vector<std::string> open;  // The sections that the last line was in.
    for (const auto& [key, value] : keys) {
        std::vector<std::string> parts;
        std::istringstream in{key};
        for (std::string part; std::getline(in, part, '.');)
            parts.push_back(part);
        for (std::size_t depth = 0; depth + 1 < parts.size(); ++depth) {
            if (depth < open.size() && open[depth] == parts[depth]) continue;
            open.resize(depth);
            open.push_back(parts[depth]);
            out += std::string(2 * depth, ' ') + parts[depth] + ":\n";
        }
        open.resize(parts.size() - 1);
        out += std::string(2 * open.size(), ' ') + parts.back() + ": " + value + "\n";
    }
    return out;
}

void write_file(const fs::path& file, const std::string& text) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::string read_file(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

bool wait_until(const std::function<bool()>& condition, duration patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        if (condition()) return true;
        if (std::chrono::steady_clock::now() >= end) return false;
        ::poll(nullptr, 0, 20);
    }
}

int free_port() {
    static std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<int> any{15'000, 32'000};
    for (int tries = 0; tries < 1'000; ++tries) {
        const int port = any(random);
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        const bool free =
            ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(fd);
        if (free) return port;
    }
    throw std::runtime_error("no free port");
}

std::string townd_binary() {
    const char* const named = std::getenv("TOWND_BINARY");
    return named != nullptr && *named != '\0' ? named : TOWND_BINARY;
}

namespace {

// What execve wants; the texts must outlive it.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& more) {
    std::vector<std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        if (more.count(text.substr(0, text.find('='))) == 0) out.push_back(text);
    }
    for (const auto& [name, value] : more)
        out.push_back(name + "=" + value);
    return out;
}

int open_for_output(const fs::path& file) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) throw std::runtime_error("cannot write " + file.string());
    return fd;
}

}  // namespace

child::child(plan what) : plan_(std::move(what)) {
    std::vector<std::string> words = plan_.arguments;
    words.insert(words.begin(), townd_binary());
    auto variables = environment_with(plan_.environment);
    const auto argv = pointers(words);
    const auto envp = pointers(variables);
    const int out = open_for_output(plan_.cwd / "stdout");
    const int err = open_for_output(plan_.cwd / "stderr");
    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) {
        // Only calls that are safe after a fork of a program with threads.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(in, STDIN_FILENO);  // Nobody is there to be asked.
        ::dup2(out, STDOUT_FILENO);
        ::dup2(err, STDERR_FILENO);
        ::close_range(3, ~0U, 0);
        if (::chdir(plan_.cwd.c_str()) == 0) ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(in);
    ::close(out);
    ::close(err);
}

child::~child() {
    if (!code_) {
        signal(SIGKILL);
        wait();
    }
}

void child::signal(int number) const {
    if (!code_) ::kill(pid_, number);
}

std::optional<int> child::wait(duration patience) {
    wait_until(
        [this] {
            int status = 0;
            if (code_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return code_.has_value();
            code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            return true;
        },
        patience);
    return code_;
}

daemon_process::daemon_process(config_keys changes, std::map<std::string, std::string> environment)
    : changes_(std::move(changes)), environment_(std::move(environment)) {
    configure({});
}

void daemon_process::configure(const config_keys& changes) {
    for (const auto& [key, value] : changes)
        changes_[key] = value;
    configure_text(to_yaml(fast_config(data_dir(), changes_)));
}

void daemon_process::configure_text(const std::string& yaml) const {
    write_file(config_file(), yaml);
}

bool daemon_process::start() {
    process_.reset();
    process_.emplace(
        child::plan{{"serve", "--config", config_file().string()}, dir_.path(), environment_});
    // `msg="town API on http://127.0.0.1:1, pages on http://127.0.0.1:2/debug/, data in ..."`
    std::string text;
    const bool said = wait_until([&] {
        const bool ended = !process_->runs();
        text = err();
        return text.find("/debug/, data in") != std::string::npos || ended;
    });
    const auto after = [&](const std::string& mark, char end) {
        const auto at = text.find(mark);
        if (at == std::string::npos) return std::string{};
        const auto from = at + mark.size();
        return text.substr(from, text.find(end, from) - from);
    };
    api_ = after("town API on http://", ',');
    pages_ = after("pages on http://", '/');
    return said && !api_.empty() && !pages_.empty();
}

bool daemon_process::start_ready() {
    return start() && wait_until([this] {
               return !process_->runs() || http_get(pages_, "/readyz").status == 200;
           }) &&
           process_->runs();
}

void daemon_process::signal(int number) const {
    if (process_) process_->signal(number);
}

std::optional<int> daemon_process::wait(duration patience) {
    return process_ ? process_->wait(patience) : std::nullopt;
}

void daemon_process::kill() {
    signal(SIGKILL);
    wait();
}

std::optional<int> daemon_process::stop(duration patience) {
    signal(SIGTERM);
    return wait(patience);
}

std::string daemon_process::err() const {
    return process_ ? process_->err() : std::string{};
}

}  // namespace townd::test
