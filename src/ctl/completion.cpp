#include "ctl/completion.hpp"

#include <unistd.h>

#include <csignal>
#include <functional>

#include "ctl/output.hpp"
#include "townd/words/exit_codes.hpp"

namespace townd::ctl {
namespace {

constexpr unsigned seconds_max = 1;
constexpr int towns_max = 1000;

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
    std::string out;
    for (const auto& each : words)
        out += (out.empty() ? "" : between) + each;
    return out;
}

// Calls `take` for each command with its path, as ` breaker reset`.
void each_command(const command_node& node, const std::string& path,
                  const std::function<void(const command_node&, const std::string&)>& take) {
    take(node, path);
    for (const auto& sub : node.commands)
        each_command(sub, path + " " + sub.name, take);
}

std::vector<std::string> names_of(const std::vector<option_node>& options) {
    std::vector<std::string> out;
    for (const auto& each : options)
        out.insert(out.end(), each.names.begin(), each.names.end());
    return out;
}

std::vector<std::string> names_of(const std::vector<command_node>& commands) {
    std::vector<std::string> out;
    for (const auto& each : commands)
        out.push_back(each.name);
    return out;
}

// What stands behind a word, for all three shells: `=a b`, `@town`, `@file`, or nothing known.
std::string values_of(const std::string& name, const std::string& value,
                      const std::vector<std::string>& choices) {
    if (!choices.empty()) return "=" + joined(choices);
    if (takes_town(name)) return "@town";
    if (takes_file(value) || takes_file(name)) return "@file";
    return "@none";
}

// ---- bash ---------------------------------------------------------------------------------------

// Tables that the function below reads: commands, options, the values of options and of places.
std::string bash_tables(const command_node& tree) {
    std::string commands;
    std::string options;
    std::string values;
    std::string places;
    each_command(tree, tree.name, [&](const command_node& node, const std::string& path) {
        const std::string key = "['" + path + "']=";
        if (!node.commands.empty())
            commands += "    " + key + "'" + joined(names_of(node.commands)) + "'\n";
        options += "    " + key + "'" + joined(names_of(node.options)) + "'\n";
        for (const auto& option : node.options)
            for (const auto& name : option.names)
                if (!option.value.empty())
                    values += "    ['" + path + " " + name + "']='" +
                              values_of(name, option.value, option.choices) + "'\n";
        for (std::size_t i = 0; i < node.positionals.size(); ++i)
            places += "    ['" + path + " " + std::to_string(i) + "']='" +
                      values_of(node.positionals[i].name, node.positionals[i].name,
                                node.positionals[i].choices) +
                      "'\n";
    });
    return "declare -gA _townctl_commands=(\n" + commands + ")\ndeclare -gA _townctl_options=(\n" +
           options + ")\ndeclare -gA _townctl_values=(\n" + values +
           ")\ndeclare -gA _townctl_places=(\n" + places + ")\n";
}

constexpr const char* bash_code = R"sh(
_townctl_fill() {
    local kind="$1" begin="$2"
    case "$kind" in
        =*) COMPREPLY=($(compgen -W "${kind#=}" -- "$begin")) ;;
        @town)
            local towns="$("${COMP_WORDS[0]}" __complete towns "$begin" 2>/dev/null)"
            COMPREPLY=($(compgen -W "$towns" -- "$begin"))
            ;;
        @file) compopt -o default 2>/dev/null; COMPREPLY=($(compgen -f -- "$begin")) ;;
    esac
}

