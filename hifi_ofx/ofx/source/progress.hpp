// The host's own progress display, where it has one.
#pragma once

#include "instance.hpp"

namespace hifi {

class Progress {
public:
    explicit Progress(const Instance& instance);
    Progress(const Progress&) = delete;
    ~Progress();
    // False when the user has pressed the host's cancel.
    bool goes_on(double share) const;

private:
    ofx::Effect effect_;
};

}  // namespace hifi
