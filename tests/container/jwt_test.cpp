#include "container/jwt.hpp"

#include <gtest/gtest.h>

namespace townd::container {
namespace {

constexpr std::int64_t now = 1'800'000'000;
const std::string secret = "town secret";

claims agent_claims() {
    claims out;
    out.town = "t-1";
    out.user = "u-1";
    out.agent = "a-1";
    out.rig = "r-1";
    out.dispatch = "d-1";
    out.expires_at = now + token_lifetime_seconds;
    return out;
}

std::string base64url(std::string_view text) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    unsigned bits = 0;
    int held = 0;
    for (const char c : text) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        for (held += 8; held >= 6; held -= 6)
            out += letters[(bits >> (held - 6)) & 63U];
    }
    if (held > 0) out += letters[(bits << (6 - held)) & 63U];
    return out;
}

std::string decoded(std::string_view part) {
    std::string out;
    unsigned bits = 0;
    int held = 0;
    for (const char c : part) {
        const auto at =
            std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
                .find(c);
        bits = (bits << 6) | static_cast<unsigned>(at);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>((bits >> held) & 255U);
    }
    return out;
}

std::string part(const std::string& token, int which) {
    std::size_t from = 0;
    for (int i = 0; i < which; ++i)
        from = token.find('.', from) + 1;
    return token.substr(from, token.find('.', from) - from);
}

TEST(Jwt, GivesBackWhatWasMinted) {
    const auto token = mint(agent_claims(), secret);
    ASSERT_TRUE(token.has_value());
    const auto read = verify(*token, secret, now);
    ASSERT_TRUE(read.has_value()) << read.error().what;
    EXPECT_EQ(read->town, "t-1");
    EXPECT_EQ(read->user, "u-1");
    EXPECT_FALSE(read->container_scope);
    EXPECT_EQ(read->agent, "a-1");
    EXPECT_EQ(read->rig, "r-1");
    EXPECT_EQ(read->dispatch, "d-1");
    EXPECT_EQ(read->expires_at, now + token_lifetime_seconds);
}

TEST(Jwt, MintsTheClaimsOfTheWireAndNoOthers) {
    claims container;
    container.town = "t-1";
    container.user = "u-1";
    container.container_scope = true;
    container.expires_at = now + token_lifetime_seconds;
    const std::string token = mint(container, secret).value();
    EXPECT_EQ(decoded(part(token, 1)),
              R"({"exp":1800028800,"iat":1800000000,"scope":"container","townId":"t-1",)"
              R"("userId":"u-1"})");
    EXPECT_TRUE(verify(token, secret, now)->container_scope);
    EXPECT_FALSE(verify(token, secret, now)->agent.has_value());
}

TEST(Jwt, VerifiesATokenOfAnotherMaker) {
    // HMAC-SHA256 by Python's hmac, with secret `town secret`.
    const std::string token =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJ0b3duSWQiOiJ0LTEiLCJ1c2VySWQiOiJ1LTEiLCJzY29wZSI6ImNvbnRhaW5lciIsImV4cCI6MTgwMDAyODgwM"
        "H0._MW_TaMfcqY26Ox06hGROrwv4zL4K9Ox82iPybyesII";
    const auto read = verify(token, secret, now);
    ASSERT_TRUE(read.has_value()) << read.error().what;
    EXPECT_EQ(read->town, "t-1");
    EXPECT_TRUE(read->container_scope);
}

TEST(Jwt, ExpiresOnlyWhenAsked) {
    const std::string token = mint(agent_claims(), secret).value();
    const std::int64_t end = now + token_lifetime_seconds;
    EXPECT_TRUE(verify(token, secret, end - 1).has_value());
    const auto late = verify(token, secret, end);
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().kind, errc::unauthorized);
    EXPECT_EQ(late.error().what, "Token expired");
    EXPECT_TRUE(verify(token, secret, std::nullopt).has_value());
}

