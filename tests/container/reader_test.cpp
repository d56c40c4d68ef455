#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "container/response_reader.hpp"

namespace townd::container {
namespace {

response_reader::progress feed(response_reader& reader, std::string_view bytes) {
    auto said = response_reader::progress::more;
    while (!bytes.empty() && said == response_reader::progress::more) {
        const auto room = reader.room();
        const std::size_t now = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), now);
        bytes.remove_prefix(now);
        said = reader.commit(now);
    }
    return said;
}

// However a peer cuts its answer into pieces, it is the same answer: Beast's own parser ends the
// process by an assertion when the last chunk comes as `0\r\n`, then `\r`.
TEST(ResponseReader, EveryWayToCutAChunkedAnswerGivesTheSame) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& body : {std::string{"0\r\n\r\n"}, std::string{"2\r\nok\r\n0\r\n\r\n"},
                                    std::string{"1;x=y\r\no\r\n1\r\nk\r\n0\r\nA: b\r\n\r\n"}}) {
        const std::string whole = head + body;
        for (std::size_t first = 1; first < whole.size(); ++first) {
            for (std::size_t second = first; second < whole.size(); ++second) {
                response_reader reader({});
                auto said = feed(reader, std::string_view(whole).substr(0, first));
                ASSERT_EQ(said, response_reader::progress::more) << first;
                said = feed(reader, std::string_view(whole).substr(first, second - first));
                ASSERT_EQ(said, response_reader::progress::more) << first << " " << second;
                said = feed(reader, std::string_view(whole).substr(second));
                ASSERT_EQ(said, response_reader::progress::done) << first << " " << second;
                http_answer answer;
                reader.fill(answer);
                ASSERT_EQ(answer.body, body.size() == 5 ? "" : "ok");
            }
        }
    }
}

}  // namespace
}  // namespace townd::container
