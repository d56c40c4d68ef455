#include "tls_peer.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace townd::test {
namespace {

void must(bool fine) {
    if (!fine) throw std::runtime_error("the test certificate cannot be made");
}

void add_extension(X509* certificate, int nid, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    must(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

test_certificate::test_certificate(const std::string& names, long from, long until) {
    std::string pattern = (std::filesystem::temp_directory_path() / "townd-tls-XXXXXX").string();
    must(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    file_ = directory_ + "/certificate.pem";
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
    must(key != nullptr && certificate != nullptr);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const std::string common = "townd test";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), NID_subject_alt_name, names.c_str());
    must(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    std::FILE* out = std::fopen(file_.c_str(), "w");
    must(out != nullptr);
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
    context_.reset(SSL_CTX_new(TLS_server_method()));
    must(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1);
    must(SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
}

test_certificate::~test_certificate() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string serve_tls(const raw_peer& peer, SSL_CTX* context, std::string_view reply) {
    const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context), SSL_free);
    SSL_set_fd(tls.get(), peer.fd());
    if (SSL_accept(tls.get()) != 1) {
        peer.wait_for_close();
        return {};
    }
    std::array<char, 4096> request{};
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
        const int n = SSL_read(tls.get(), request.data(), static_cast<int>(request.size()));
        if (n <= 0) return {};
        got.append(request.data(), static_cast<std::size_t>(n));
    }
    SSL_write(tls.get(), reply.data(), static_cast<int>(reply.size()));
    SSL_shutdown(tls.get());
    const char* name = SSL_get_servername(tls.get(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "no name";
}

}  // namespace townd::test
