// The host's own progress display, where it has one.
#pragma once

#include "instance.hpp"

namespace hifi {

constexpr double as_before = -1;  // a share that says only that the wait goes on

class Progress {
public:
    explicit Progress(const Instance& instance);
    Progress(const Progress&) = delete;
    ~Progress();
    // Shows how much is done, 0 to 1. False when the user has pressed the host's cancel.
    bool goes_on(double share) const;

private:
    const Instance& instance_;
};

}  // namespace hifi
