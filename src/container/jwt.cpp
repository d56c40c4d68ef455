#include "container/jwt.hpp"

#include <jwt.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace townd::container {
namespace {

// A real token has some 300 bytes; longer ones are not worth parsing.
constexpr std::size_t token_bytes_max = 8 * 1024;

struct free_jwt {
    void operator()(jwt_t* token) const noexcept { jwt_free(token); }
};
using jwt_handle = std::unique_ptr<jwt_t, free_jwt>;

struct free_text {
    void operator()(char* text) const noexcept { std::free(text); }  // libjwt uses malloc here.
};

failure unauthorized(std::string why) {
    return failure(errc::unauthorized, std::move(why));
}

const unsigned char* bytes(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::string> text_claim(jwt_t* token, const char* name) {
    const char* value = jwt_get_grant(token, name);
    if (value == nullptr) return std::nullopt;
    return std::string{value};
}

int add_text(jwt_t* token, const char* name, const std::string& value) {
    if (value.find('\0') != std::string::npos) return EINVAL;
    return jwt_add_grant(token, name, value.c_str());
}

int add_claims(jwt_t* token, const claims& what) {
    int rc = add_text(token, "townId", what.town);
    if (rc == 0) rc = add_text(token, "userId", what.user);
    if (rc == 0 && what.container_scope) rc = jwt_add_grant(token, "scope", "container");
    if (rc == 0 && what.agent) rc = add_text(token, "agentId", *what.agent);
    if (rc == 0 && what.rig) rc = add_text(token, "rigId", *what.rig);
    if (rc == 0 && what.dispatch) rc = add_text(token, "jti", *what.dispatch);
    if (rc == 0) rc = jwt_add_grant_int(token, "iat", what.expires_at - token_lifetime_seconds);
    if (rc == 0) rc = jwt_add_grant_int(token, "exp", what.expires_at);
    return rc;
}

// Without a key libjwt checks the form alone, which tells a malformed token from a forged one.
std::optional<failure> check_form(const std::string& token) {
    if (token.empty() || token.size() > token_bytes_max || token.find('\0') != std::string::npos)
        return unauthorized("Malformed token: not of a token's size");
    jwt_t* raw = nullptr;
    const int rc = jwt_decode(&raw, token.c_str(), nullptr, 0);
    const jwt_handle form(raw);
    if (rc != 0 || form == nullptr)
        return unauthorized("Malformed token: not three parts of base64url JSON");
    const char* algorithm = jwt_get_header(form.get(), "alg");
    if (algorithm == nullptr || std::string_view(algorithm) != "HS256")
        return unauthorized("Unsupported token algorithm: only HS256 is accepted");
    return std::nullopt;
}

}  // namespace

result<std::string> mint(const claims& what, std::string_view secret) {
    if (secret.empty()) return failure(errc::internal, "cannot mint a token: the secret is empty");
    if (what.town.empty()) return failure(errc::internal, "cannot mint a token: it names no town");
    jwt_t* raw = nullptr;
    int rc = jwt_new(&raw);
    const jwt_handle token(raw);
    if (rc == 0) rc = add_claims(token.get(), what);
    if (rc == 0)
        rc =
            jwt_set_alg(token.get(), JWT_ALG_HS256, bytes(secret), static_cast<int>(secret.size()));
    if (rc != 0)
        return failure(errc::internal, "cannot mint a token: libjwt error " + std::to_string(rc));
    const std::unique_ptr<char, free_text> text(jwt_encode_str(token.get()));
    if (text == nullptr) return failure(errc::internal, "cannot mint a token: signing failed");
    return std::string{text.get()};
}

result<claims> verify(std::string_view token, std::string_view secret,
                      std::optional<std::int64_t> now_seconds) {
    if (secret.empty()) return unauthorized("No tokens are accepted: no town secret is configured");
    const std::string text{token};
    if (auto problem = check_form(text)) return std::move(*problem);
    jwt_t* raw = nullptr;
    const int rc = jwt_decode(&raw, text.c_str(), bytes(secret), static_cast<int>(secret.size()));
    const jwt_handle checked(raw);
    if (rc != 0 || checked == nullptr || jwt_get_alg(checked.get()) != JWT_ALG_HS256)
        return unauthorized("Invalid token signature");
    claims out;
    out.town = text_claim(checked.get(), "townId").value_or("");
    if (out.town.empty()) return unauthorized("Malformed token: no townId");
    out.user = text_claim(checked.get(), "userId").value_or("");
    out.container_scope = text_claim(checked.get(), "scope") == "container";
    out.agent = text_claim(checked.get(), "agentId");
    out.rig = text_claim(checked.get(), "rigId");
    out.dispatch = text_claim(checked.get(), "jti");
    out.expires_at = jwt_get_grant_int(checked.get(), "exp");
    if (out.expires_at <= 0) return unauthorized("Malformed token: no exp");
    if (now_seconds && *now_seconds >= out.expires_at) return unauthorized("Token expired");
    return out;
}

bool equal_secret(std::string_view a, std::string_view b) noexcept {
    // Digests are of one length, so not even the secret's length shows.
    using digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
    const auto digest_of = [](std::string_view text) {
        digest out{};
        SHA256(bytes(text), text.size(), out.data());
        return out;
    };
    const digest first = digest_of(a);
    const digest second = digest_of(b);
    return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

}  // namespace townd::container
