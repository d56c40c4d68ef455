#include "container/redaction.hpp"

#include <gtest/gtest.h>

namespace townd::container {
namespace {

http_call start_with_secrets() {
    http_call out;
    out.headers = {{"Authorization", "Bearer header-secret"}};
    out.body =
        R"({"gitUrl":"https://me:password-1@git.example/a.git","prompt":"long enough prompt",)"
        R"("envVars":{"GIT_TOKEN":"ghp_1234567890","SHORT":"true",)"
        R"("GASTOWN_TOWN_ID":"town-1234567",)"
        R"("GASTOWN_SESSION_TOKEN":"ey.session.token","MY_OWN":"ghp_1234567890-longer"}})";
    return out;
}

TEST(Redaction, SecretsOfTheRequestAreTakenOutOfTheAnswer) {
    http_answer answer;
    answer.body =
        "Bearer header-secret, ghp_1234567890 twice ghp_1234567890, ghp_1234567890-longer, "
        "https://me:password-1@git.example/a.git, password-1, ey.session.token";
    answer.location = "http://x/?t=ghp_1234567890";
    take_out_secrets(start_with_secrets(), answer);
    EXPECT_EQ(answer.body,
              "Bearer [secret], [secret] twice [secret], [secret], "
              "https://[secret]@git.example/a.git, [secret], [secret]");
    EXPECT_EQ(answer.location, "http://x/?t=[secret]");
}

TEST(Redaction, WhatIsNoSecretStays) {
    http_answer answer;
    answer.body = "true town-1234567 long enough prompt git.example";
    const auto before = answer.body;
    take_out_secrets(start_with_secrets(), answer);
    EXPECT_EQ(answer.body, before);
    http_call odd;
    odd.body = "not JSON";
    take_out_secrets(odd, answer);
    EXPECT_EQ(answer.body, before);
}

TEST(Redaction, ExcerptsOfBrokenAnswersAreCleanedToo) {
    http_answer answer;
    answer.error.emplace(error_code::eof_early, error_phase::body, blame::infrastructure, "cut");
    answer.error->body_excerpt = "GIT_TOKEN=ghp_1234567890";
    take_out_secrets(start_with_secrets(), answer);
    EXPECT_EQ(answer.error->body_excerpt, "GIT_TOKEN=[secret]");
}

}  // namespace
}  // namespace townd::container
