#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>
#include <vector>

#include "container/beast_client.hpp"
#include "container/reach.hpp"

namespace townd::container {
namespace {

TEST(ContainerUrl, IsTakenApart) {
    struct row {
        std::string text;
        bool tls;
        std::string host_port;
        std::string path;
    };
    const std::vector<row> rows{
        {"http://10.0.0.1:8080", false, "10.0.0.1:8080", ""},
        {"HTTP://Town-7.Example_a.org", false, "town-7.example_a.org:80", ""},
        {"https://h/", true, "h:443", ""},
        {"https://h:1/a/b//", true, "h:1", "/a/b"},
        {"http://[::1]:65535/x", false, "[::1]:65535", "/x"},
        {"http://[2001:db8::1]", false, "[2001:db8::1]:80", ""},
    };
    for (const row& one : rows) {
        const auto url = parse_container_url(one.text);
        ASSERT_TRUE(url.has_value()) << one.text << ": " << url.error().what;
        EXPECT_EQ(url->tls, one.tls);
        EXPECT_EQ(url->host_port(), one.host_port);
        EXPECT_EQ(url->path, one.path);
    }
}

TEST(ContainerUrl, RefusesWhatIsNoneOrReachesTooFar) {
    const std::vector<std::string> rows{"",
                                        "http://",
                                        "https:///x",
                                        "ftp://h",
                                        "h:80",
                                        "//h",
                                        "http:/h",
                                        "http://:80",
                                        "http://h:",
                                        "http://h:0",
                                        "http://h:65536",
                                        "http://h:080000",
                                        "http://h:+8",
                                        "http://h:80:80",
                                        "http://u@h",
                                        "http://u:p@h",
                                        "http://h/#f",
                                        "http://h?q",
                                        "http://h/a b",
                                        "http://h\r\n",
                                        "http://h\\x",
                                        "http://h%2f",
                                        "http://\xc3\xbc",
                                        "http://[::1",
                                        "http://[::1]x",
                                        "http://[fe80::1%25eth0]",
                                        "http://[nonsense]",
                                        "http://" + std::string(300, 'a'),
                                        "http://h/" + std::string(3000, 'a'),
                                        "http://169.254.169.254",
                                        "http://169.254.0.1:80",
                                        "http://0.0.0.0:8080",
                                        "http://0.1.2.3",
                                        "http://224.0.0.1",
                                        "http://239.255.255.255",
                                        "http://[::]",
                                        "http://[::ffff:169.254.169.254]",
                                        "http://[::ffff:0.0.0.0]",
                                        "http://[ff02::1]",
                                        "http://[fe80::1]",
                                        "http://[64:ff9b::a9fe:a9fe]"};
    for (const std::string& text : rows) {
        const auto url = parse_container_url(text);
        ASSERT_FALSE(url.has_value()) << text;
        EXPECT_EQ(url.error().kind, errc::invalid);
        EXPECT_EQ(url.error().what.find("container_url: "), 0U) << url.error().what;
    }
}

TEST(ContainerUrl, NeverRepeatsAPassword) {
    const auto url = parse_container_url("http://user:hunter2@h");
    ASSERT_FALSE(url.has_value());
    EXPECT_EQ(url.error().what.find("hunter2"), std::string::npos);
}

TEST(Reach, AllowsLoopbackAndPrivateAddresses) {
    for (const char* text : {"127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "fd00::1",
                             "::ffff:10.0.0.1", "169.253.255.255", "169.255.0.0", "1.1.1.1"})
        EXPECT_FALSE(refused_address(boost::asio::ip::make_address(text)).has_value()) << text;
}

}  // namespace
}  // namespace townd::container
