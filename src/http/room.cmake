# HTTP plumbing: listener, sessions, routes. Knows no town.
townd_room(http
    SOURCES
        http/message.cpp
        http/target.cpp
        http/router.cpp
        http/request_check.cpp
        http/reply.cpp
        http/listen_address.cpp
        http/bind.cpp
        http/listener.cpp
        http/answer.cpp
        http/stream.cpp
        http/session.cpp
        http/session_stream.cpp
        http/server.cpp
        http/gzip.cpp
    NEEDS words json wire boost LIBS ZLIB::ZLIB)