TEST(Jwt, RefusesAnySignatureButItsOwn) {
    const std::string token = mint(agent_claims(), secret).value();
    const std::string unsigned_part = part(token, 0) + "." + part(token, 1) + ".";
    std::string flipped = token;
    flipped.back() = flipped.back() == 'A' ? 'Q' : 'A';
    claims other = agent_claims();
    other.town = "t-2";
    const std::string spliced =
        part(token, 0) + "." + part(mint(other, "x").value(), 1) + "." + part(token, 2);
    for (const std::string& bad : {mint(agent_claims(), "other").value(), flipped, spliced,
                                   unsigned_part, unsigned_part + "AAAA", token + ".AAAA"}) {
        const auto read = verify(bad, secret, now);
        ASSERT_FALSE(read.has_value()) << bad;
        EXPECT_EQ(read.error().kind, errc::unauthorized);
        EXPECT_EQ(read.error().what, "Invalid token signature") << bad;
    }
}

TEST(Jwt, RefusesAnyAlgorithmButHs256) {
    const std::string good = mint(agent_claims(), secret).value();
    for (const std::string head :
         {R"({"alg":"none"})", R"({"alg":"NONE","typ":"JWT"})", R"({"alg":"RS256","typ":"JWT"})",
          R"({"alg":"HS512","typ":"JWT"})", R"({"alg":"hs256","typ":"JWT"})"}) {
        for (const std::string& signature : {std::string{}, part(good, 2)}) {
            const std::string token = base64url(head) + "." + part(good, 1) + "." + signature;
            const auto read = verify(token, secret, now);
            ASSERT_FALSE(read.has_value()) << head;
            EXPECT_EQ(read.error().kind, errc::unauthorized);
            EXPECT_EQ(read.error().what, "Unsupported token algorithm: only HS256 is accepted");
        }
    }
}

TEST(Jwt, RefusesWhatIsNoToken) {
    const std::string good = mint(agent_claims(), secret).value();
    const std::vector<std::string> rows{
        "",
        ".",
        "..",
        "a",
        "a.b",
        "a.b.c",
        part(good, 0),
        part(good, 0) + "." + part(good, 1),
        "!!." + part(good, 1) + "." + part(good, 2),
        part(good, 0) + ".!!." + part(good, 2),
        base64url("[1]") + "." + part(good, 1) + "." + part(good, 2),
        base64url("{}") + "." + part(good, 1) + "." + part(good, 2),
        std::string(9000, 'a'),
        good + std::string(1, '\0')};
    for (const std::string& text : rows) {
        const auto read = verify(text, secret, now);
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().kind, errc::unauthorized);
        EXPECT_NE(read.error().what.find("token"), std::string::npos) << read.error().what;
    }
}

TEST(Jwt, WantsTownExpiryAndSecret) {
    claims eternal = agent_claims();
    eternal.expires_at = 0;
    EXPECT_FALSE(verify(mint(eternal, secret).value(), secret, std::nullopt).has_value());
    claims nowhere = agent_claims();
    nowhere.town.clear();
    EXPECT_EQ(mint(nowhere, secret).error().kind, errc::internal);
    EXPECT_EQ(mint(agent_claims(), "").error().kind, errc::internal);
    EXPECT_FALSE(verify(mint(agent_claims(), secret).value(), "", now).has_value());
    claims cut = agent_claims();
    cut.user = std::string("u\0x", 3);
    EXPECT_FALSE(mint(cut, secret).has_value());
}

TEST(EqualSecret, ComparesWholeTexts) {
    EXPECT_TRUE(equal_secret("abc", "abc"));
    EXPECT_TRUE(equal_secret("", ""));
    EXPECT_FALSE(equal_secret("abc", "abd"));
    EXPECT_FALSE(equal_secret("abc", "ab"));
    EXPECT_FALSE(equal_secret("", "a"));
}

}  // namespace
}  // namespace townd::container
