#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sys/file.hpp"
#include "sys/ids.hpp"
#include "sys/limits.hpp"
#include "sys/notify.hpp"
#include "sys/process_stats.hpp"
#include "sys/system_clock.hpp"

namespace townd::sys {
namespace {

class TempDir {
public:
    TempDir() {
        std::string name = "/tmp/townd-sys-XXXXXX";  // Short: a socket's path has 108 bytes.
        path_ = mkdtemp(name.data());
    }
    ~TempDir() { std::filesystem::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// A service manager's end of $NOTIFY_SOCKET.
class NotifySocket {
public:
    NotifySocket() : fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
        const std::string path = dir_ / "notify";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size());
        const void* const raw = &address;
        if (::bind(fd_, static_cast<const sockaddr*>(raw), sizeof(address)) == 0)
            ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~NotifySocket() {
        ::unsetenv("NOTIFY_SOCKET");
        ::close(fd_);
    }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    // A datagram is there as soon as it was sent.
    [[nodiscard]] std::string receive() const {
        std::array<char, 4096> buffer{};
        const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
        return got < 0 ? "(nothing)" : std::string{buffer.data(), static_cast<std::size_t>(got)};
    }

private:
    TempDir dir_;
    int fd_;
};

TEST(Notify, EveryMessageHasTheFormOfTheProtocol) {
    const NotifySocket manager;
    EXPECT_TRUE(notify_ready("12 towns"));
    EXPECT_EQ(manager.receive(), "READY=1\nSTATUS=12 towns");
    EXPECT_TRUE(notify_ready(""));
    EXPECT_EQ(manager.receive(), "READY=1");
    EXPECT_TRUE(notify_status("dispatching"));
    EXPECT_EQ(manager.receive(), "STATUS=dispatching");
    EXPECT_TRUE(notify_watchdog());
    EXPECT_EQ(manager.receive(), "WATCHDOG=1");
    EXPECT_TRUE(notify_stopping("draining"));
    EXPECT_EQ(manager.receive(), "STOPPING=1\nSTATUS=draining");
    EXPECT_TRUE(notify_extend_timeout(duration{1500}));
    EXPECT_EQ(manager.receive(), "EXTEND_TIMEOUT_USEC=1500000");
}

TEST(Notify, AReloadCarriesTheMonotonicTime) {
    const NotifySocket manager;
    const std::uint64_t before = monotonic_us();
    EXPECT_TRUE(notify_reloading());
    const std::uint64_t after = monotonic_us();
    const std::string text = manager.receive();
    const std::string begin = "RELOADING=1\nMONOTONIC_USEC=";
    ASSERT_EQ(text.find(begin), 0U) << text;
    const std::uint64_t sent = std::stoull(text.substr(begin.size()));
    EXPECT_GE(sent, before);
    EXPECT_LE(sent, after);
}

TEST(Notify, AForeignTextCannotAddAnAssignment) {
    const NotifySocket manager;
    EXPECT_TRUE(notify_status("x\nSTOPPING=1\nMAINPID=1"));
    EXPECT_EQ(manager.receive(), "STATUS=x STOPPING=1 MAINPID=1");
    EXPECT_TRUE(notify_status(std::string(100'000, 'x')));
    EXPECT_LT(manager.receive().size(), 500U);
}

TEST(Notify, WithoutASocketNothingIsSent) {
    ::unsetenv("NOTIFY_SOCKET");
    EXPECT_FALSE(notify_ready("x"));
    EXPECT_FALSE(notify_watchdog());
    ::setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    EXPECT_FALSE(notify_ready("x"));
    ::unsetenv("NOTIFY_SOCKET");
}

TEST(Notify, TheWatchdogIntervalIsTheManagersWhenItWatchesThisProcess) {
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
    EXPECT_FALSE(watchdog_interval());
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(watchdog_interval(), duration{30'000});
    ::setenv("WATCHDOG_PID", "1", 1);
    EXPECT_FALSE(watchdog_interval());
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(watchdog_interval(), duration{30'000});
    ::setenv("WATCHDOG_USEC", "soon", 1);
    EXPECT_FALSE(watchdog_interval());
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
}

TEST(SystemClock, ItStartsAtTheWallClockAndNeverGoesBack) {
    const system_clock clock;
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t wall_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(wall).count();
    EXPECT_NEAR(static_cast<double>(unix_ms(clock.now())), static_cast<double>(wall_ms), 2000);
    EXPECT_NEAR(static_cast<double>(clock.wall_seconds()), static_cast<double>(wall_ms) / 1000, 2);
    instant last = clock.now();
    const instant first = last;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (last == first && std::chrono::steady_clock::now() < deadline) {
        const instant next = clock.now();
        ASSERT_GE(next, last);
        last = next;
    }
    EXPECT_GT(last, first);
}

TEST(Ids, AUuidIsRandomAndOfVersionFour) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = random_uuid();
        ASSERT_EQ(id.size(), 36U);
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
        EXPECT_EQ(id[14], '4');
        EXPECT_TRUE(seen.insert(id).second);
    }
}

TEST(Ids, HexIsTwoDigitsAByte) {
    EXPECT_EQ(random_hex(0), "");
    const std::string text = random_hex(32);
    EXPECT_EQ(text.size(), 64U);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_NE(text, random_hex(32));
}

TEST(Ids, UnitsSpreadOverTheWholeRangeAndDifferByThread) {
    double low = 1;
    double high = 0;
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double value = random_unit();
        ASSERT_GE(value, 0.0);
        ASSERT_LT(value, 1.0);
        low = std::min(low, value);
        high = std::max(high, value);
        sum += value;
    }
    EXPECT_LT(low, 0.01);
    EXPECT_GT(high, 0.99);
    EXPECT_NEAR(sum / 10'000, 0.5, 0.03);
    double other = 0;
    double own = 0;
    std::thread{[&] { other = random_unit(); }}.join();
    std::thread{[&] { own = random_unit(); }}.join();
    EXPECT_NE(own, other);
}

TEST(File, ASecretLosesItsTrailingLineBreaksOnly) {
    const TempDir dir;
    std::ofstream{dir / "s"} << " s3cret \r\n\n";
    const auto secret = read_secret(dir / "s");
    ASSERT_TRUE(secret);
    EXPECT_EQ(*secret, " s3cret ");
}

TEST(File, ABadSecretIsRefusedWithItsPathAndWithoutItsContent) {
    const TempDir dir;
    std::ofstream{dir / "empty"} << "\n";
    std::ofstream{dir / "big"} << std::string(secret_bytes_max + 1, 'q');
    std::filesystem::create_directory(dir / "directory");
    const std::vector<std::pair<const char*, errc>> bad{{"empty", errc::invalid},
                                                        {"big", errc::too_large},
                                                        {"directory", errc::invalid},
                                                        {"missing", errc::not_found}};
    for (const auto& [name, kind] : bad) {
        const auto secret = read_secret(dir / name);
        ASSERT_FALSE(secret) << name;
        EXPECT_EQ(secret.error().kind, kind) << name;
        EXPECT_NE(secret.error().what.find((dir / name).native()), std::string::npos)
            << secret.error().what;
        EXPECT_EQ(secret.error().what.find("qq"), std::string::npos);
    }
    std::ofstream{dir / "fits"} << std::string(secret_bytes_max, 'q');
    EXPECT_TRUE(read_secret(dir / "fits"));
}

TEST(File, AFifoDoesNotHang) {
    const TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    EXPECT_FALSE(read_secret(dir / "fifo"));
}

TEST(File, ARelativeSecretComesFromTheCredentialsFirst) {
    const TempDir dir;
    std::ofstream{dir / "token"} << "from credentials\n";
    ::setenv("CREDENTIALS_DIRECTORY", dir.path().c_str(), 1);
    const auto found = read_secret("token");
    const auto absent = read_secret("no-such-token-here");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, "from credentials");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().what.find("cannot read no-such-token-here:"), 0U)
        << absent.error().what;
    EXPECT_FALSE(read_secret("token"));
}

TEST(File, ATextIsReadWholeUpToTheLimit) {
    const TempDir dir;
    std::ofstream{dir / "t"} << std::string(100'000, 'x') << "\n";
    const auto text = read_text_file(dir / "t", 100'001);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->size(), 100'001U);
    const auto cut = read_text_file(dir / "t", 100'000);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().kind, errc::too_large);
}

TEST(Limits, TheSoftLimitOfFilesIsRaisedToTheHardOne) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = std::min<rlim_t>(256, before.rlim_max);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    const std::uint64_t answer = raise_file_limit();
    rlimit after{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(answer, after.rlim_cur);
    EXPECT_EQ(answer, std::min<rlim_t>(before.rlim_max, 1'048'576));
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(ProcessStats, TheyDescribeThisProcess) {
    const auto before = read_process_stats();
    ASSERT_TRUE(before);
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const auto after = read_process_stats();
    ::close(fd);
    ASSERT_TRUE(after);
    EXPECT_EQ(after->open_files, before->open_files + 1);
    EXPECT_GT(after->resident_bytes, 1'000'000);
    EXPECT_GE(after->virtual_bytes, after->resident_bytes);
    EXPECT_GE(after->threads, 1);
    EXPECT_GE(after->cpu_seconds, before->cpu_seconds);
    const double now = static_cast<double>(system_clock{}.wall_seconds());
    EXPECT_LE(after->started_at_seconds, now + 2);
    EXPECT_GE(after->started_at_seconds, now - 3600);
}

}  // namespace
}  // namespace townd::sys
