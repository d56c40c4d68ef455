#pragma once
// The same town twice: on disk, and in memory.

#include <gtest/gtest.h>

#include "model/memory_town_store.hpp"
#include "model/values_as_text.hpp"
#include "store/town_on_disk.hpp"

namespace townd::model::test {

class twin_towns {
public:
    twin_towns() {
        using store::test::noon;
        store::open_options options;
        options.create = true;
        options.create_id = "t1";
        options.create_name = "First";
        options.create_owner = "user-1";
        options.sync = store::durability::normal;
        disk = take(store::town_store::open(file(), options, noon));
        memory_file = make_town_file("t1", "First", "user-1", noon);
        memory = take(open_town(memory_file));
    }

    template <class Work>
    void both(Work&& work) {
        work(*disk);
        work(*memory);
    }
    /// What shows without reading.
    void expect_same_state() const {
        ASSERT_EQ(kind(*disk), kind(*memory)) << words(*disk) << "\n" << words(*memory);
        ASSERT_EQ(disk->changed(), memory->changed());
        ASSERT_EQ(disk->broken(), memory->broken());
    }
    void expect_same_content() const { ASSERT_EQ(text_of_town(*disk), text_of_town(*memory)); }
    void commit_both() {
        const auto on_disk = disk->commit();
        const auto in_memory = memory->commit();
        ASSERT_EQ(on_disk.has_value(), in_memory.has_value());
        if (!on_disk) {
            ASSERT_EQ(on_disk.error().kind, in_memory.error().kind);
        }
    }
    /// The process dies, wherever it is, and starts again.
    void reopen_both() {
        disk.reset();
        memory.reset();
        store::open_options options;
        options.sync = store::durability::normal;
        disk = take(store::town_store::open(file(), options, store::test::noon));
        memory = take(open_town(memory_file));
    }

    std::unique_ptr<store::town_store> disk;
    std::unique_ptr<store::town_store> memory;
    std::shared_ptr<memory_town_file> memory_file;

private:
    [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "t1.db"; }
    static std::unique_ptr<store::town_store> take(
        result<std::unique_ptr<store::town_store>> opened) {
        if (!opened) throw std::runtime_error(opened.error().what);
        return std::move(*opened);
    }
    static std::string kind(const store::town_store& town) {
        return town.failed() ? std::string{to_text(town.failed()->kind)} : "fine";
    }
    static std::string words(const store::town_store& town) {
        return town.failed() ? town.failed()->what : "fine";
    }

    store::test::temp_dir dir_;
};

}  // namespace townd::model::test
