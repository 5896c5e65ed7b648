#include "progress.hpp"

#include <algorithm>

namespace hifi {

namespace {

constexpr char label[] = "HiFI in-between";

void start(ofx::Effect effect) {
    if (suites().progress2) {
        suites().progress2->start(effect, label, "hifi.inbetween");
    } else if (suites().progress1) {
        suites().progress1->start(effect, label);
    }
}

bool update(ofx::Effect effect, double share) {
    ofx::Status status = ofx::ok;
    if (suites().progress2) {
        status = suites().progress2->update(effect, share);
    } else if (suites().progress1) {
        status = suites().progress1->update(effect, share);
    }
    return status != ofx::reply_no;
}

void end(ofx::Effect effect) {
    if (suites().progress2) {
        suites().progress2->end(effect);
    } else if (suites().progress1) {
        suites().progress1->end(effect);
    }
}

}  // namespace

Progress::Progress(const Instance& instance) : instance_(instance) {
    ProgressState& state = instance_.progress;
    const std::lock_guard<std::mutex> guard(state.mutex);
    if (state.at_work++ == 0) {
        state.cancelled = false;
        state.share = 0;
        start(instance_.effect());
    }
}

Progress::~Progress() {
    ProgressState& state = instance_.progress;
    const std::lock_guard<std::mutex> guard(state.mutex);
    if (--state.at_work == 0) end(instance_.effect());
}

bool Progress::goes_on(double share) const {
    ProgressState& state = instance_.progress;
    const std::lock_guard<std::mutex> guard(state.mutex);
    if (state.cancelled) return false;
    // Of several frames the one that is at work says how far it is; the next one begins anew.
    if (share != as_before) state.share = std::clamp(share, 0.0, 1.0);
    state.cancelled = !update(instance_.effect(), state.share);
    return !state.cancelled;
}

}  // namespace hifi
