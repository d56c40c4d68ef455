#include "town/drain.hpp"

namespace townd::town {
namespace {

constexpr std::string_view drain_key = "drain";
constexpr std::string_view instance_key = "container_instance";
constexpr std::size_t instance_bytes_max = 200;

void store_drain(context& ctx) {
    json out = json::object();
    const auto put_time = [&](const char* key, const std::optional<instant>& at) {
        if (at) out[key] = unix_ms(*at);
    };
    if (ctx.facts.drain) {
        out["nonce"] = ctx.facts.drain->nonce;
        out["since_ms"] = unix_ms(ctx.facts.drain->since);
        if (ctx.facts.drain->instance) out["instance"] = *ctx.facts.drain->instance;
    }
    put_time("drained_since_ms", ctx.facts.drained_since);
    put_time("drained_until_ms", ctx.facts.drained_until);
    ctx.store.put_value(drain_key, dump_json(out));
}

std::optional<instant> stored_time(const json& from, std::string_view key, instant now) {
    const auto ms = number_at(from, key);
    if (!ms) return std::nullopt;
    return std::min(from_unix_ms(*ms), now);  // A clock that was ahead stretches nothing.
}

}  // namespace

std::string begin_drain(context& ctx) {
    if (ctx.facts.drain) return ctx.facts.drain->nonce;
    ctx.facts.drain = town_drain{ctx.from.new_id(), ctx.now, ctx.facts.instance};
    store_drain(ctx);
    ctx.warn("container_draining", "its container is being replaced: nothing starts in it");
    ctx.out.wake = true;
    return ctx.facts.drain->nonce;
}

bool container_ready(context& ctx, std::string_view nonce,
                     const std::optional<std::string>& instance) {
    if (!ctx.facts.drain || nonce != ctx.facts.drain->nonce) {
        ctx.note("stale_ready",
                 "a container says that it is ready, with a nonce that is not of "
                 "this drain: ignored");
        return false;
    }
    if (instance && ctx.facts.drain->instance && *instance == *ctx.facts.drain->instance) {
        ctx.note("stale_ready", "the container that goes says that it is ready: ignored");
        return false;
    }
    finish_drain(ctx, "its new container is ready");
    return true;
}

void heard_instance(context& ctx, const std::string& instance) {
    const std::string name = clean_text(instance, instance_bytes_max);
    auto& drain = ctx.facts.drain;
    if (drain) {
        if (!drain->instance) {
            // The first that is heard is the one that goes: its word came before any other's.
            drain->instance = name;
            store_drain(ctx);
        } else if (*drain->instance != name) {
            finish_drain(ctx, "another container gives heartbeats");
        }
    }
    if (ctx.facts.instance == name) return;
    // One that goes may beat to its end; it does not become the newest again.
    if (drain && drain->instance == name && ctx.facts.instance) return;
    ctx.facts.instance = name;
    ctx.store.put_value(instance_key, name);
}

void finish_drain(context& ctx, std::string_view why) {
    if (!ctx.facts.drain) return;
    ctx.facts.drained_since = ctx.facts.drain->since;
    ctx.facts.drained_until = ctx.now;
    ctx.facts.drain.reset();
    // What the old one was is over; how often it was restarted stays counted, or who is drained by
    // each restart would be restarted without end.
    container_health fresh;
    fresh.restarts_at = std::move(ctx.facts.health.restarts_at);
    ctx.facts.health = std::move(fresh);
    ctx.breakers.due(ctx.now);  // What the old container failed for, or asked for.
    store_drain(ctx);
    ctx.note("container_drained", "the drain of its container is over: " + std::string{why});
    ctx.out.wake = true;
}

void read_drain(context& ctx) {
    if (const auto name = ctx.store.value(instance_key)) ctx.facts.instance = *name;
    const auto text = ctx.store.value(drain_key);
    const auto kept = text ? parse_json(*text) : result<json>{json::object()};
    if (!kept || !kept->is_object()) return;
    ctx.facts.drained_since = stored_time(*kept, "drained_since_ms", ctx.now);
    ctx.facts.drained_until = stored_time(*kept, "drained_until_ms", ctx.now);
    if (!ctx.facts.drained_since || !ctx.facts.drained_until) {
        ctx.facts.drained_since.reset();
        ctx.facts.drained_until.reset();
    }
    const auto nonce = text_at(*kept, "nonce");
    const auto since = stored_time(*kept, "since_ms", ctx.now);
    if (!nonce || !since) return;
    ctx.facts.drain = town_drain{*nonce, *since, text_at(*kept, "instance")};
}

void keep_checkpoint(context& ctx, const agent& a, const bead_id& work) {
    if (!a.checkpoint_json) return;
    auto b = ctx.store.find_bead(work);
    if (!b || is_terminal(b->status)) return;
    const auto left = parse_json(*a.checkpoint_json);
    if (!left) return;
    json metadata = object_in(b->metadata_json);
    json checkpoint = *left;
    if (checkpoint.is_object() && checkpoint.contains("eviction_context")) {
        metadata["eviction_context"] = checkpoint["eviction_context"];
        checkpoint.erase("eviction_context");
    }
    if (!checkpoint.empty()) metadata["checkpoint"] = std::move(checkpoint);
    std::string text = dump_json(metadata);
    if (text.size() > store::metadata_bytes_max) {
        metadata.erase("checkpoint");  // The branch is worth more than the notes.
        text = dump_json(metadata);
    }
    if (text.size() > store::metadata_bytes_max) return;
    b->metadata_json = std::move(text);
    ctx.store.put_bead(*b);
}

}  // namespace townd::town
