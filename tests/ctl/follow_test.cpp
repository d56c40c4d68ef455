#include "ctl/follow.hpp"

#include <gtest/gtest.h>

namespace townd::ctl {
namespace {

using event = event_reader::event;

TEST(CtlEventReader, PutsEventsTogetherHoweverTheyCome) {
    const std::string stream =
        ": hello\n\nid: 7\nevent: note\ndata: {\"a\":1}\n\nid:8\r\ndata: one\r\ndata: two\r\n\r\n";
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        event_reader reader;
        std::vector<event> got;
        for (std::size_t at = 0; at < stream.size(); at += size)
            ASSERT_TRUE(reader.add(std::string_view{stream}.substr(at, size), [&](const event& e) {
                got.push_back(e);
                return true;
            }));
        ASSERT_EQ(got.size(), 2U) << size;
        EXPECT_EQ(got[0].id, "7");
        EXPECT_EQ(got[0].type, "note");
        EXPECT_EQ(got[0].data, "{\"a\":1}");
        EXPECT_EQ(got[1].id, "8");
        EXPECT_EQ(got[1].data, "one\ntwo");
    }
}

TEST(CtlEventReader, ALineWithoutAnEndIsNotKept) {
    event_reader reader;
    EXPECT_FALSE(reader.add(std::string(2 * 1024 * 1024, 'x'), [](const event&) { return true; }));
}

}  // namespace
}  // namespace townd::ctl
