// townd(8), which is written by hand, and townd.yaml(5), which is made from the option table.

#include <cstdio>

#include "app/commands.hpp"
#include "app/exit_codes.hpp"

namespace townd::app {
namespace {

constexpr const char* townd_page = R"(.\" Printed by: townd man townd
.TH TOWND 8 "" "townd" "System administration"
.SH NAME
townd \- dispatch reconciler daemon with circuit breakers
.SH SYNOPSIS
.B townd
.RI [ options ]
.RB [ serve ]
.br
.B townd check\-config
.RI [ path ...]
.RB [ \-\-environment ]
.RB [ "\-\-format text" | json ]
.br
.B townd print\-config
.RI [ path ...]
.RB [ \-\-defaults ]
.RB [ \-\-origin ]
.RB [ "\-\-format yaml" | json ]
.br
.B townd config schema
|
.B sample
|
.B reference
.br
.B townd adopt
.RB [ \-\-config
.IR file.json ]
.RB [ \-\-data\-dir
.IR dir ]
.RB [ \-\-as
.IR town ]
.RB [ \-\-dry\-run ]
.RB [ \-\-json ]
.IR file ...
.br
.B townd backup
|
.B restore
.I town file
.RB [ \-\-replace ]
.br
.B townd simulate
.IR scenario " | "
.B \-\-family
.I file
.RB [ \-\-count
.IR n ]
.RB [ \-\-seed
.IR s ]
.br
.B townd demo
|
.B stand\-in
|
.B man
.RI [ page ]
.SH DESCRIPTION
.B townd
holds the beads, rigs and agents of many towns, and starts an agent in a town's container for each
bead that waits.
What fails again and again is held back by circuit breakers: of one agent, of a role, of a
container, and of many towns that fail for one cause.
.SH OPTIONS
.TP
.BI \-\-config " path"
A configuration file, or a directory of them; repeatable, the later over the earlier.
A file is followed by the
.I conf.d/*.yaml
beside it.
Without it
.I /etc/townd/townd.yaml
is read, if it exists.
.TP
.BI \-\-set " key=value"
Over files and environment; repeatable.
.TP
.BI \-\-log\-level " level"
The same as
.B \-\-set log.level=\fIlevel\fP .
.TP
.B \-\-check\-config
Checks the configuration and ends.
.SH COMMANDS
.TP
.B serve
Runs the daemon. The default.
.TP
.B check\-config
Reports every mistake in one run, with line and column.
With
.B \-\-environment
also what the machine lacks: files, permissions, free ports, names.
.TP
.B print\-config
Prints every effective value; with
.B \-\-origin
where it is from and what it replaced, with
.B \-\-defaults
the defaults alone.
.TP
.B config
Prints the JSON Schema, the sample file or the reference page.
.TP
.B adopt
Takes over databases of towns that the original wrote, into the data directory of a daemon that does
not run.
A copy is repaired and every oddity told; the files themselves are only read, and no town is
overwritten.
.B \-\-config
(after the word) is the town's configuration as JSON,
.B \-\-as
its id,
.B \-\-dry\-run
tells all and writes nothing.
.TP
.BR backup ", " restore
One town's database out of the data directory of a daemon that does not run, and back into it.
.TP
.B simulate
Plays a scenario in virtual time.
With
.B \-\-family
it draws incidents from the distributions of a file
.RB ( family :
the shipped one), of seeds from
.B \-\-seed
on, and prints the worst of each figure with the seed that replays it.
.TP
.B demo
A minute's story with stand\-in containers.
.TP
.B stand\-in
A stand\-in town container.
.TP
.B man
Prints the manual page
.B townd
or
.BR townd.yaml .
.SH SIGNALS
.TP
.B SIGHUP
Reads the configuration again. A configuration with a mistake changes nothing: the old one holds,
and the status line, the log and
.I /debug/v1/config/status
say so.
.TP
.BR SIGTERM ", " SIGINT
Ends: no new starts, answers on their way are awaited, the rest is recorded. A second one ends at
once.
.SH "EXIT STATUS"
.TP
.B 0
Ended as asked, or the check found nothing.
.TP
.B 1
Failed while running.
.TP
.B 3
There is no such town or file.
.TP
.B 5
The town exists already, or it is another's backup.
.TP
.B 64
Wrong usage.
.TP
.B 69
An address is taken.
.TP
.B 75
Another daemon holds the data directory.
.TP
.B 78
A mistake in the configuration, or in a file that it names.
.SH ENVIRONMENT
.TP
.B TOWND_SECTION__KEY
A key of the configuration, as
.BR TOWND_DISPATCH__MAX_IN_FLIGHT .
.TP
.B CREDENTIALS_DIRECTORY
Where secret files with a relative name are looked for first.
.TP
.BR NOTIFY_SOCKET ", " WATCHDOG_USEC
Of the service manager.
.SH FILES
.TP
.I /etc/townd/townd.yaml
.TQ
.I /etc/townd/conf.d/*.yaml
The configuration.
.TP
.I /var/lib/townd
The data, one database a town.
.SH SEE ALSO
.BR townd.yaml (5),
.BR townctl (1)
)";

}  // namespace

int print_manual(const std::string& page) {
    std::fputs(page == "townd.yaml" ? config::manual().c_str() : townd_page, stdout);
    return exit_ok;
}

}  // namespace townd::app
