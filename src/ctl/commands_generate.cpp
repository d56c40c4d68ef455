#include <memory>

#include "ctl/command_line.hpp"
#include "ctl/completion.hpp"
#include "ctl/man_page.hpp"
#include "ctl/output.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

// Needs no daemon.
using generator = std::string (*)(const command_node&);

void add_hidden(command_line& to) {
    auto words = std::make_shared<std::vector<std::string>>();
    auto& complete = to.add(
        to.app(), "__complete", "for the shells' completion", "",
        [words](session& of) { return complete_towns(of, words->size() > 1 ? (*words)[1] : ""); });
    complete.group("");
    complete.add_option("words", *words, "what is completed, and how it begins");
    to.add(to.app(), "man", "the manual page", "", [&to](session&) {
          print(man_page(tree_of(to.app()), to.version()));
          return exit_ok;
      }).group("");
}

}  // namespace

void add_generators(command_line& to) {
    auto& completion = to.add(to.app(), "completion", "a script that completes for a shell",
                              "  townctl completion bash > "
                              "~/.local/share/bash-completion/completions/townctl\n"
                              "  townctl completion zsh > ~/.zfunc/_townctl\n"
                              "  townctl completion fish > "
                              "~/.config/fish/completions/townctl.fish",
                              nullptr);
    const auto add = [&](const char* shell, generator make) {
        to.add(completion, shell, std::string{"for "} + shell,
               std::string{"  townctl completion "} + shell, [&to, make](session&) {
                   print(make(tree_of(to.app())));
                   return exit_ok;
               });
    };
    add("bash", bash_completion);
    add("zsh", zsh_completion);
    add("fish", fish_completion);
    add_hidden(to);
}

}  // namespace townd::ctl
