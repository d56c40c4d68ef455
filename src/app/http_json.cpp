#include "app/http_json.hpp"

#include <future>
#include <utility>

namespace townd::app {

result<std::string> fetch(container_port& port, std::string method, std::string base,
                          std::string target, std::string body) {
    http_call call;
    call.method = method;
    call.url = std::move(base);
    call.target = target;
    call.body = std::move(body);
    call.connect_timeout = duration{3'000};
    call.total_timeout = duration{10'000};
    auto answered = std::make_shared<std::promise<http_answer>>();
    auto answer_soon = answered->get_future();
    port.call(std::move(call),
              [answered](http_answer answer) { answered->set_value(std::move(answer)); });
    const http_answer answer = answer_soon.get();
    if (answer.error)
        return failure{errc::unavailable, method + " " + target + ": " + answer.error->message()};
    const int status = answer.status.value_or(0);
    if (status < 200 || status > 299)
        return failure{status == 404 ? errc::not_found : errc::conflict,
                       method + " " + target + " was answered " + std::to_string(status) + ": " +
                           clean_text(answer.body, 300)};
    return answer.body;
}

result<json> fetch_json(container_port& port, std::string method, std::string base,
                        std::string target, const json& body) {
    auto text = fetch(port, std::move(method), std::move(base), std::move(target),
                      body.is_null() ? std::string{} : dump_json(body));
    if (!text) return text.error();
    return parse_json(*text);
}

}  // namespace townd::app
