#include "config/yaml_tree.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <utility>

#include "townd/words/error.hpp"

namespace townd::config {
namespace {

constexpr std::size_t name_bytes_max = 120;  // Of a key in a message.

// Builds the tree of the first document from the parser's events.
class builder final : public YAML::EventHandler {
public:
    builder(yaml_tree& out, std::string_view file) : out_{out}, file_{file} {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ == 2)
            report(mark, "", "a second document begins here (write one document: remove `---`)");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        check_marks(mark, "?", anchor);
        if (expects_key()) return bad_key(mark, "a key is missing before `:` (write its name)");
        place(at(mark, yaml_node::kinds::null));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        report(mark, path(), "an alias is not allowed (write the value itself)");
        if (expects_key()) return skip_value();
        place(at(mark, yaml_node::kinds::null), true);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        if (expects_key()) return take_key(mark, tag, anchor, value);
        const bool bad = check_marks(mark, tag, anchor);
        yaml_node node = at(mark, yaml_node::kinds::scalar);
        node.text = value;
        node.plain = tag == "?";
        place(std::move(node), bad);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, yaml_node::kinds::list);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, yaml_node::kinds::map);
    }
    void OnMapEnd() override { close(); }

    // Hands over the maps that a syntax error left open.
    void close_all() {
        while (!frames_.empty())
            close();
    }

private:
    struct frame {
        yaml_node node;
        std::string key;  // Whose value comes next.
        int key_line = 0;
        int key_column = 0;
        std::map<std::string, std::pair<int, int>> keys;  // All so far, with line and column.
        bool key_known = false;
        bool key_skipped = false;  // The value belongs to a bad key and is dropped.
        bool dropped = false;      // The node itself is not kept.
    };

    static yaml_node at(const YAML::Mark& mark, yaml_node::kinds kind) {
        yaml_node node;
        node.kind = kind;
        node.line = mark.line + 1;
        node.column = mark.column + 1;
        return node;
    }

    void report(const YAML::Mark& mark, std::string key, std::string what) {
        if (documents_ > 2 || out_.problems.size() >= yaml_problems_max) return;
        out_.problems.push_back(
            {std::string{file_}, mark.line + 1, mark.column + 1, std::move(key), std::move(what)});
    }

    [[nodiscard]] bool expects_key() const {
        return !frames_.empty() && frames_.back().node.kind == yaml_node::kinds::map &&
               !frames_.back().key_known;
    }

    [[nodiscard]] std::string path() const {
        std::string out;
        for (const frame& each : frames_) {
            if (!each.key_known || each.key_skipped) continue;
            if (!out.empty()) out += '.';
            out += each.key;
        }
        return clean_text(out, name_bytes_max);
    }

    // Anchors and tags. True when the value must not be used.
    bool check_marks(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != 0)
            report(mark, path(), "an anchor is not allowed (write the value itself each time)");
        const bool tagged = !tag.empty() && tag != "?" && tag != "!";
        if (tagged)
            report(mark, path(),
                   "the tag " + clean_text(tag, name_bytes_max) +
                       " is not allowed (write the value without it)");
        return tagged;
    }

    void take_key(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) {
        check_marks(mark, tag, anchor);
        if (value == "<<")
            return bad_key(mark, "merge keys (`<<`) are not allowed (write the keys themselves)");
        frame& top = frames_.back();
        top.key = value;
        top.key_line = mark.line + 1;
        top.key_column = mark.column + 1;
        top.key_known = true;
        const auto [first, is_new] = top.keys.try_emplace(value, top.key_line, top.key_column);
        if (is_new) return;
        const auto [line, column] = first->second;
        report(mark, path(),
               "duplicate key, first written at " + std::string{file_} + ":" +
                   std::to_string(line) + ":" + std::to_string(column) +
                   " (remove one of the two)");
    }
    void bad_key(const YAML::Mark& mark, const char* what) {
        report(mark, path(), what);
        skip_value();
    }
    void skip_value() {
        frames_.back().key_known = true;
        frames_.back().key_skipped = true;
    }

    // A map as a key leaves its frame open on the stack, so that its end is matched.
    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              yaml_node::kinds kind) {
        frame next;
        next.node = at(mark, kind);
        if (expects_key()) {
            report(mark, path(), "a key must be a plain word (write `key: value`)");
            next.dropped = true;
        } else {
            next.dropped = check_marks(mark, tag, anchor);
        }
        if (frames_.size() == yaml_depth_max)
            report(mark, path(), "nested too deeply (write at most 3 levels of keys)");
        if (frames_.size() >= yaml_depth_max) next.dropped = true;
        frames_.push_back(std::move(next));
    }
    void close() {
        frame done = std::move(frames_.back());
        frames_.pop_back();
        if (done.dropped && expects_key()) return skip_value();
        place(std::move(done.node), done.dropped);
    }

    void place(yaml_node node, bool dropped = false) {
        if (frames_.empty()) {
            if (documents_ <= 1) out_.root = std::move(node);
            return;
        }
        frame& top = frames_.back();
        if (top.node.kind == yaml_node::kinds::list) {
            if (!dropped) top.node.items.push_back(std::move(node));
            return;
        }
        if (!dropped && !top.key_skipped && top.key_known)
            top.node.entries.push_back(
                {std::move(top.key), top.key_line, top.key_column, std::move(node)});
        top.key_known = false;
        top.key_skipped = false;
    }

    yaml_tree& out_;
    std::string_view file_;
    std::vector<frame> frames_;
    int documents_ = 0;
};

