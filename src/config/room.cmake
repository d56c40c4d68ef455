townd_room(config
    SOURCES config/cross_rules.cpp config/duration.cpp config/excerpts.cpp config/json_text.cpp
            config/layers.cpp config/load.cpp config/option_table.cpp config/option_values.cpp
            config/option_words.cpp config/print.cpp config/reference.cpp config/sample.cpp
            config/schema.cpp config/sections.cpp config/sources.cpp config/text_checks.cpp
            config/unknown_keys.cpp config/yaml_tree.cpp config/retired_keys.cpp
    NEEDS words
    LIBS yaml-cpp)
