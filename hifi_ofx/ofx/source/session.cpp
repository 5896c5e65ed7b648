#include "session.hpp"

#include <atomic>
#include <cstdio>

namespace hifi {

namespace {

std::mutex mutex;
std::atomic<int> renders{0};

// Ends with the plug-in's code at the latest, for hosts that leave without a word; but not under
// a render that another thread is still in: the system takes back what that leaves.
struct Last {
    std::unique_ptr<Session> session;
    ~Last() {
        if (renders > 0) session.release();
    }
};
Last last;

}  // namespace

Session& session() {
    const std::lock_guard<std::mutex> guard(mutex);
    if (!last.session) last.session = std::make_unique<Session>();
    return *last.session;
}

bool has_session() {
    const std::lock_guard<std::mutex> guard(mutex);
    return last.session != nullptr;
}

void end_session() {
    const std::lock_guard<std::mutex> guard(mutex);
    last.session.reset();
}

Rendering::Rendering() { ++renders; }
Rendering::~Rendering() { --renders; }

void Record::made(double seconds) {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++made_;
    seconds_ = seconds;
    failure_.clear();
}

void Record::reused() {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++reused_;
}

void Record::failed(const std::string& sentence) {
    const std::lock_guard<std::mutex> guard(mutex_);
    failure_ = sentence;
}

std::string Record::text() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!failure_.empty()) return failure_;
    if (!made_) return "no in-between made yet";
    char text[120];
    std::snprintf(text, sizeof text, "%d made, the last in %.1f s; %d taken from the cache", made_,
                  seconds_, reused_);
    return text;
}

}  // namespace hifi
