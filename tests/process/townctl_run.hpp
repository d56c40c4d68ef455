#pragma once
// townctl as a user runs it: the binary under its other name, without a terminal.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "process/daemon_process.hpp"

namespace townd::test {

struct townctl_outcome {
    int code = -1;
    std::string out;
    std::string err;
};

class townctl_run {
public:
    /// `environment` is added to ours; without TOWND_SOCKET in it, the usual places are tried.
    explicit townctl_run(std::map<std::string, std::string> environment);

    [[nodiscard]] townctl_outcome operator()(const std::vector<std::string>& arguments);
    /// One that goes on until it is told otherwise.
    [[nodiscard]] std::unique_ptr<child> begin(const std::vector<std::string>& arguments);

private:
    scratch_dir dir_;
    std::map<std::string, std::string> environment_;
    int runs_ = 0;
};

}  // namespace townd::test
