#pragma once
// Random calls of a town store, over few ids, so that they meet. One seed is one sequence.

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "store/town_store.hpp"

namespace townd::model::test {

struct random_step {
    std::string name;
    std::function<void(store::town_store&)> run;
};

class random_steps {
public:
    explicit random_steps(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] random_step next();

    [[nodiscard]] static instant noon() { return from_unix_ms(1'795'000'000'000); }
    [[nodiscard]] static const std::vector<std::string>& bead_ids();
    [[nodiscard]] static const std::vector<std::string>& agent_ids();

    /// 0 .. n-1.
    [[nodiscard]] int below(int n) {
        return static_cast<int>(random_() % static_cast<std::uint64_t>(n));
    }
    [[nodiscard]] bool one_in(int n) { return below(n) == 0; }

    [[nodiscard]] std::string text();
    [[nodiscard]] dispatch a_dispatch();
    [[nodiscard]] kept_failure a_failure();

private:
    [[nodiscard]] random_step on_beads();
    [[nodiscard]] random_step on_agents();
    [[nodiscard]] random_step on_reviews();
    [[nodiscard]] random_step on_events();
    [[nodiscard]] random_step on_dispatches();
    [[nodiscard]] random_step on_town();

    [[nodiscard]] std::string one_of(const std::vector<std::string>& list) {
        return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
    }
    [[nodiscard]] std::string bead_of() { return one_of(bead_ids()); }
    [[nodiscard]] std::string agent_of() { return one_of(agent_ids()); }
    [[nodiscard]] std::string id_of(const char* kind, int of) {
        return kind + std::to_string(below(of));
    }
    [[nodiscard]] std::string metadata();
    [[nodiscard]] instant time();
    template <class T>
    [[nodiscard]] std::optional<T> perhaps(T value) {
        if (one_in(2)) return std::nullopt;
        return value;
    }
    template <class Enum>
    [[nodiscard]] Enum any(int of) {
        return static_cast<Enum>(below(of));
    }
    [[nodiscard]] bead a_bead();
    [[nodiscard]] agent an_agent();
    [[nodiscard]] rig a_rig();
    [[nodiscard]] dispatch_error an_error();

    std::mt19937_64 random_;
};

}  // namespace townd::model::test
