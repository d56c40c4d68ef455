// What an adoption takes, what it refuses, and where it leaves what.

#include "store/adoption.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "store/adopted_town.hpp"
#include "store/structured_clone.hpp"

namespace townd::store::test {
namespace {

namespace fs = std::filesystem;

using Adoption = adopted_town;

std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> files_under(const fs::path& dir) {
    std::vector<std::string> out;
    for (const auto& each : fs::recursive_directory_iterator(dir))
        out.push_back(each.path().lexically_relative(dir).string());
    std::sort(out.begin(), out.end());
    return out;
}

void write_text(const fs::path& file, const std::string& text) {
    std::ofstream{file, std::ios::binary} << text;
}

TEST_F(Adoption, ASoundTownIsTakenAsItIs) {
    write_rows(issue("i1") + issue("i2", "closed", "closed_at='2026-04-01T11:00:00.000Z'") +
               agent_row("a1"));
    adopt_it();
    EXPECT_EQ(report.town, "old-town");
    EXPECT_EQ(report.file, dir->town_file("old-town"));
    EXPECT_EQ(report.issues, (std::map<std::string, std::int64_t>{{"closed", 1}, {"open", 1}}));
    EXPECT_EQ(report.agents, 1);
    EXPECT_EQ(report.rigs, 1);
    EXPECT_EQ(store->meta().id, "old-town");
    for (const auto& [code, each] : told)
        EXPECT_TRUE(code == "missing_tables" || code == "no_config") << each.sentence;
    const auto rows = store->load_live();
    EXPECT_TRUE(rows.bad.empty());
    EXPECT_EQ(rows.beads.size(), 1U);
    EXPECT_EQ(rows.agents.size(), 1U);
}

TEST_F(Adoption, TheGivenFileIsNotTouched) {
    write_rows(issue("i1", "done") + agent_row("a1", "exited", "'i1'"));
    const auto before = bytes_of(source());
    const auto written = fs::last_write_time(source());
    adopt_it();
    EXPECT_EQ(bytes_of(source()), before);
    EXPECT_EQ(fs::last_write_time(source()), written);
    for (const char* suffix : {"-wal", "-shm", "-journal"})
        EXPECT_FALSE(fs::exists(source().string() + suffix)) << suffix;
}

TEST_F(Adoption, WhatIsInTheLogOnlyIsAdoptedToo) {
    write_rows(issue("i1"));
    SQLite::Database writer(source().string(), SQLite::OPEN_READWRITE);
    writer.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    writer.exec(issue("late"));
    ASSERT_GT(fs::file_size(source().string() + "-wal"), 0U);
    adopt_it();
    EXPECT_TRUE(store->find_bead("late"));
}

TEST_F(Adoption, AFileThatIsBeingWrittenIsRefused) {
    write_rows(issue("i1"));
    SQLite::Database writer(source().string(), SQLite::OPEN_READWRITE);
    writer.exec("BEGIN IMMEDIATE");
    // The locks of one process do not stand against each other; another one's would.
    const pid_t child = ::fork();
    if (child == 0) ::_exit(refused() == errc::locked ? 0 : 1);
    int ended = 0;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    EXPECT_EQ(ended, 0);
}

TEST_F(Adoption, ATryWritesNothingIntoTheDirectory) {
    write_rows(issue("i1", "done"));
    const auto before = files_under(dir->path());
    const auto done = try_adoption(dir->path(), order, noon);
    ASSERT_TRUE(done.has_value()) << done.error().what;
    EXPECT_EQ(done->file, dir->town_file("old-town"));
    EXPECT_EQ(done->oddities.front().code, "missing_tables");
    EXPECT_EQ(files_under(dir->path()), before);
    const auto nowhere = try_adoption(temp.path() / "none", order, noon);
    ASSERT_TRUE(nowhere.has_value()) << nowhere.error().what;
    EXPECT_FALSE(fs::exists(temp.path() / "none"));
}

TEST_F(Adoption, ATownThatExistsIsNeverOverwritten) {
    write_rows(issue("i1"));
    adopt_it();
    store.reset();
    const auto before = bytes_of(report.file);
    const auto files = files_under(dir->path());
    EXPECT_EQ(refused(), errc::conflict);
    EXPECT_NE(why.find("town old-town exists"), std::string::npos) << why;
    EXPECT_NE(why.find("--as"), std::string::npos) << why;
    EXPECT_EQ(try_adoption(dir->path(), order, noon).error().kind, errc::conflict);
    EXPECT_EQ(bytes_of(report.file), before);
    EXPECT_EQ(files_under(dir->path()), files);
    order.as = "other";
    EXPECT_TRUE(adopt(*dir, order, noon).has_value());
    EXPECT_EQ(dir->towns()->towns, (std::vector<town_id>{"old-town", "other"}));
}

TEST_F(Adoption, TheNameIsTheOrderedOneThenTheTownsThenTheFiles) {
    write_rows(
        "CREATE TABLE _cf_KV(key TEXT PRIMARY KEY, value BLOB);"
        "INSERT INTO _cf_KV VALUES('town:id','\"7c017069-0001\"');");
    adopt_it();
    EXPECT_EQ(report.town, "7c017069-0001");
    order.as = "../evil";
    EXPECT_EQ(refused(), errc::invalid);
    EXPECT_NE(why.find("--as"), std::string::npos) << why;
}

TEST_F(Adoption, WhatIsNoTownIsRefusedByItsReason) {
    const auto before = files_under(dir->path());
    EXPECT_EQ(refused(), errc::not_found);
    write_text(source(), "");
    EXPECT_EQ(refused(), errc::unavailable);
    EXPECT_NE(why.find("empty"), std::string::npos) << why;
    write_text(source(), std::string(9000, 'x'));
    EXPECT_EQ(refused(), errc::unavailable);
    EXPECT_NE(why.find("not a database"), std::string::npos) << why;
    const std::vector<std::pair<std::string, std::string>> others{
        {"CREATE TABLE t(a);", "no table `beads`"},
        {"CREATE TABLE rig_agent_events(id);", "agent's event store"},
        {"CREATE TABLE beads(bead_id);PRAGMA application_id=77;", "another program"}};
    for (const auto& [sql, reason] : others) {
        fs::remove(source());
        write(sql);
        EXPECT_EQ(refused(), errc::unavailable);
        EXPECT_NE(why.find(reason), std::string::npos) << why;
        EXPECT_NE(why.find(source().string()), std::string::npos) << why;
    }
    order.file = temp.path();
    EXPECT_EQ(refused(), errc::invalid);
    EXPECT_EQ(files_under(dir->path()), before);
}

TEST_F(Adoption, ATownOfOursIsRestoredInstead) {
    write_rows(issue("i1"));
    adopt_it();
    store.reset();
    fs::copy_file(report.file, temp.path() / "ours.db");
    order.file = temp.path() / "ours.db";
    EXPECT_EQ(refused(), errc::conflict);
    EXPECT_NE(why.find("townd restore"), std::string::npos) << why;
}

TEST_F(Adoption, ADamagedFileIsRefusedAndStays) {
    std::string rows;
    for (int i = 0; i < 400; ++i)
        rows += issue("i" + std::to_string(i), "open", "body='" + std::string(200, 'b') + "'");
    write_rows(rows);
    {
        std::fstream damaged{source(), std::ios::in | std::ios::out | std::ios::binary};
        damaged.seekp(4096L * 20);
        damaged << std::string(4096, '\xAA');
    }
    const auto before = bytes_of(source());
    const auto files = files_under(dir->path());
    EXPECT_EQ(refused(), errc::unavailable);
    EXPECT_NE(why.find("damaged"), std::string::npos) << why;
    EXPECT_EQ(bytes_of(source()), before);
    EXPECT_EQ(files_under(dir->path()), files);
}

TEST_F(Adoption, TheConfigurationIsTakenFromTheTable) {
    write_rows(R"sql(CREATE TABLE _cf_KV(key TEXT PRIMARY KEY, value BLOB);
        INSERT INTO _cf_KV VALUES
          ('town:config','{"merge_strategy":"pr","kilocode_token":"s3cret","owner_user_id":"u9"}'),
          ('rig:r2:config','{"gitUrl":"https://g/acme/shop.git","defaultBranch":"trunk"}'),
          ('town:draining','true');)sql" +
               issue("i1", "open", "rig_id='r2'"));
    adopt_it();
    EXPECT_EQ(report.config_from, "table _cf_KV");
    EXPECT_NE(store->meta().config_json.find("s3cret"), std::string::npos);
    EXPECT_EQ(store->meta().owner, "u9");
    for (const auto& [code, each] : told)
        EXPECT_EQ(each.sentence.find("s3cret"), std::string::npos) << each.sentence;
    expect_told("rig_made", fate::repaired, 1);
    const auto made = store->find_rig("r2");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->name, "shop");
    EXPECT_EQ(made->git_url, "https://g/acme/shop.git");
    EXPECT_EQ(made->default_branch, "trunk");
    EXPECT_EQ(text("SELECT count(*) FROM sqlite_schema WHERE name='_cf_KV'"), "0")
        << "its secrets are kept once";
}

