#include "ctl/man_page.hpp"

namespace townd::ctl {
namespace {

// Text that roff takes as it is: no line of it begins a request, no dash becomes another sign.
std::string roff(const std::string& text) {
    std::string out;
    bool begins = true;
    for (const char c : text) {
        if (begins && (c == '.' || c == '\'')) out += "\\&";
        begins = c == '\n';
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '\'')
            out += "\\(aq";
        else
            out += c;
    }
    return out;
}

std::string option_term(const option_node& option) {
    std::string out;
    for (const auto& name : option.names)
        out += (out.empty() ? "" : ", ") + ("\\fB" + roff(name) + "\\fR");
    if (!option.value.empty()) out += " \\fI" + roff(option.value) + "\\fR";
    return out;
}

std::string option_text(const option_node& option) {
    std::string out = ".TP\n" + option_term(option) + "\n" + roff(option.help);
    if (!option.choices.empty()) {
        out += ":";
        for (const auto& each : option.choices)
            out += " " + roff(each) + (&each == &option.choices.back() ? "" : ",");
    }
    return out + ".\n";
}

std::string synopsis(const command_node& node, const std::string& path) {
    std::string out = "\\fB" + roff(path) + "\\fR";
    for (const auto& each : node.positionals) {
        const std::string name = "\\fI" + roff(each.name) + "\\fR";
        out += " " + (each.required ? name : "[" + name + "]");
    }
    if (!node.options.empty()) out += " [\\fIoptions\\fR]";
    return out;
}

void add_command(std::string& out, const command_node& node, const std::string& path) {
    if (node.commands.empty()) {
        out += ".SS " + synopsis(node, path) + "\n" + roff(node.help) + ".\n";
        for (const auto& each : node.positionals)
            out += ".TP\n\\fI" + roff(each.name) + "\\fR\n" + roff(each.help) + ".\n";
        for (const auto& each : node.options)
            if (each.names.back() != "--help") out += option_text(each);
        if (!node.examples.empty())
            out += ".PP\n.nf\n.RS 4\n" + roff(node.examples) + "\n.RE\n.fi\n";
    }
    for (const auto& sub : node.commands)
        add_command(out, sub, path.empty() ? sub.name : path + " " + sub.name);
}

constexpr const char* description = R"(.SH DESCRIPTION
townctl asks a running \fBtownd\fR(8) how its towns are, why a bead is not started and what
happened, and gives it orders.
It talks to the daemon over its unix socket, or over TCP.
Data goes to standard output, everything else to standard error.
.PP
A
.I TOWN
is named by its id, by a start of its id that no other town has, or by its exact name.
Orders need a
.BR \-\-reason ;
on a terminal it is asked for.
Orders for more than one town need
.BR \-\-yes ,
or an answer on a terminal.
)";

constexpr const char* after_commands = R"(.SH FINDING THE DAEMON
The first of these that is given is used:
.BR \-\-socket ,
.BR \-\-addr ,
.BR $TOWND_SOCKET ,
.BR $TOWND_ADDR .
Without any, these are tried in turn: the ctl.socket of
.I /etc/townd/townd.yaml
when it can be read,
.IR /run/townd/ctl.sock ,
.IR /var/lib/townd/ctl.sock ,
.IR ./townd\-data/ctl.sock ,
and 127.0.0.1:9191, which takes orders only with a token.
.SH OUTPUT
.TP
.BR table ", " wide
For people.
On a terminal, lines are cut to its width with an ellipsis, but with
.B wide
they are not; elsewhere nothing is ever cut.
.TP
.B json
The daemon's answer as it came.
.TP
.B jsonl
One line of JSON for each row.
.TP
.B yaml
The same values as YAML.
.TP
.B name
The names of the rows and nothing else.
.PP
Colours are used on a terminal only, not with
.BR $NO_COLOR ,
not with TERM=dumb.
.SH EXIT STATUS
.TP
.B 0
Done; healthy.
.TP
.B 1
It ran, but the answer is bad (doctor, status \-\-exit\-code), or it could not be done.
.TP
.B 2
A dry run found something to change.
.TP
.B 3
Not found.
.TP
.B 4
A wait timed out.
.TP
.B 5
Against the present state, or the count was another than expected.
.TP
.B 64
The command line is wrong.
.TP
.B 69
No daemon answers.
.TP
.B 77
Not permitted.
.TP
.B 78
The configuration is wrong.
.TP
.B 130
Interrupted.
.SH ENVIRONMENT
.TP
.BR TOWND_SOCKET ", " TOWND_ADDR ", " TOWND_TOKEN_FILE
As \-\-socket, \-\-addr and \-\-token\-file.
.TP
.BR NO_COLOR ", " TERM
No colours when NO_COLOR is not empty, or when TERM is dumb.
.SH SEE ALSO
.BR townd (8),
.BR townd.yaml (5)
)";

}  // namespace

std::string man_page(const command_node& tree, const std::string& version) {
    std::string out =
        ".\\\" Made by townctl man; not to be edited.\n"
        ".TH TOWNCTL 1 \"\" \"townd " +
        roff(version) +
        "\" \"User Commands\"\n"
        ".SH NAME\ntownctl \\- ask a running townd and give it orders\n"
        ".SH SYNOPSIS\n.B townctl\n[\\fIoptions\\fR] \\fIcommand\\fR ...\n";
    out += description;
    out += ".PP\n.nf\n.RS 4\n" + roff(tree.examples) + "\n.RE\n.fi\n";
    out += ".SH OPTIONS\nEvery command takes these.\n";
    for (const auto& each : tree.options)
        out += option_text(each);
    out += ".SH COMMANDS\n";
    for (const auto& each : tree.commands)
        add_command(out, each, each.name);
    return out + after_commands;
}

}  // namespace townd::ctl