_townctl() {
    local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"
    local path=townctl place=0 i word kind
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if [[ "$word" == -* ]]; then
            kind="${_townctl_values["$path $word"]:-${_townctl_values["townctl $word"]:-}}"
            [[ -n "$kind" ]] && ((i++))
            continue
        fi
        if [[ " ${_townctl_commands["$path"]:-} " == *" $word "* ]]; then
            path="$path $word"
            place=0
        else
            ((place++))
        fi
    done
    if [[ "$before" == "=" && $COMP_CWORD -ge 2 ]]; then
        before="${COMP_WORDS[COMP_CWORD-2]}"
    elif [[ "$current" == "=" ]]; then
        current=""
    fi
    if [[ "$before" == -* ]]; then
        kind="${_townctl_values["$path $before"]:-${_townctl_values["townctl $before"]:-}}"
        if [[ -n "$kind" ]]; then
            _townctl_fill "$kind" "$current"
            return 0
        fi
    fi
    if [[ "$current" == -* ]]; then
        local names="${_townctl_options["$path"]:-} ${_townctl_options[townctl]:-}"
        COMPREPLY=($(compgen -W "$names" -- "$current"))
    elif [[ -n "${_townctl_commands["$path"]:-}" ]]; then
        COMPREPLY=($(compgen -W "${_townctl_commands["$path"]}" -- "$current"))
    else
        _townctl_fill "${_townctl_places["$path $place"]:-}" "$current"
    fi
    return 0
}
complete -F _townctl townctl
)sh";

// ---- zsh ----------------------------------------------------------------------------------------

// For _describe: `word:help`, in single quotes.
std::string zsh_entry(const std::string& word, const std::string& help) {
    std::string out = "'";
    for (const char c : word)
        out += c == ':' ? std::string{"\\:"} : std::string(1, c);
    out += ':';
    for (const char c : help)
        out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
    return out + "'";
}

std::string zsh_tables(const command_node& tree) {
    std::string commands;
    std::string options;
    std::string values;
    std::string places;
    each_command(tree, "", [&](const command_node& node, const std::string& path) {
        const std::string key = "        '" + path + "') ";
        std::string list;
        for (const auto& sub : node.commands)
            list += " " + zsh_entry(sub.name, sub.help);
        if (!list.empty()) commands += key + "list=(" + list + " ) ;;\n";
        std::string names;
        for (const auto& option : node.options)
            for (const auto& name : option.names) {
                names += " " + zsh_entry(name, option.help);
                if (!option.value.empty())
                    values += "        '" + path + " " + name + "') kind='" +
                              values_of(name, option.value, option.choices) + "' ;;\n";
            }
        options += key + "list+=(" + names + " ) ;;\n";
        for (std::size_t i = 0; i < node.positionals.size(); ++i)
            places += "        '" + path + " " + std::to_string(i) + "') kind='" +
                      values_of(node.positionals[i].name, node.positionals[i].name,
                                node.positionals[i].choices) +
                      "' ;;\n";
    });
    const auto function = [](const char* name, const std::string& cases) {
        return std::string{name} + "() {\n    case \"$1\" in\n" + cases + "    esac\n}\n";
    };
    return function("_townctl_commands", commands) + function("_townctl_options", options) +
           function("_townctl_values", values) + function("_townctl_places", places);
}

constexpr const char* zsh_code = R"sh(
_townctl_fill() {
    local -a found
    case "$1" in
        "="*) found=(${=1#=}); compadd -a found ;;
        @town)
            found=(${(f)"$(townctl __complete towns "$PREFIX" 2>/dev/null)"})
            compadd -a found
            ;;
        @file) _files ;;
    esac
}

