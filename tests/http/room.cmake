townd_test(http_test
    SOURCES http/pieces_test.cpp http/router_test.cpp http/session_test.cpp
        http/responder_test.cpp http/server_test.cpp http/hostile_test.cpp http/stream_test.cpp
    NEEDS http)
