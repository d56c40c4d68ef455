townd_test(container_test
    SOURCES container/beast_client_test.cpp container/container_url_test.cpp
            container/jwt_test.cpp container/malformed_answers_test.cpp
            container/reader_test.cpp container/redaction_test.cpp container/replies_test.cpp container/tls_peer.cpp container/tls_test.cpp
    NEEDS container)
