townd_room(ctl BATCHED
    SOURCES ctl/call.cpp ctl/interrupt.cpp ctl/find_daemon.cpp ctl/session.cpp ctl/near.cpp
            ctl/text.cpp ctl/yaml.cpp ctl/output.cpp ctl/views.cpp ctl/lists.cpp ctl/details.cpp
            ctl/status.cpp ctl/orders.cpp ctl/waiting.cpp ctl/progress.cpp ctl/follow.cpp
            ctl/upkeep.cpp ctl/command_line.cpp ctl/commands_read.cpp ctl/commands_order.cpp
            ctl/commands_upkeep.cpp ctl/commands_generate.cpp ctl/tree.cpp
            ctl/completion.cpp ctl/man_page.cpp ctl/townctl.cpp
    NEEDS words json wire config sys LIBS CLI11::CLI11)
