// What all instances in the host process share: the engine, the frames, what is known of both.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "engine.hpp"
#include "store.hpp"

namespace hifi {

// Many hosts show one instance and render with another, hidden one: what the user is to know of
// renders has to be kept beside both.
class Record {
public:
    void made(double seconds);
    void reused();
    // A frame in whose place the host has something else; until it is made after all, or until the
    // user acts.
    void lost(double frame, const std::string& why);
    void regained(double frame);
    void forgive();
    // "Frames 3, 7 were lost." and why, or "".
    std::string losses() const;
    std::string text() const;

private:
    mutable std::mutex mutex_;
    int made_ = 0, reused_ = 0;
    double seconds_ = 0;
    std::set<double> lost_;
    std::string why_;
};

struct Session {
    Store store;
    Record record;
    Engine engine{store.path("engine.log")};
};

// Made when first asked for: a host that only looks at the plug-in gets no folder, no process.
Session& session();
bool has_session();
void end_session();

// As long as one lives, the session must.
struct Rendering {
    Rendering();
    Rendering(const Rendering&) = delete;
    ~Rendering();
};

}  // namespace hifi