// Written by V8: {merge_strategy, max_polecats_per_rig, refinery: {auto_merge, gates: ["x", "\u00fc
// \u20ac and a face"]}, kilocode_token, n: -5, d: 1.5, u: undefined, nul: null, big, date}.
constexpr const char* written_by_v8 =
    "ff0f6f220e6d657267655f73747261746567792202707222146d61785f706f6c65636174735f7065725f72696749"
    "062208726566696e6572796f220a6175746f5f6d6572676554220567617465734102220178006308fc00ac203dd8"
    "00de2400027b02220e6b696c6f636f64655f746f6b656e22087333637265742de922016e49092201644e00000000"
    "0000f83f2201755f22036e756c3022036269674e0000000065cded412204646174654400000000000000007b0a";

TEST_F(Adoption, EntriesAreReadAsThePlatformKeptThem) {
    write_rows(std::string{"CREATE TABLE _cf_KV(key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
                           "INSERT INTO _cf_KV VALUES('town:config',x'"} +
               written_by_v8 + "'),('town:id',x'ff0f220d37633031373036392d30303031');");
    adopt_it();
    EXPECT_EQ(report.town, "7c017069-0001");
    EXPECT_EQ(store->meta().config_json,
              "{\"merge_strategy\":\"pr\",\"max_polecats_per_rig\":3,\"refinery\":{\"auto_merge\":"
              "true,\"gates\":[\"x\",\"\u00fc\u20ac\U0001F600\"]},\"kilocode_token\":"
              "\"s3cret-\u00e9\",\"n\":-5,\"d\":1.5,\"nul\":null,\"big\":4000000000.0,"
              "\"date\":\"1970-01-01T00:00:00.000Z\"}");
}

