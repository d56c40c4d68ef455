#include <gtest/gtest.h>
#include <zstd.h>

#include <map>

#include "debug/bundle.hpp"
#include "debug/fake_fleet.hpp"
#include "debug/redaction.hpp"

namespace townd::debug {
namespace {

using files = std::map<std::string, std::string>;

std::string unpacked(const std::string& packed) {
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    std::string out(size, '\0');
    EXPECT_EQ(ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()), size);
    return out;
}

files read_tar(const std::string& tar) {
    files out;
    for (std::size_t at = 0; at + 512 <= tar.size() && tar[at] != '\0';) {
        EXPECT_EQ(tar.compare(at + 257, 5, "ustar"), 0);
        unsigned long sum = 0;
        for (std::size_t i = 0; i < 512; ++i)
            sum += i >= 148 && i < 156 ? 32U : static_cast<unsigned char>(tar[at + i]);
        EXPECT_EQ(std::stoul(tar.substr(at + 148, 6), nullptr, 8), sum);
        const auto size = std::stoul(tar.substr(at + 124, 11), nullptr, 8);
        out[tar.c_str() + at] = tar.substr(at + 512, size);
        at += 512 + (size + 511) / 512 * 512;
    }
    return out;
}

TEST(Bundle, HoldsTheAnswersOfAllReadsWithoutSecrets) {
    test_face face;
    auto& town = face.fleet.add("t1");
    town.problem = "Bearer c4n4ry-abcdefgh at http://me:c4n4ry@host/ token=c4n4ry";
    town.name = "the-token-that-nobody-may-read-000";
    auto failed = test_dispatch("d-1", test_agent("g1", "r1", "Toast"), "b1", 4);
    failed.outcome = attempt_outcome::failure;
    failed.error = refused_error();
    failed.error->body_excerpt = "c4n4ry in a body";
    face.history.attempt_ended("t1", failed, duration{2});
    const auto answer = face.get("/debug/v1/bundle");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.content_type, "application/zstd");
    EXPECT_NE(header_of(answer, "Content-Disposition").find(".tar.zst"), std::string::npos);
    const auto tar = unpacked(answer.body);
    EXPECT_EQ(tar.size() % 512, 0U);
    const auto all = read_tar(tar);
    for (const char* name : {"summary.json", "towns.json", "breakers.json", "errors.json",
                             "doctor.json", "audit.json", "config.json", "reconciler.json",
                             "openapi.json", "version.json", "metrics.txt", "towns/1.json"})
        EXPECT_TRUE(all.contains(std::string{"townd-bundle/"} + name)) << name;
    EXPECT_EQ(json::parse(all.at("townd-bundle/towns.json"))["items"][0]["town"], "t1");
    for (const char* secret : {"c4n4ry", "hunter2", "the-token-that-nobody-may-read"})
        EXPECT_EQ(tar.find(secret), std::string::npos) << secret;
    EXPECT_EQ(face.get("/debug/v1/bundle").status, 200) << "the one before is over";
}

TEST(Bundle, IsBoundedWhateverTownsSay) {
    test_face face;
    for (int i = 0; i < 1200; ++i)
        face.fleet.add("town-" + std::to_string(i)).problem = std::string(20'000, 'x');
    const auto tar = unpacked(face.get("/debug/v1/bundle").body);
    EXPECT_LE(tar.size(), bundle_bytes_max + 512 * 200);
    const auto all = read_tar(tar);
    const auto& towns = all.at("townd-bundle/towns.json");
    EXPECT_LE(towns.size(), bundle_part_bytes_max);
    EXPECT_NE(towns.find("[cut, "), std::string::npos);
    EXPECT_FALSE(all.at("townd-bundle/doctor.json").empty());
}

TEST(Redaction, KnowsSecretsByShapeAndByName) {
    for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
             {"jwt eyJhbGciOi.eyJzdWIi.c2ln end", "jwt **** end"},
             {"Authorization: Bearer abcdefghijklmnop", "Authorization: ****"},
             {"git clone https://x:ghp_0123456789abcdef@h/r", "git clone https://****@h/r"},
             {"GITHUB_TOKEN=abc&x=1", "GITHUB_TOKEN=****&x=1"},
             {R"({"password": "a b"})", R"({"password": "**** b"})"},
             {"ghp_0123456789abcdef", "****"},
             {"connect 10.20.4.17:8080: Connection refused",
              "connect 10.20.4.17:8080: Connection refused"},
             {"no token was made", "no token was made"}})
        EXPECT_EQ(without_secrets(text).substr(0, expected.size()), expected) << text;
    json value{{"api_token", "abc"},   {"token_file", {{"x", "y"}}},
               {"title", "private"},   {"town", "t1"},
               {"tokens", 3},          {"list", {"password=x"}},
               {"bad", "\xff\x01 ok"}, {"body_excerpt", nullptr}};
    redact(value);
    EXPECT_EQ(value["api_token"], "****");
    EXPECT_EQ(value["token_file"], "****");
    EXPECT_EQ(value["title"], "****");
    EXPECT_EQ(value["town"], "t1");
    EXPECT_EQ(value["tokens"], 3);
    EXPECT_EQ(value["list"][0], "password=****");
    EXPECT_TRUE(value["body_excerpt"].is_null());
}

}  // namespace
}  // namespace townd::debug
