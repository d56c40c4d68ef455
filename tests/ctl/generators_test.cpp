// What is written from the tree of commands: completions that the shells themselves try, and the
// manual page.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ctl/command_line.hpp"
#include "ctl/completion.hpp"
#include "ctl/man_page.hpp"

namespace townd::ctl {
namespace {

namespace fs = std::filesystem;

class Generators : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "townctl-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        dir_ = pattern;
        // Stands in for the program when a shell asks for towns.
        write("townctl",
              "#!/bin/sh\n[ \"$1 $2\" = '__complete towns' ] && echo t-alpha && echo t-beta\n");
        fs::permissions(dir_ / "townctl", fs::perms::owner_all);
    }
    void TearDown() override { fs::remove_all(dir_); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream{dir_ / name} << text;
    }
    static std::string read(const fs::path& file) {
        std::ifstream in{file};
        std::ostringstream all;
        all << in.rdbuf();
        return all.str();
    }
    // What the command prints on both; fails the test when it does not end with 0.
    std::string run(const std::string& command) const {
        const std::string line = "cd '" + dir_.string() + "' && PATH=\"" + dir_.string() +
                                 ":$PATH\" HOME='" + dir_.string() + "' " + command + " >out 2>&1";
        const int status = std::system(line.c_str());
        const auto out = read(dir_ / "out");
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << "\n" << out;
        return out;
    }

    fs::path dir_;
    command_line line_{"1"};
    command_node tree_ = tree_of(line_.app());
};

bool has_line(const std::string& text, const std::string& wanted) {
    std::istringstream in{text};
    for (std::string each; std::getline(in, each);)
        if (each.substr(0, each.find('\t')) == wanted) return true;
    return false;
}

TEST_F(Generators, TheTreeHoldsWhatIsShownAndNothingHidden) {
    std::vector<std::string> names;
    for (const auto& each : tree_.commands) {
        names.push_back(each.name);
        EXPECT_FALSE(each.help.empty()) << each.name;
        EXPECT_FALSE(each.examples.empty()) << each.name;
    }
    for (const char* wanted : {"status", "towns", "breaker", "bead", "wait", "completion"})
        EXPECT_NE(std::find(names.begin(), names.end(), wanted), names.end()) << wanted;
    for (const char* hidden : {"__complete", "man"})
        EXPECT_EQ(std::find(names.begin(), names.end(), hidden), names.end()) << hidden;
}

TEST_F(Generators, BashCompletesACommandAnOptionAndATown) {
    write("script", bash_completion(tree_));
    run("bash -n script");
    const auto complete = [&](const std::string& words, int at) {
        return run("bash --norc -c 'source ./script; COMP_WORDS=(" + words + "); COMP_CWORD=" +
                   std::to_string(at) + "; _townctl; printf \"%s\\n\" \"${COMPREPLY[@]}\"'");
    };
    EXPECT_EQ(complete("townctl stat", 1), "status\n");
    EXPECT_EQ(complete("townctl breaker fo", 2), "force-open\nforce-closed\n");
    EXPECT_EQ(complete("townctl pause --rea", 2), "--reason\n");
    EXPECT_EQ(complete("townctl pause t-a", 2), "t-alpha\n");
    EXPECT_EQ(complete("townctl -o json town t-", 4), "t-alpha\nt-beta\n");
    EXPECT_EQ(complete("townctl wait t-alpha --for dr", 4), "drained\n");
    EXPECT_EQ(complete("townctl status -o ya", 3), "yaml\n");
}

TEST_F(Generators, ZshCompletesACommandAnOptionAndATown) {
    write("_townctl", zsh_completion(tree_));
    run("zsh -n _townctl");
    // A shell of its own on a pseudo-terminal, which is the only place where zsh completes.
    write("try.zsh", R"sh(
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1=; fpath=($PWD \$fpath); autoload -Uz compinit; compinit -u -d $PWD/dump"
zpty -w shell 'LISTMAX=0; setopt no_beep; bindkey "^I" complete-word'
zpty -w shell 'print READY'
zpty -r shell out '*READY*READY*'
for line in "$@"; do
    zpty -w -n shell "$line"$'\t'
    out=''
    for i in {1..200}; do
        zpty -r -t shell part && out+="$part"
        [[ "$out" == *"$WANTED"* ]] && break
        zselect -t 5 2>/dev/null || sleep 0.05
    done
    print -r -- "$out"
    zpty -w shell $'\x15'
done
zpty -d shell
)sh");
    EXPECT_NE(run("TERM=dumb WANTED='status ' zsh -f try.zsh 'townctl statu'").find("status "),
              std::string::npos);
    EXPECT_NE(
        run("TERM=dumb WANTED='--reason ' zsh -f try.zsh 'townctl pause --reas'").find("--reason "),
        std::string::npos);
    EXPECT_NE(
        run("TERM=dumb WANTED='t-alpha ' zsh -f try.zsh 'townctl pause t-al'").find("t-alpha "),
        std::string::npos);
}

TEST_F(Generators, FishCompletesACommandAnOptionAndATown) {
    write("townctl.fish", fish_completion(tree_));
    run("fish --no-execute townctl.fish");
    const auto complete = [&](const std::string& line) {
        return run("fish --no-config -c 'source townctl.fish; complete -C \"" + line + "\"'");
    };
    EXPECT_TRUE(has_line(complete("townctl stat"), "status"));
    EXPECT_FALSE(has_line(complete("townctl status to"), "towns")) << "not a command there";
    EXPECT_TRUE(has_line(complete("townctl breaker forc"), "force-open"));
    EXPECT_TRUE(has_line(complete("townctl pause --rea"), "--reason"));
    EXPECT_TRUE(has_line(complete("townctl pause t-"), "t-alpha"));
    EXPECT_TRUE(has_line(complete("townctl -o json town t-"), "t-beta"));
    EXPECT_TRUE(has_line(complete("townctl wait t-alpha --for dr"), "drained"));
}

TEST_F(Generators, TheManualPageIsTheCommittedOneAndManTakesItSilently) {
    const auto page = man_page(tree_, TOWND_VERSION);
    const fs::path kept = fs::path{TOWND_SOURCE_DIR} / "docs/man/townctl.1";
    EXPECT_EQ(page, read(kept)) << "townctl man > docs/man/townctl.1";
    write("townctl.1", page);
    EXPECT_EQ(run("sh -c 'LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l ./townctl.1 2>&1 "
                  ">/dev/null'"),
              "");
    for (const auto& each : tree_.commands)
        EXPECT_NE(page.find(each.name.substr(0, each.name.find('-'))), std::string::npos);
}

}  // namespace
}  // namespace townd::ctl
