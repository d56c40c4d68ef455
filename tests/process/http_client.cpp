#include "process/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <tuple>

namespace townd::test {
namespace {

constexpr std::string_view unix_mark = "unix:";

int connect_to(const std::string& address) {
    sockaddr_in inet{};
    sockaddr_un local{};
    const bool is_local = address.starts_with(unix_mark);
    const int fd = ::socket(is_local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const timeval patience{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    int joined = -1;
    if (is_local) {
        local.sun_family = AF_UNIX;
        address.substr(unix_mark.size()).copy(local.sun_path, sizeof local.sun_path - 1);
        joined = ::connect(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local);
    } else {
        const auto colon = address.rfind(':');
        inet.sin_family = AF_INET;
        inet.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
        ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &inet.sin_addr);
        joined = ::connect(fd, reinterpret_cast<const sockaddr*>(&inet), sizeof inet);
    }
    if (joined == 0) return fd;
    ::close(fd);
    return -1;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::string read_to_end(int fd) {
    std::string got;
    char buffer[8192];
    for (;;) {
        const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0) return got;
        got.append(buffer, static_cast<std::size_t>(n));
    }
}

}  // namespace

http_reply parse_reply(const std::string& text) {
    http_reply out;
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos || !text.starts_with("HTTP/1.1 ")) return out;
    for (auto at = text.find("\r\n") + 2; at < end;) {
        const auto stop = text.find("\r\n", at);
        const auto colon = text.find(':', at);
        std::string name = text.substr(at, colon - at);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const auto from = text.find_first_not_of(' ', colon + 1);
        out.headers[name] = text.substr(from, stop - from);
        at = stop + 2;
    }
    out.body = text.substr(end + 4);
    // A body that was cut short is no answer: the daemon may have died while it wrote.
    const auto length = out.headers.find("content-length");
    if (length != out.headers.end() && std::stoul(length->second) != out.body.size()) return {};
    out.status = std::stoi(text.substr(9, 3));
    return out;
}

json http_reply::parsed() const {
    auto got = parse_json(body);
    return got ? *std::move(got) : json();
}

json http_reply::data() const {
    const json whole = parsed();
    return whole.is_object() && whole.contains("data") ? whole["data"] : json();
}

http_reply http_send(const std::string& address, const std::string& method,
                     const std::string& target, const std::string& body,
                     const std::vector<std::string>& header_lines) {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: " +
                       (address.starts_with(unix_mark) ? std::string{"localhost"} : address) +
                       "\r\nConnection: close\r\n";
    for (const auto& line : header_lines)
        text += line + "\r\n";
    if (!body.empty()) text += "Content-Type: application/json\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return parse_reply(http_exchange(address, text));
}

std::string http_exchange(const std::string& address, const std::string& bytes) {
    const int fd = connect_to(address);
    if (fd < 0) return {};
    // A refusal may come, and the connection end, before all was sent.
    std::ignore = send_all(fd, bytes);
    const std::string got = read_to_end(fd);
    ::close(fd);
    return got;
}

http_reply http_get(const std::string& address, const std::string& target) {
    return http_send(address, "GET", target);
}

town_caller town_caller::make(const std::string& api, const std::string& container_url) {
    town_caller out;
    out.api_ = api;
    const auto post = [&](const std::string& method, const std::string& target, const json& body) {
        return text_at(http_send(api, method, target, dump_json(body)).data(), "id").value_or("");
    };
    const std::string town = post("POST", "/api/users/tester/towns", {{"name", "a town"}});
    if (town.empty()) return out;
    const auto set = http_send(api, "PATCH", "/api/towns/" + town + "/config",
                               dump_json(json{{"container_url", container_url}}));
    if (set.status != 200) return out;
    out.rig_ = post("POST", "/api/users/tester/rigs",
                    {{"town_id", town}, {"name", "app"}, {"git_url", "https://git.example/a.git"}});
    if (!out.rig_.empty()) out.town_ = town;
    return out;
}

std::string town_caller::make_bead(const std::string& title, json more) const {
    more["type"] = "issue";
    more["title"] = title;
    const auto made = call("POST", "/beads", more);
    if (made.status != 201) return {};
    return text_at(made.data(), "bead_id").value_or("");
}

json town_caller::bead(const std::string& id) const {
    return call("GET", "/beads/" + id).data();
}

std::string town_caller::status(const std::string& bead_id) const {
    const json found = bead(bead_id);
    return found.is_object() ? text_at(found, "status").value_or("") : std::string{};
}

http_reply town_caller::call(const std::string& method, const std::string& below_rig,
                             const json& body) const {
    return http_send(api_, method, rig_path() + below_rig,
                     body.is_null() ? std::string{} : dump_json(body));
}

http_reply town_caller::town_call(const std::string& method, const std::string& below_town,
                                  const json& body) const {
    return http_send(api_, method, "/api/towns/" + town_ + below_town,
                     body.is_null() ? std::string{} : dump_json(body));
}

json attempts(const std::string& pages, const std::string& town) {
    json all = json::array();
    std::string cursor;
    for (;;) {
        const auto page =
            http_get(pages, "/debug/v1/towns/" + town + "/attempts?limit=500" + cursor);
        if (page.status != 200) return {};
        const json body = page.parsed();
        for (const auto& item : body["items"])
            all.push_back(item);
        const auto next = text_at(body["page"], "next_cursor");
        if (!next || next->empty()) return all;
        cursor = "&cursor=" + *next;
    }
}

}  // namespace townd::test
