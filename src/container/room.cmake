townd_room(container
    SOURCES container/beast_client.cpp container/container_url.cpp container/exchange.cpp
            container/exchange_errors.cpp container/name_lookup.cpp container/redaction.cpp
            container/replies.cpp
            container/reply_text.cpp container/response_reader.cpp container/jwt.cpp
    NEEDS words json wire boost
    LIBS PkgConfig::jwt)
