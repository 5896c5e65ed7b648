#include "session.hpp"

#include <atomic>
#include <cstdio>

namespace hifi {

namespace {

std::mutex mutex;
std::atomic<int> renders{0};
constexpr std::size_t most_named = 12;  // frames in a message

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
}

void Record::reused() {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++reused_;
}

void Record::lost(double frame, const std::string& why) {
    const std::lock_guard<std::mutex> guard(mutex_);
    lost_.insert(frame);
    why_ = why;
}

void Record::regained(double frame) {
    const std::lock_guard<std::mutex> guard(mutex_);
    lost_.erase(frame);
}

void Record::forgive() {
    const std::lock_guard<std::mutex> guard(mutex_);
    lost_.clear();
}

std::string Record::losses() const {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (lost_.empty()) return "";
    std::string result;
    std::size_t named = 0;
    for (const double frame : lost_) {
        if (++named > most_named) break;
        char text[32];
        std::snprintf(text, sizeof text, "%s%g", named == 1 ? "" : ", ", frame);
        result += text;
    }
    const auto rest = lost_.size() > most_named ? lost_.size() - most_named : 0;
    if (rest) result += " and " + std::to_string(rest) + " more";
    return why_ + (lost_.size() == 1 ? " Lost: frame " : " Lost: frames ") + result + ".";
}

std::string Record::text() const {
    const std::string losses = this->losses();
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!made_) return losses.empty() ? "no in-between made yet" : losses;
    char text[120];
    std::snprintf(text, sizeof text, "%d made, the last in %.1f s; %d taken from the cache", made_,
                  seconds_, reused_);
    return losses.empty() ? text : text + ("; " + losses);
}

}  // namespace hifi
