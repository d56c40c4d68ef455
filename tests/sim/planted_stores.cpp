#include "sim/planted_stores.hpp"

#include "sim/forwarding_store.hpp"

namespace townd::sim::test {
namespace {

using file = std::unique_ptr<store::town_store>;

class late_store final : public forwarding_store {
public:
    using forwarding_store::forwarding_store;
    void begin() override {
        catch_up();
        inner().begin();
    }
    result<void> commit() override {
        late_ = true;
        return {};
    }

private:
    void catch_up() {
        if (late_) static_cast<void>(inner().commit());
        late_ = false;
    }
    bool late_ = false;
};

class forgets_waits final : public forwarding_store {
public:
    using forwarding_store::forwarding_store;
    void put_bead(const bead& b) override {
        bead row = b;
        row.next_attempt_at.reset();
        inner().put_bead(row);
    }
};

class counts_no_attempts final : public forwarding_store {
public:
    using forwarding_store::forwarding_store;
    void put_bead(const bead& b) override {
        bead row = b;
        row.dispatch_attempts = 0;
        inner().put_bead(row);
    }
};

class drops_errors final : public forwarding_store {
public:
    drops_errors(file of, error_code code) : forwarding_store(std::move(of)), code_(code) {}
    void put_dispatch(const dispatch& d) override {
        dispatch row = d;
        if (row.error && row.error->code() == code_) row.error.reset();
        inner().put_dispatch(row);
    }

private:
    error_code code_;
};

template <class Store>
plants through() {
    plants out;
    out.store = [](int, file of) -> file { return std::make_unique<Store>(std::move(of)); };
    return out;
}

}  // namespace

plants late_commits() {
    return through<late_store>();
}
plants waits_not_kept() {
    return through<forgets_waits>();
}
plants attempts_not_counted() {
    return through<counts_no_attempts>();
}
plants lazy_commits() {
    plants out;
    out.lazy_commits = true;
    return out;
}
plants errors_without_text(error_code code) {
    plants out;
    out.store = [code](int, file of) -> file {
        return std::make_unique<drops_errors>(std::move(of), code);
    };
    return out;
}

}  // namespace townd::sim::test