_townctl() {
    local chain="" kind="" word=""
    local -a list
    local -i place=0 i
    for ((i = 2; i < CURRENT; i++)); do
        word="${words[i]}"
        if [[ "$word" == -* ]]; then
            kind=""; _townctl_values "$chain $word"
            [[ -n "$kind" ]] || _townctl_values " $word"
            [[ -n "$kind" ]] && ((i++))
            continue
        fi
        list=(); _townctl_commands "$chain"
        if ((${list[(I)$word:*]})); then
            chain="$chain $word"; place=0
        else
            ((place++))
        fi
    done
    word="${words[CURRENT-1]}"
    if [[ "$word" == -* ]]; then
        kind=""; _townctl_values "$chain $word"
        [[ -n "$kind" ]] || _townctl_values " $word"
        if [[ -n "$kind" ]]; then _townctl_fill "$kind"; return; fi
    fi
    list=()
    if [[ "$PREFIX" == -* ]]; then
        _townctl_options "$chain"; [[ -n "$chain" ]] && _townctl_options ""
        _describe -o option list
        return
    fi
    _townctl_commands "$chain"
    if ((${#list})); then _describe command list; return; fi
    kind=""; _townctl_places "$chain $place"; _townctl_fill "$kind"
}

if [[ "$funcstack[1]" == _townctl ]]; then
    _townctl "$@"
else
    compdef _townctl townctl
fi
)sh";

// ---- fish ---------------------------------------------------------------------------------------

std::string fish_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' || c == '\\' ? std::string{"\\"} + c : std::string(1, c);
    return out + "'";
}

std::string fish_values(const std::string& kind) {
    if (kind.starts_with("=")) return " -x -a " + fish_quoted(kind.substr(1));
    if (kind == "@town") return " -x -a '(__townctl_towns)'";
    if (kind == "@file") return " -r -F";
    return " -x";
}

std::string fish_rules(const command_node& tree) {
    std::string out;
    each_command(tree, "", [&](const command_node& node, const std::string& path) {
        const std::string here =
            "complete -c townctl -n " + fish_quoted("__townctl_at '" + path + "'");
        const std::string any = path.empty() ? "complete -c townctl" : here;
        for (const auto& sub : node.commands)
            out += here + " -f -a " + fish_quoted(sub.name) + " -d " + fish_quoted(sub.help) + "\n";
        for (const auto& option : node.options) {
            out += any;
            for (const auto& name : option.names)
                out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (!option.value.empty())
                out += fish_values(values_of(option.names.back(), option.value, option.choices));
            out += " -d " + fish_quoted(option.help) + "\n";
        }
        for (std::size_t i = 0; i < node.positionals.size(); ++i) {
            const auto kind = values_of(node.positionals[i].name, node.positionals[i].name,
                                        node.positionals[i].choices);
            if (kind == "@none") continue;
            out += "complete -c townctl -n " +
                   fish_quoted("__townctl_at '" + path + "' " + std::to_string(i)) +
                   fish_values(kind) + "\n";
        }
    });
    return out;
}

// The words that are commands, and those that take a value, as fish lists.
std::string fish_tables(const command_node& tree) {
    std::string commands;
    std::string values;
    each_command(tree, "", [&](const command_node& node, const std::string& path) {
        if (!path.empty()) commands += " " + fish_quoted(path);
        for (const auto& option : node.options)
            for (const auto& name : option.names)
                if (!option.value.empty()) values += " " + fish_quoted(path + " " + name);
    });
    return "set -g __townctl_commands" + commands + "\nset -g __townctl_values" + values + "\n";
}

constexpr const char* fish_code = R"sh(
function __townctl_towns
    townctl __complete towns (commandline -ct) 2>/dev/null
end

# Whether the command line stands at this command, and at its place of that number.
function __townctl_at
    set -l chain ''
    set -l place 0
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            if contains -- "$chain $word" $__townctl_values
                or contains -- " $word" $__townctl_values
                set skip 1
            end
        else if contains -- "$chain $word" $__townctl_commands
            set chain "$chain $word"
            set place 0
        else
            set place (math $place + 1)
        end
    end
    test "$chain" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; or test $place = "$argv[2]"
end
complete -c townctl -f
)sh";

}  // namespace

std::string bash_completion(const command_node& tree) {
    return "# bash completion for townctl; made by townctl completion bash\n" + bash_tables(tree) +
           bash_code;
}

std::string zsh_completion(const command_node& tree) {
    return "#compdef townctl\n# made by townctl completion zsh\n" + zsh_tables(tree) + zsh_code;
}

std::string fish_completion(const command_node& tree) {
    return "# fish completion for townctl; made by townctl completion fish\n" + fish_tables(tree) +
           fish_code + fish_rules(tree);
}

int complete_towns(session& of, const std::string& begin) {
    std::signal(SIGALRM, [](int) { ::_exit(exit_ok); });
    ::alarm(seconds_max);
    const auto got = of.get("/debug/v1/towns?limit=" + std::to_string(towns_max) +
                            (begin.empty() ? "" : "&q=" + escaped(begin)));
    if (!got) return exit_ok;
    for (const auto& each : member(got->value, "items"))
        if (const auto id = cell(each, "town"); id.starts_with(begin)) print(id);
    return exit_ok;
}

}  // namespace townd::ctl
