townd_room(config
    SOURCES config/cross_rules.cpp config/duration.cpp config/load.cpp config/option_table.cpp
            config/option_values.cpp config/print.cpp config/text_checks.cpp config/yaml_tree.cpp
    NEEDS words
    LIBS yaml-cpp)
