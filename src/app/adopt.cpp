// `townd adopt`: towns of the original into a data directory, with a report of what was odd.

#include <cstdio>

#include "api/config_keys.hpp"
#include "app/commands.hpp"
#include "app/complaint.hpp"
#include "app/config_commands.hpp"
#include "app/exit_codes.hpp"
#include "config/sources.hpp"
#include "store/adoption.hpp"
#include "sys/system_clock.hpp"

namespace townd::app {
namespace {

constexpr int passes_max = 50;

// Takes the value at the path out of the object; names were cleaned for show.
bool take_out(json& object, const std::vector<std::string>& path, std::size_t depth = 0) {
    if (!object.is_object() || depth >= path.size()) return false;
    for (auto at = object.begin(); at != object.end(); ++at) {
        if (clean_text(at.key(), 80) != path[depth]) continue;
        if (depth + 1 < path.size() && take_out(at.value(), path, depth + 1)) return true;
        object.erase(at);
        return true;
    }
    return false;
}

std::string dotted(const std::vector<std::string>& path) {
    std::string out;
    for (const auto& each : path)
        out.append(out.empty() ? "" : ".").append(each);
    return out;
}

// Secrets of a configuration that was read through an API are `****`: nobody has them.
void take_out_masked(json& object, const std::string& at, std::vector<std::string>& refused) {
    std::vector<std::string> masked;
    for (auto& [key, value] : object.items()) {
        const auto name = at + clean_text(key, 80);
        if (value.is_object()) take_out_masked(value, name + ".", refused);
        if (!value.is_string() || !value.get_ref<const std::string&>().starts_with("****"))
            continue;
        masked.push_back(key);
        refused.push_back("key " + name + " is masked, the secret itself is not in it");
    }
    for (const auto& key : masked)
        object.erase(key);
}

// By the rules of PATCH /api/towns/ID/config.
store::checked_config check_town_config(const std::string& text, const town_id& town) {
    auto read = parse_json(text);
    store::checked_config out;
    if (!read || !read->is_object()) return out;
    json config = *std::move(read);
    take_out_masked(config, "", out.refused);
    for (int pass = 0; pass < passes_max; ++pass) {
        api::fields in(config);
        api::check_config(config, town, in);
        if (in.sound()) {
            out.json = dump_json(config);
            return out;
        }
        // Later issues may be of what an earlier one takes out.
        const auto first = in.issues().front();
        // What is wrong with an address is told with the address, which may hold a password.
        const bool tells = first.path.empty() || first.path.front() != "container_url";
        out.refused.push_back("key " + dotted(first.path) + " is not taken: " +
                              (tells ? first.message : "it is no container's address"));
        if (!take_out(config, first.path)) break;
    }
    out.json = "{}";
    out.refused.emplace_back("other keys are too odd to be taken");
    return out;
}

std::string listed(const std::vector<std::string>& all, std::int64_t of) {
    std::string out;
    for (const auto& each : all)
        out.append(out.empty() ? "" : ", ").append(each);
    return static_cast<std::int64_t>(all.size()) < of ? out + ", ..." : out;
}

void print_report(const store::adoption& done, const adopt_options& what,
                  const std::filesystem::path& from) {
    std::printf("%s: town %s, %llu bytes\n", from.c_str(), done.town.c_str(),
                static_cast<unsigned long long>(done.source_bytes));
    std::string issues;
    for (const auto& [status, count] : done.issues)
        issues.append(issues.empty() ? "" : ", ").append(std::to_string(count) + " " + status);
    std::printf("  issues: %s; agents: %lld; rigs: %lld\n",
                issues.empty() ? "none" : issues.c_str(), static_cast<long long>(done.agents),
                static_cast<long long>(done.rigs));
    if (!done.config_from.empty())
        std::printf("  configuration: from %s\n", done.config_from.c_str());
    for (const auto& each : done.oddities) {
        std::printf("  %-8s  %s\n", std::string{to_text(each.became)}.c_str(),
                    each.sentence.c_str());
        if (!each.examples.empty())
            std::printf("            %s\n", listed(each.examples, each.count).c_str());
    }
    if (what.dry_run)
        std::printf("  dry run: nothing was written; it would be %s\n", done.file.c_str());
    else
        std::printf("  adopted: %llu bytes, checked, in %s\n",
                    static_cast<unsigned long long>(done.bytes), done.file.c_str());
}

json as_json(const store::adoption& done) {
    json out;
    out["town"] = done.town;
    out["adopted"] = done.file.string();
    out["source_bytes"] = done.source_bytes;
    out["bytes"] = done.bytes;
    out["issues"] = done.issues;
    out["agents"] = done.agents;
    out["rigs"] = done.rigs;
    out["config_from"] = done.config_from.empty() ? json(nullptr) : json(done.config_from);
    out["oddities"] = json::array();
    for (const auto& each : done.oddities) {
        json item;
        item["code"] = each.code;
        item["became"] = to_text(each.became);
        item["count"] = each.count;
        item["sentence"] = each.sentence;
        item["examples"] = each.examples;
        out["oddities"].push_back(std::move(item));
    }
    return out;
}

store::adoption_order order_of(const adopt_options& what, const std::filesystem::path& file) {
    store::adoption_order out;
    out.file = file;
    if (!what.as.empty()) out.as = what.as;
    if (!what.town_config.empty()) out.config = what.town_config;
    out.check_config = check_town_config;
    return out;
}

// Each file on its own: one that fails stops no other.
template <class Adopt>
int adopt_all(const adopt_options& what, Adopt adopt_one) {
    int code = exit_ok;
    json reports = json::array();
    for (const auto& file : what.files) {
        json item;
        item["file"] = file.string();
        const auto done = adopt_one(order_of(what, file));
        item["ok"] = done.has_value();
        if (!done) {
            const int why = complain(done.error());
            if (code == exit_ok) code = why;
            item["error"] = done.error().what;
        } else if (what.as_json) {
            item.update(as_json(*done));
        } else {
            print_report(*done, what, file);
        }
        reports.push_back(std::move(item));
    }
    if (!what.as_json) return code;
    json out;
    out["dry_run"] = what.dry_run;
    out["files"] = std::move(reports);
    std::printf("%s\n", dump_json(out, 2).c_str());
    return code;
}

}  // namespace

int adopt(const config::sources& from, const adopt_options& what) {
    if (what.files.size() > 1 && !(what.as.empty() && what.town_config.empty()))
        return complain(
            {errc::invalid, "--as and --config speak of one town; adopt the files one by one"});
    auto data_dir = what.data_dir;
    if (data_dir.empty()) {
        const auto read = config::load(from);
        print_problems(read.problems);
        if (!read.problems.empty()) return exit_config;
        data_dir = read.values.data_dir;
    }
    const instant now = sys::system_clock{}.now();
    if (what.dry_run)
        return adopt_all(what, [&](const store::adoption_order& order) {
            return store::try_adoption(data_dir, order, now);
        });
    const auto dir = store::data_dir::take(data_dir);
    if (!dir) return complain(dir.error());
    return adopt_all(
        what, [&](const store::adoption_order& order) { return store::adopt(*dir, order, now); });
}

}  // namespace townd::app
