// The fleet's events as a list and as a stream.

#include <gtest/gtest.h>

#include "debug/event_stream.hpp"
#include "debug/fake_fleet.hpp"

namespace townd::debug {
namespace {

// What a client of the stream has got so far.
class reader {
public:
    reader(test_face& face, const std::string& query = {}, const std::string& last_event_id = {})
        : answer(face.send("GET", "/debug/v1/events/stream" + query, "text/event-stream",
                           last_event_id)) {}

    /// As its session does four times a second.
    std::string look() {
        answer.stream->how().on_time();
        return take();
    }
    std::string take() {
        std::string out;
        for (const auto& each : answer.stream->take())
            out += *each;
        return out;
    }
    http::response answer;
};

int count_of(const std::string& text, const std::string& part) {
    int out = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++out;
    return out;
}

class EventStream : public testing::Test {
protected:
    void note(const std::string& text, const town_id& town = "t1") {
        face.history.note(town, "word" + std::to_string(++notes_), text);
    }
    test_face face;

private:
    int notes_ = 0;  // Words of their own: no storm.
};

TEST_F(EventStream, TheFirstBytesComeAtOnceWithASummary) {
    reader client(face);
    EXPECT_EQ(client.answer.status, 200);
    EXPECT_EQ(client.answer.content_type, "text/event-stream; charset=utf-8");
    EXPECT_EQ(header_of(client.answer, "X-Accel-Buffering"), "no");
    EXPECT_EQ(header_of(client.answer, "Cache-Control"), "no-store");
    const auto first = client.take();
    EXPECT_TRUE(first.starts_with(":"));
    EXPECT_EQ(count_of(first, "event: summary\ndata: {"), 1);
    EXPECT_EQ(count_of(first, "id: "), 0);
}

TEST_F(EventStream, AnEventIsAFrameWithItsNumberTypeAndOneLineOfJson) {
    reader client(face);
    client.take();
    note("two\nlines");
    const auto got = client.look();
    const auto at = got.find("id: 1\nevent: note.word1\ndata: ");
    ASSERT_NE(at, std::string::npos) << got;
    const auto from = got.find("{", at);
    const auto body = json::parse(got.substr(from, got.find("\n\n", from) - from));
    EXPECT_EQ(body["seq"], 1);
    EXPECT_EQ(body["town"], "t1");
    EXPECT_EQ(body["severity"], "info");
    EXPECT_TRUE(body["code"].is_null());
    EXPECT_EQ(client.look().find("id: 1\n"), std::string::npos) << "once";
}

TEST_F(EventStream, AClientThatComesBackGetsWhatItMissed) {
    for (int i = 1; i <= 5; ++i)
        note("text");
    reader from_header(face, "?after=1", "3");
    const auto got = from_header.take();
    EXPECT_EQ(count_of(got, "id: 3\n"), 0);
    EXPECT_EQ(count_of(got, "id: 4\n") + count_of(got, "id: 5\n"), 2);
    EXPECT_EQ(count_of(got, "event: resync"), 0);
    reader all(face, "?after=0");
    EXPECT_EQ(count_of(all.take(), "event: note"), 5);
    reader none(face);
    EXPECT_EQ(count_of(none.take(), "event: note"), 0);
}

TEST_F(EventStream, ALongReplayComesInPartsAndMakesNobodySlow) {
    std::vector<engine::fleet_event> kept(2'000);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        kept[i].seq = static_cast<std::int64_t>(i) + 1;
        kept[i].type = "note.kept";
        kept[i].text = "kept";
    }
    face.history.restore(std::move(kept));
    reader client(face, "?after=0");
    std::string got = client.take();
    for (int i = 0; i < 20; ++i)
        got += client.look();
    EXPECT_EQ(count_of(got, "event: note"), 2'000);
    EXPECT_LT(got.find("id: 1999\n"), got.find("id: 2000\n"));
    EXPECT_FALSE(client.answer.stream->over());
}

TEST_F(EventStream, ALostGapIsToldOnceAndTheStreamGoesOn) {
    std::vector<engine::fleet_event> kept(1);
    kept[0].seq = 500;
    kept[0].type = "note.kept";
    kept[0].text = "kept";
    face.history.restore(std::move(kept));
    reader client(face, "", "10");
    const auto got = client.take();
    EXPECT_EQ(count_of(got, "id: 500\nevent: resync\n"), 1) << got;
    EXPECT_EQ(count_of(got, "event: note"), 0);
    note("next");
    EXPECT_EQ(count_of(client.look(), "id: 501\nevent: note"), 1);
    reader from_elsewhere(face, "?after=90000");
    EXPECT_EQ(count_of(from_elsewhere.take(), "event: resync"), 1);
}

TEST_F(EventStream, FiltersSelectByTypeTownAndSeverity) {
    reader warnings(face, "?severity=warn,error");
    reader second(face, "?town=t2");
    reader typed(face, "?type=warning,outage_changed");
    note("one", "t1");
    note("two", "t2");
    face.history.warn("t1", "odd", "three");
    EXPECT_EQ(count_of(warnings.look(), "id: "), 1);
    EXPECT_EQ(count_of(second.look(), "id: 2\n"), 1);
    const auto got = typed.look();
    EXPECT_EQ(count_of(got, "id: "), 1);
    EXPECT_EQ(count_of(got, "event: warning.odd\n"), 1);
    EXPECT_EQ(count_of(got, "event: summary"), 0) << "a type was asked for";
    reader sums(face, "?type=summary");
    note("four");
    const auto only = sums.look();
    EXPECT_EQ(count_of(only, "event: summary"), 1);
    EXPECT_EQ(count_of(only, "id: "), 0);
}

TEST_F(EventStream, WhatCannotBeMeantIsRefused) {
    for (const auto* query : {"?after=x", "?after=-1", "?severity=bad", "?type=nonsense"})
        EXPECT_EQ(face.get("/debug/v1/events/stream" + std::string{query}).status, 400) << query;
    EXPECT_EQ(face.send("GET", "/debug/v1/events/stream", "*/*", "soon").status, 400);
}

TEST_F(EventStream, ASummaryComesWhenSomethingChangedOrFiveSecondsAreOver) {
    reader client(face);
    client.take();
    face.clock.at += duration{300};
    EXPECT_EQ(client.look(), "") << "nothing but the time has changed";
    face.fleet.said = "Something else.";
    EXPECT_EQ(count_of(client.look(), "event: summary"), 0) << "too soon";
    face.clock.at += duration{250};
    EXPECT_EQ(count_of(client.look(), "Something else."), 1);
    face.fleet.said = "Again.";
    face.clock.at += duration{100};
    EXPECT_EQ(client.look(), "") << "at most four a second";
    face.clock.at += duration{150};
    EXPECT_EQ(count_of(client.look(), "Again."), 1);
    face.clock.at += duration{4'900};
    EXPECT_EQ(client.look(), "");
    face.clock.at += duration{250};
    EXPECT_EQ(count_of(client.look(), "event: summary"), 1);
}

TEST_F(EventStream, FramesAreMadeOnceForAllClients) {
    reader one(face);
    reader two(face);
    one.take();
    two.take();
    face.clock.at += duration{300};
    face.fleet.said = "News.";
    note("text");
    one.answer.stream->how().on_time();
    const auto a = one.answer.stream->take();
    const auto b = two.answer.stream->take();
    ASSERT_EQ(a.size(), 2U);
    ASSERT_EQ(b.size(), 2U) << "one client's look serves all";
    EXPECT_EQ(a[0].get(), b[0].get());
    EXPECT_EQ(a[1].get(), b[1].get());
}

TEST_F(EventStream, AClientThatTakesNothingIsTooSlowAndOnlyThatOne) {
    reader slow(face);
    reader quick(face);
    for (int i = 0; i < 600; ++i) {
        note("text");
        quick.look();
    }
    EXPECT_TRUE(slow.answer.stream->over());
    EXPECT_EQ(slow.take(), "event: resync\ndata: {\"reason\":\"slow\"}\n\n");
    EXPECT_GT(face.streams->dropped, 200U);
    EXPECT_FALSE(quick.answer.stream->over());
}

TEST_F(EventStream, ThereAreThirtyTwoAtATime) {
    std::vector<reader> many;
    for (std::size_t i = 0; i < event_feed::clients_max; ++i)
        many.emplace_back(face);
    EXPECT_EQ(face.streams->clients, 32);
    const auto refused = face.get("/debug/v1/events/stream");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(header_of(refused, "Retry-After"), "5");
    many.pop_back();
    EXPECT_EQ(face.streams->clients, 31);
    EXPECT_EQ(face.get("/debug/v1/events/stream").status, 200);
    EXPECT_EQ(face.send("HEAD", "/debug/v1/events/stream").status, 200);
    many.clear();
    EXPECT_EQ(face.streams->clients, 0);
}

TEST_F(EventStream, TheListPagesDownwardsAndUpwards) {
    for (int i = 1; i <= 5; ++i)
        note("text", i % 2 == 0 ? "t2" : "t1");
    const auto first = face.get_json("/debug/v1/events?limit=2");
    ASSERT_EQ(first["items"].size(), 2U);
    EXPECT_EQ(first["items"][0]["seq"], 5);
    EXPECT_EQ(first["page"]["next_cursor"], "4");
    EXPECT_EQ(first["oldest_seq"], 1);
    EXPECT_EQ(first["newest_seq"], 5);
    const auto next = face.get_json("/debug/v1/events?limit=9&cursor=4");
    EXPECT_EQ(next["items"].size(), 3U);
    EXPECT_TRUE(next["page"]["next_cursor"].is_null());
    const auto up = face.get_json("/debug/v1/events?after=2&limit=2");
    EXPECT_EQ(up["items"][0]["seq"], 3);
    EXPECT_EQ(up["page"]["next_cursor"], "4");
    EXPECT_EQ(face.get_json("/debug/v1/events?after=2&limit=2&cursor=4")["items"][0]["seq"], 5);
    EXPECT_EQ(face.get_json("/debug/v1/events?before=3")["items"].size(), 2U);
    EXPECT_EQ(face.get_json("/debug/v1/events?town=t2")["items"].size(), 2U);
    EXPECT_EQ(face.get_json("/debug/v1/events?type=note.word3")["items"].size(), 1U);
    for (const auto* query : {"?after=x", "?cursor=no", "?limit=0", "?severity=loud", "?type=x"})
        EXPECT_EQ(face.get("/debug/v1/events" + std::string{query}).status, 400) << query;
}

}  // namespace
}  // namespace townd::debug
