#include "progress.hpp"

namespace hifi {

namespace {

constexpr char label[] = "HiFI in-between";

}  // namespace

Progress::Progress(const Instance& instance) : effect_(instance.effect()) {
    if (suites().progress2) {
        suites().progress2->start(effect_, label, "hifi.inbetween");
    } else if (suites().progress1) {
        suites().progress1->start(effect_, label);
    }
}

Progress::~Progress() {
    if (suites().progress2) {
        suites().progress2->end(effect_);
    } else if (suites().progress1) {
        suites().progress1->end(effect_);
    }
}

bool Progress::goes_on(double share) const {
    ofx::Status status = ofx::ok;
    if (suites().progress2) {
        status = suites().progress2->update(effect_, share);
    } else if (suites().progress1) {
        status = suites().progress1->update(effect_, share);
    }
    return status != ofx::reply_no;
}

}  // namespace hifi