TEST_F(Adoption, NoCutOrBentEntryIsTakenForAnother) {
    std::string bytes;
    for (const char* at = written_by_v8; *at != '\0'; at += 2)
        bytes += static_cast<char>(std::stoi(std::string{at, 2}, nullptr, 16));
    ASSERT_TRUE(read_structured_clone(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(read_structured_clone(bytes.substr(0, size))) << size;
    EXPECT_FALSE(read_structured_clone(bytes + "x"));
    for (std::size_t at = 0; at < bytes.size(); ++at)
        for (const int bent : {0x00, 0x41, 0x6F, 0x7B, 0xFF}) {
            std::string other = bytes;
            other[at] = static_cast<char>(bent);
            static_cast<void>(read_structured_clone(other));  // Ends, whatever it says.
        }
    EXPECT_FALSE(read_structured_clone(std::string{"\xFF\x0F"} + std::string(100'000, 'o')));
    EXPECT_FALSE(read_structured_clone("{}"));
}

TEST_F(Adoption, AnEntryThatCannotBeDecodedIsNamed) {
    write_rows(
        "CREATE TABLE _cf_KV(key TEXT PRIMARY KEY, value BLOB);"
        "INSERT INTO _cf_KV VALUES('town:config',x'00112233');");
    adopt_it();
    expect_told("entries_unread", fate::left, 1);
    EXPECT_NE(told["entries_unread"].sentence.find("--config"), std::string::npos);
    EXPECT_EQ(store->meta().config_json, "{}");
}

TEST_F(Adoption, TheConfigurationIsTakenFromAFileAndFillsRigs) {
    write_rows("UPDATE rigs SET git_url='';");
    order.config = temp.path() / "town.json";
    write_text(*order.config, R"({"town:config":{"merge_strategy":"direct"},
        "rig:r1:config":"{\"gitUrl\":\"https://g/a.git\",\"platformIntegrationId\":\"p1\"}"})");
    adopt_it();
    EXPECT_EQ(report.config_from, order.config->string());
    EXPECT_EQ(store->meta().config_json, R"({"merge_strategy":"direct"})");
    EXPECT_EQ(store->find_rig("r1")->git_url, "https://g/a.git");
    EXPECT_EQ(store->find_rig("r1")->platform_integration_id, "p1");
    expect_told("rig_entries", fate::repaired, 1);
}

TEST_F(Adoption, AConfigurationThatIsNoneStopsTheAdoption) {
    write_rows(issue("i1"));
    order.config = temp.path() / "town.json";
    EXPECT_EQ(refused(), errc::not_found);
    write_text(*order.config, "data_dir: /var/lib/townd # s3cret");
    EXPECT_EQ(refused(), errc::invalid);
    EXPECT_EQ(why.find("s3cret"), std::string::npos) << why;
    EXPECT_TRUE(dir->towns()->towns.empty());
}

TEST_F(Adoption, WhatTheCheckRefusesIsToldAndLeftOut) {
    write_rows(issue("i1"));
    order.config = temp.path() / "town.json";
    write_text(*order.config, R"({"merge_strategy":"pr","odd":1})");
    order.check_config = [](const std::string&, const town_id& town) {
        return checked_config{R"({"merge_strategy":"pr"})", {"key odd is unknown in " + town}};
    };
    adopt_it();
    EXPECT_EQ(store->meta().config_json, R"({"merge_strategy":"pr"})");
    expect_told("config_refused", fate::dropped, 1);
    EXPECT_NE(told["config_refused"].sentence.find("odd is unknown in old-town"),
              std::string::npos);
}

}  // namespace
}  // namespace townd::store::test
