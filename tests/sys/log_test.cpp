#include "sys/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "json/json.hpp"
#include "sys/journald.hpp"
#include "sys/message_ids.hpp"
#include "townd/words/error.hpp"

namespace townd::sys {
namespace {

constexpr std::string_view hostile =
    "a\"b\\c\nMESSAGE=x\r\x1b[31m\xC2\x9B\xFF\x00z=1";  // Breaks, escapes, C1, bad UTF-8.

// Sends stderr into a file while it lives.
class StderrFile {
public:
    StderrFile() : saved_{::dup(STDERR_FILENO)} {
        path_ = testing::TempDir() + "townd-stderr-XXXXXX";
        const int fd = ::mkstemp(path_.data());
        ::dup2(fd, STDERR_FILENO);
        ::close(fd);
    }
    ~StderrFile() {
        restore();
        ::unlink(path_.c_str());
    }
    StderrFile(const StderrFile&) = delete;
    StderrFile& operator=(const StderrFile&) = delete;

    std::string read() {
        std::fflush(stderr);
        std::string out;
        std::FILE* const file = std::fopen(path_.c_str(), "r");
        for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
            out += static_cast<char>(c);
        std::fclose(file);
        return out;
    }
    void restore() {
        if (saved_ < 0) return;
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        saved_ = -1;
    }

private:
    int saved_;
    std::string path_;
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find('\n', at);
        out.push_back(text.substr(at, end - at));
        at = end == std::string::npos ? text.size() : end + 1;
    }
    return out;
}

TEST(LogRecord, AJsonRecordSurvivesHostileTexts) {
    const std::array fields{log_field{"town", std::string{hostile}}, log_field{"Bad Name", "v"},
                            log_field{"message", "must not replace the message"}};
    const std::string line = format_record(log_format::json, "2026-01-02T03:04:05.678Z",
                                           log_level::warn, "an_event", hostile, fields);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto parsed = parse_json(line);
    ASSERT_TRUE(parsed) << line;
    EXPECT_EQ((*parsed)["time"], "2026-01-02T03:04:05.678Z");
    EXPECT_EQ((*parsed)["level"], "warn");
    EXPECT_EQ((*parsed)["event"], "an_event");
    EXPECT_EQ((*parsed)["town"], (*parsed)["message"]);
    EXPECT_EQ((*parsed)["message"].get<std::string>().find("a\"b\\c MESSAGE=x"), 0U);
    EXPECT_EQ((*parsed)["_ad__ame"], "v");
}

TEST(LogRecord, ALogfmtRecordKeepsItsFieldsApart) {
    const std::array fields{log_field{"town", "t 1"}, log_field{"role", "polecat"},
                            log_field{"empty", ""}, log_field{"raw", "x\" level=error"}};
    EXPECT_EQ(
        format_record(log_format::logfmt, "T", log_level::info, "started", "two words", fields),
        "time=T level=info event=started msg=\"two words\" town=\"t 1\" role=polecat empty=\"\" "
        "raw=\"x\\\" level=error\"");
}

TEST(LogRecord, ATextRecordIsOneLineWithoutControlCharacters) {
    const std::string line =
        format_record(log_format::text, "T", log_level::error, "event", hostile, {});
    EXPECT_EQ(line.find("T error event: a\"b"), 0U);
    for (const char c : line)
        EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_EQ(line.find("\xC2\x9B"), std::string::npos);
}

TEST(LogRecord, TextsAndFieldsAreBounded) {
    const std::vector<log_field> fields(500, log_field{"f", std::string(100'000, 'x')});
    for (const log_format format : {log_format::json, log_format::logfmt, log_format::text})
        EXPECT_LT(format_record(format, "T", log_level::info, std::string(100'000, 'e'),
                                std::string(1'000'000, 'y'), fields)
                      .size(),
                  80'000U);
}

TEST(LogRecord, WordsAreReadBack) {
    for (const char* word : {"trace", "debug", "info", "warn", "error"})
        EXPECT_EQ(to_text(parse_log_level(word).value()), word);
    EXPECT_FALSE(parse_log_level("INFO"));
    EXPECT_EQ(parse_log_format("auto"), log_format::automatic);
    EXPECT_EQ(parse_log_format("text"), log_format::text);
    EXPECT_FALSE(parse_log_format("xml"));
}

TEST(Journald, EntriesCarryTheNamesThatOperatorsSearchFor) {
    const std::array fields{log_field{"town", "t-1"}, log_field{"error_code", "reset"},
                            log_field{"bad=name\n", "v"}};
    EXPECT_EQ(
        journal_entries(log_level::warn, "attempt_failed", "text", fields),
        (std::vector<std::string>{
            "MESSAGE=text", "PRIORITY=4", "SYSLOG_IDENTIFIER=townd", "TOWND_EVENT=attempt_failed",
            "MESSAGE_ID=" + std::string{message_id_of("attempt_failed")}, "TOWND_TOWN=t-1",
            "TOWND_ERROR_CODE=reset", "TOWND_BAD_NAME_=v"}));
}

TEST(Journald, AHostileTextStaysOneEntry) {
    const auto entries = journal_entries(log_level::info, hostile, hostile, {});
    ASSERT_EQ(entries.size(), 4U);
    for (const std::string& each : entries)
        EXPECT_EQ(each.find('\n'), std::string::npos);
}

// What a shipper reads back is what was said, but for what could break the line or the terminal.
TEST(LogRecord, HostileStringsComeBackFromJsonAsTheyWereCleaned) {
    for (const std::string& raw :
         {std::string{"say \"hi\" = \\ to\nthe\r\ttown"}, std::string{"\x1b[31mred\x1b[0m \x07"},
          std::string{"bad \xff\xfe utf-8 \xc3\x28"}, std::string{"zero\0byte", 9},
          std::string{"\xe2\x80\xa8 separator, caf\xc3\xa9"}, std::string{"=\"\" level=error"}}) {
        const std::array fields{log_field{"town", raw}, log_field{"level", raw}};
        const auto line = format_record(log_format::json, "2026-01-01T00:00:00Z", log_level::info,
                                        "note", raw, fields);
        const auto read = parse_json(line);
        ASSERT_TRUE(read.has_value()) << line;
        EXPECT_EQ((*read)["message"], clean_text(raw, 4096));
        EXPECT_EQ((*read)["town"], clean_text(raw, 4096));
        EXPECT_EQ((*read)["level"], "info") << "a field cannot take the place of ours";
        EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        }));
    }
}

// A reader of logfmt: quoted values end at a quote that no backslash stands before.
std::vector<std::pair<std::string, std::string>> read_logfmt(const std::string& line) {
    std::vector<std::pair<std::string, std::string>> out;
    std::size_t at = 0;
    while (at < line.size()) {
        const std::size_t equals = line.find('=', at);
        std::string value;
        std::size_t end = equals + 1;
        if (end < line.size() && line[end] == '"') {
            for (++end; end < line.size() && line[end] != '"'; ++end) {
                if (line[end] == '\\') ++end;
                value += line[end];
            }
            ++end;
        } else {
            for (; end < line.size() && line[end] != ' '; ++end)
                value += line[end];
        }
        out.emplace_back(line.substr(at, equals - at), value);
        at = end + 1;
    }
    return out;
}

TEST(LogRecord, HostileStringsComeBackFromLogfmtInTheirOwnField) {
    for (const std::string& raw :
         {std::string{"say \"hi\" = \\ to\nthe\r\ttown"}, std::string{"\x1b[31mred\x1b[0m"},
          std::string{"bad \xff utf-8"}, std::string{"x level=error event=\"y"},
          std::string{"back\\"}, std::string{}}) {
        const std::array fields{log_field{"town", raw}, log_field{"bead", "b-1"}};
        const auto read = read_logfmt(format_record(log_format::logfmt, "2026-01-01T00:00:00Z",
                                                    log_level::info, "note", raw, fields));
        ASSERT_EQ(read.size(), 6U) << raw;
        EXPECT_EQ(read[1], (std::pair<std::string, std::string>{"level", "info"}));
        EXPECT_EQ(read[3], (std::pair<std::string, std::string>{"msg", clean_text(raw, 4096)}));
        EXPECT_EQ(read[4], (std::pair<std::string, std::string>{"town", clean_text(raw, 4096)}));
        EXPECT_EQ(read[5], (std::pair<std::string, std::string>{"bead", "b-1"}));
    }
}

TEST(Journald, HostileStringsComeBackFromTheJournalInTheirOwnEntry) {
    const std::string raw = "a\nMESSAGE_ID=b\n\x1b[31m\xff";
    const std::array fields{log_field{"town", raw}, log_field{"message\nTOWND_X", "v"}};
    const auto entries = journal_entries(log_level::info, "note_of_ours", raw, fields);
    EXPECT_EQ(entries.front(), "MESSAGE=" + clean_text(raw, 4096));
    EXPECT_EQ(entries[4], "TOWND_TOWN=" + clean_text(raw, 4096));
    for (const std::string& each : entries) {
        EXPECT_EQ(each.find('\n'), std::string::npos);
        EXPECT_EQ(each.find('\x1b'), std::string::npos);
    }
}

TEST(Log, LinesBelowTheLevelAreLeftOut) {
    StderrFile file;
    set_up_log(log_level::info, log_format::logfmt);
    log_line(log_level::debug, "hidden", "x");
    log_line(log_level::info, "shown", "x");
    set_log_level(log_level::debug);
    log_line(log_level::debug, "now_shown", "x");
    set_log_level(log_level::error);
    log_line(log_level::warn, "hidden", "x");
    const std::string text = file.read();
    file.restore();
    EXPECT_EQ(text.find("event=hidden"), std::string::npos) << text;
    EXPECT_NE(text.find("event=shown"), std::string::npos) << text;
    EXPECT_NE(text.find("event=now_shown"), std::string::npos) << text;
    EXPECT_EQ(lines_of(text).size(), 2U) << text;
}

TEST(Log, PercentAndBracesOfATextAreLeftAlone) {
    StderrFile file;
    set_up_log(log_level::info, log_format::text);
    log_line(log_level::info, "event", "100 % {} {0} %v %n");
    const std::string text = file.read();
    file.restore();
    EXPECT_NE(text.find("info event: 100 % {} {0} %v %n\n"), std::string::npos) << text;
}

TEST(Log, ThreadsDoNotMixTheirLines) {
    StderrFile file;
    set_up_log(log_level::info, log_format::json);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([t] {
                for (int i = 0; i < 100; ++i)
                    log_line(log_level::info, "event",
                             std::string(200, static_cast<char>('a' + t)));
            });
    }
    const std::vector<std::string> lines = lines_of(file.read());
    file.restore();
    EXPECT_EQ(lines.size(), 800U);
    for (const std::string& each : lines)
        ASSERT_TRUE(parse_json(each)) << each;
}

TEST(Log, TheJournalIsChosenOnlyWhenStderrIsItsStream) {
    StderrFile file;
    struct stat status {};
    ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
    const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
    const log_format matching = choose_log_format();
    ::setenv("JOURNAL_STREAM", (stream + "1").c_str(), 1);
    const log_format other = choose_log_format();
    ::setenv("JOURNAL_STREAM", "garbage", 1);
    const log_format garbage = choose_log_format();
    ::unsetenv("JOURNAL_STREAM");
    const log_format none = choose_log_format();
    file.restore();
    EXPECT_EQ(matching, log_format::journald);
    EXPECT_EQ(other, log_format::logfmt);
    EXPECT_EQ(garbage, log_format::logfmt);
    EXPECT_EQ(none, log_format::logfmt);
}

}  // namespace
}  // namespace townd::sys
