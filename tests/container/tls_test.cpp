#include <csignal>

#include "client_rig.hpp"
#include "tls_peer.hpp"

namespace townd::test {
namespace {

using namespace std::chrono_literals;

// OpenSSL's servers write with write(2): a client that leaves would end the test.
const auto no_sigpipe = std::signal(SIGPIPE, SIG_IGN);

const std::string good_reply = http_reply("200 OK", "{}");

container::client_options trusting(const test_certificate& certificate) {
    container::client_options options;
    options.ca_file = certificate.file();
    return options;
}

void expect_tls_failure(const http_answer& answer, const std::string& words) {
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(to_text(answer.error->code()), "tls_failed") << answer.error->message();
    EXPECT_EQ(answer.error->phase(), error_phase::tls);
    EXPECT_NE(answer.error->message().find(words), std::string::npos) << answer.error->message();
    EXPECT_FALSE(answer.request_sent);
    EXPECT_FALSE(answer.status.has_value());
}

TEST(BeastClientTls, TrustsACertificateOfTheCaFile) {
    const test_certificate certificate("DNS:localhost,IP:127.0.0.1");
    client_rig rig(trusting(certificate));
    std::promise<std::string> name;
    const raw_server server([&](const raw_peer& peer) {
        name.set_value(serve_tls(peer, certificate.server(), good_reply));
    });
    const http_answer answer = rig.call(client_rig::get(server.url("https", "localhost")));
    EXPECT_FALSE(answer.error.has_value()) << answer.error->message();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(name.get_future().get(), "localhost");
    ASSERT_EQ(answer.phases.size(), 6U);
    EXPECT_EQ(answer.phases[2].name, "tls");
}

TEST(BeastClientTls, ChecksAnAddressAgainstTheCertificateToo) {
    const test_certificate certificate("IP:127.0.0.1");
    client_rig rig(trusting(certificate));
    std::promise<std::string> name;
    const raw_server server([&](const raw_peer& peer) {
        name.set_value(serve_tls(peer, certificate.server(), good_reply));
    });
    EXPECT_EQ(rig.call(client_rig::get(server.url("https"))).status, 200);
    EXPECT_EQ(name.get_future().get(), "no name");
}

TEST(BeastClientTls, RefusesACertificateThatNobodyVouchesFor) {
    const test_certificate certificate("IP:127.0.0.1");
    client_rig rig;
    const raw_server server(
        [&](const raw_peer& peer) { serve_tls(peer, certificate.server(), good_reply); });
    expect_tls_failure(rig.call(client_rig::get(server.url("https"))), "self-signed certificate");
    rig.expect_alive();
}

TEST(BeastClientTls, RefusesACertificateOfAnotherHost) {
    const test_certificate certificate("DNS:other.example");
    client_rig rig(trusting(certificate));
    const raw_server server(
        [&](const raw_peer& peer) { serve_tls(peer, certificate.server(), good_reply); });
    const std::string words = "ostname mismatch";
    expect_tls_failure(rig.call(client_rig::get(server.url("https"))), words);
    expect_tls_failure(rig.call(client_rig::get(server.url("https", "localhost"))), words);
}

TEST(BeastClientTls, RefusesAnExpiredCertificate) {
    const test_certificate certificate("IP:127.0.0.1", -7200, -3600);
    client_rig rig(trusting(certificate));
    const raw_server server(
        [&](const raw_peer& peer) { serve_tls(peer, certificate.server(), good_reply); });
    expect_tls_failure(rig.call(client_rig::get(server.url("https"))), "expired");
}

TEST(BeastClientTls, RefusesAnOldProtocol) {
    const test_certificate certificate("IP:127.0.0.1");
    SSL_CTX_set_max_proto_version(certificate.server(), TLS1_1_VERSION);
    client_rig rig(trusting(certificate));
    const raw_server server(
        [&](const raw_peer& peer) { serve_tls(peer, certificate.server(), good_reply); });
    expect_tls_failure(rig.call(client_rig::get(server.url("https"))), "TLS with 127.0.0.1:");
}

TEST(BeastClientTls, NamesHttpsToAPlainPort) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) {
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        peer.wait_for_close();
    });
    expect_tls_failure(rig.call(client_rig::get(server.url("https"))), "wrong version number");
}

TEST(BeastClientTls, NamesAPeerThatLeavesWithinTheHandshake) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) {
        char byte = 0;
        (void)::recv(peer.fd(), &byte, 1, MSG_PEEK);
        ::shutdown(peer.fd(), SHUT_WR);
        peer.wait_for_close();
    });
    expect_tls_failure(rig.call(client_rig::get(server.url("https"))), "closed the connection");
}

TEST(BeastClientTls, BoundsAHandshakeThatHangs) {
    client_rig rig;
    const raw_server server([](const raw_peer& peer) { peer.wait_for_close(); });
    http_call request = client_rig::get(server.url("https"));
    request.connect_timeout = 300ms;
    const http_answer answer = rig.call(request);
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::connect_timeout);
    EXPECT_EQ(answer.error->phase(), error_phase::tls);
    EXPECT_FALSE(answer.request_sent);
    rig.expect_alive();
}

TEST(BeastClientTls, NamesPlainHttpToATlsPort) {
    client_rig rig;
    // A TLS server's alert has seven bytes, fewer than a status line, and nothing follows it.
    const raw_server server([](const raw_peer& peer) {
        peer.read_request();
        peer.send({"\x15\x03\x01\x00\x02\x02\x46", 7});
        peer.wait_for_close();
    });
    const http_call request = client_rig::get(server.url());
    const http_answer answer = rig.call(request);
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_NE(answer.error->message().find("looks like TLS"), std::string::npos)
        << answer.error->message();
    EXPECT_EQ(answer.error->code(), error_code::body_invalid);
    EXPECT_EQ(answer.error->phase(), error_phase::header);
}

TEST(BeastClientTls, NamesACaFileThatIsNone) {
    container::client_options options;
    options.ca_file = "/nonexistent/ca.pem";
    client_rig rig(options);
    const http_answer answer = rig.call(client_rig::get("https://127.0.0.1:9"));
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->code(), error_code::config_invalid);
    EXPECT_NE(answer.error->message().find("/nonexistent/ca.pem"), std::string::npos);
    rig.expect_alive();
}

}  // namespace
}  // namespace townd::test