// Bytes that yaml-cpp would misread: its scanner takes 0x04 for the end of the text, and guesses
// UTF-16 from a zero. True when the text is fit for the parser.
bool check_bytes(std::string_view text, std::string_view file, yaml_tree& out) {
    bool fit = true;
    bool indent = true;
    int line = 1;
    int column = 0;
    for (const char c : text) {
        ++column;
        const auto byte = static_cast<unsigned char>(c);
        const char* what = nullptr;
        if (c == '\t' && indent) {
            what = "a tab in the indentation (write spaces)";
        } else if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F ||
                   byte >= 0xF8) {
            what = "a control character or a byte that is not UTF-8 (remove it)";
            fit = false;
        }
        if (what != nullptr) {
            out.problems.push_back({std::string{file}, line, column, "", what});
            if (out.problems.size() >= 20) return false;
        }
        indent = indent && c == ' ';
        if (c == '\n') {
            ++line;
            column = 0;
            indent = true;
        }
    }
    return fit;
}

void parse(std::string_view text, std::string_view file, yaml_tree& out) {
    const bool tabs = !out.problems.empty();
    builder build{out, file};
    problem broken{std::string{file}, 0, 0, "", ""};
    try {
        std::istringstream in{std::string{text}};
        YAML::Parser parser{in};
        while (parser.HandleNextDocument(build)) {
        }
        return;
    } catch (const YAML::DeepRecursion&) {
        broken.what = "nested too deeply (write at most 3 levels of keys)";
    } catch (const YAML::Exception& e) {
        if (!e.mark.is_null()) {
            broken.line = e.mark.line + 1;
            broken.column = e.mark.column + 1;
        }
        broken.what = "not YAML: " + clean_text(e.msg, 200) +
                      " (check quotes, brackets and the indentation here and above)";
    } catch (const std::exception& e) {
        broken.what = "cannot be read as YAML: " + clean_text(e.what(), 200) +
                      " (check quotes, brackets and the indentation)";
    }
    build.close_all();
    out.whole = false;
    out.trusted_lines = broken.line - 1;
    if (!tabs) out.problems.push_back(std::move(broken));  // A tab has been named already.
}

}  // namespace

yaml_tree read_yaml(std::string_view text, std::string_view file_name) {
    yaml_tree out;
    if (text.size() > yaml_bytes_max) {
        out.whole = false;
        out.problems.push_back({std::string{file_name}, 0, 0, "",
                                "larger than 1 MiB (a configuration is a few lines: is this the "
                                "right file?)"});
        return out;
    }
    if (!check_bytes(text, file_name, out)) {
        out.whole = false;
        return out;
    }
    parse(text, file_name, out);
    return out;
}

}  // namespace townd::config
