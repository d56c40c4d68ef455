#pragma once
// Certificates made on the spot, and a raw server's connection spoken to by TLS.

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "raw_server.hpp"

namespace townd::test {

/// A self-signed certificate and its key. Written to a directory that goes with the object.
class test_certificate {
public:
    /// `names` as OpenSSL's subjectAltName wants them, like `DNS:localhost,IP:127.0.0.1`.
    /// Valid from `from` to `until`, seconds relative to now.
    explicit test_certificate(const std::string& names, long from = -3600, long until = 3600);
    ~test_certificate();
    test_certificate(const test_certificate&) = delete;
    test_certificate& operator=(const test_certificate&) = delete;

    const std::string& file() const { return file_; }
    SSL_CTX* server() const { return context_.get(); }

private:
    std::string directory_;
    std::string file_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{nullptr, SSL_CTX_free};
};

/// Plays a TLS server on the connection: handshake, read the request, send `reply`, close.
/// Returns the server name that the client asked for; empty when the handshake failed.
std::string serve_tls(const raw_peer& peer, SSL_CTX* context, std::string_view reply);

}  // namespace townd::test
