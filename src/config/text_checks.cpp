#include "config/text_checks.hpp"

#include <algorithm>
#include <numeric>

namespace townd::config {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// 0..65535 without a leading zero, or nothing.
std::optional<int> parse_port(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    int value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        value = value * 10 + (c - '0');
    }
    if (value > 65535) return std::nullopt;
    return value;
}

bool is_host(std::string_view text, bool bracketed) noexcept {
    if (text.empty() || text.size() > 253) return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        if (is_digit(c) || is_letter(c) || c == '.') return true;
        return bracketed ? c == ':' || c == '%' : c == '-' || c == '_';
    });
}

// Four numbers of 0..255: the form of an IPv4 address.
bool is_ipv4(std::string_view text) noexcept {
    int parts = 0;
    while (true) {
        const std::size_t dot = text.find('.');
        const auto part = parse_port(text.substr(0, dot));
        if (!part || *part > 255) return false;
        ++parts;
        if (dot == std::string_view::npos) return parts == 4;
        text.remove_prefix(dot + 1);
    }
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string out;
    while (true) {
        const std::size_t at = text.find(what);
        out += text.substr(0, at);
        if (at == std::string_view::npos) return out;
        out += with;
        text.remove_prefix(at + what.size());
    }
}

std::string check_url(std::string_view url, std::string_view example) {
    const std::string remedy = " (write for example " + std::string{example} + ")";
    std::string_view rest = url;
    if (rest.starts_with("https://")) {
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return "is not an http or https URL" + remedy;
    }
    for (const char c : rest) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7F || c == '"' || c == '<' || c == '>' || c == '\\')
            return "holds a character that no URL has" + remedy;
        if (c == '{' || c == '}') return "holds a brace where none is replaced" + remedy;
    }
    if (rest.find_first_of("?#") != std::string_view::npos)
        return "must not have a query or fragment" + remedy;
    const std::string_view authority = rest.substr(0, rest.find('/'));
    if (authority.find('@') != std::string_view::npos)
        return "must not hold a user or password" + remedy;
    const bool has_port = authority.empty()          ? false
                          : authority.front() == '[' ? authority.find("]:") != authority.npos
                                                     : authority.find(':') != authority.npos;
    const auto address =
        parse_listen(has_port ? std::string{authority} : std::string{authority} + ":80");
    if (!address || (has_port && address->port == 0)) return "has no valid host and port" + remedy;
    return {};
}

// Letters to add, remove, change or swap with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> older(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::vector<std::size_t> next(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                next[j] = std::min(next[j], older[j - 2] + 1);
        }
        older.swap(row);
        row.swap(next);
    }
    return row.back();
}

}  // namespace

std::optional<listen_address> parse_listen(std::string_view text) {
    listen_address out;
    std::string_view host;
    bool bracketed = false;
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        bracketed = true;
        if (host.find(':') == std::string_view::npos) return std::nullopt;
    }
    const auto port = parse_port(text.substr(colon + 1));
    if (!port || !is_host(host, bracketed)) return std::nullopt;
    // 1.2.3 or 127.0.0.999 is no name anyone has: the last label of a name is not a number.
    if (!bracketed && is_digit(host.back()) &&
        host.find_first_not_of("0123456789.") == std::string_view::npos && !is_ipv4(host))
        return std::nullopt;
    out.host = host;
    out.port = *port;
    return out;
}

bool is_loopback(const listen_address& address) {
    if (address.host == "localhost" || address.host == "::1") return true;
    return is_ipv4(address.host) && address.host.starts_with("127.");
}

std::string check_listen(std::string_view text) {
    if (parse_listen(text)) return {};
    return "is not host:port (write for example 127.0.0.1:8787)";
}

std::string check_public_url(std::string_view text) {
    return check_url(text, "http://10.0.0.5:8787");
}

std::string check_container_url(std::string_view text) {
    // Any letter stands for the town: the rest must be a URL around it.
    return check_url(replaced(text, "{town}", "t"), "http://127.0.0.1:8080 or http://{town}:8080");
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words) {
    if (word.size() > 64) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view each : words) {
        const std::size_t found = distance(word, each);
        if (found >= best_distance) continue;
        best = each;
        best_distance = found;
    }
    return best;
}

std::string listed(std::span<const std::string_view> words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

}  // namespace townd::config
