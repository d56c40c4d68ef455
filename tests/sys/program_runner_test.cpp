#include "sys/program_runner.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

namespace townd::sys::test {
namespace {

result<void> outcome_of(program_runner& runner, std::vector<std::string> words) {
    std::promise<result<void>> said;
    runner.run(std::move(words), [&](const result<void>& done) { said.set_value(done); });
    return said.get_future().get();
}

TEST(ProgramRunner, TellsSuccessAndFailureInWords) {
    program_runner runner;
    EXPECT_TRUE(outcome_of(runner, {"/bin/true"}));
    const auto failed = outcome_of(runner, {"/bin/sh", "-c", "exit 3"});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().what, "/bin/sh ended with status 3");
    const auto missing = outcome_of(runner, {"/nowhere/program"});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().what, "/nowhere/program cannot be run: No such file or directory");
}

TEST(ProgramRunner, PassesArgumentsAsTheyAreWithoutAShell) {
    const auto file = std::filesystem::path{testing::TempDir()} / "townd-program-runner";
    std::filesystem::remove(file);
    program_runner runner;
    ASSERT_TRUE(outcome_of(
        runner, {"/bin/sh", "-c", R"(printf %s "$1" > "$0")", file.string(), "$(touch x); 'y'"}));
    std::ifstream in(file);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>{in}, {}), "$(touch x); 'y'");
    std::filesystem::remove(file);
}

TEST(ProgramRunner, KillsWhatRunsForTooLong) {
    program_runner runner{duration{100}};
    const auto over = outcome_of(runner, {"/bin/sleep", "600"});
    ASSERT_FALSE(over);
    EXPECT_NE(over.error().what.find("did not end within"), std::string::npos) << over.error().what;
}

TEST(ProgramRunner, StopsAtOnceAndAnswersEverybody) {
    std::atomic<int> refused{0};
    {
        program_runner runner;
        for (int i = 0; i < 20; ++i)
            runner.run({"/bin/sleep", "600"}, [&](const result<void>& done) {
                if (!done) ++refused;
            });
    }
    EXPECT_EQ(refused.load(), 20);
}

}  // namespace
}  // namespace townd::sys::test
