// The engine: a child process with its own interpreter, shared by all instances in the host.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "image.hpp"
#include "json.hpp"
#include "platform.hpp"

namespace hifi {

// What went wrong, in a sentence for the user.
struct EngineError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct EngineDied : EngineError {
    using EngineError::EngineError;
};
struct Aborted {};    // the host lost interest
struct Cancelled {};  // the user said stop

// How a wait for the engine is watched.
struct Watch {
    std::function<bool()> aborted;
    std::function<bool(double)> goes_on;  // told how much is done, 0 to 1, or that it waits
};

struct Answer {
    Bounds bounds;
    double seconds;
    bool from_source;  // across a cut: no in-between was made
};

using Turn = std::unique_lock<std::mutex>;

// A lock, waited for in short steps: a host must be able to call a render back. Throws Aborted or
// Cancelled when the watch says so.
Turn wait_for(std::mutex& mutex, const Watch& watch);

class Engine {
public:
    explicit Engine(platform::fs::path log) : log_(std::move(log)) {}

    // One thread at a time speaks to the engine. Throws Aborted when the watch says so.
    Turn turn(const Watch& watch);

    // Asks for an in-between, in the caller's turn. `prepare` is called once the engine runs, and
    // gives the request as JSON. Returns at once when the watch says so: the engine stops by
    // itself within one network call. Throws Aborted, Cancelled, EngineError, and whatever
    // `prepare` throws.
    Answer interpolate(const std::function<std::string()>& prepare, const Watch& watch);

    // "cuda, NVIDIA …" once it runs, else "".
    std::string device() const;

private:
    void start();
    void greet(const Watch& watch);
    json::Value next(const Watch& watch, const std::string& request);
    Answer converse(const std::string& request, const Watch& watch);
    void forget();  // the child
    [[noreturn]] void died();
    [[noreturn]] void give_up(const std::string& why);

    platform::fs::path log_;
    std::mutex turn_;
    std::unique_ptr<platform::Child> child_;
    bool greeted_ = false;
    std::int64_t heard_ = 0;  // when it was last, in seconds of the steady clock
    std::string unread_;
    std::uint64_t requests_ = 0;
    mutable std::mutex device_mutex_;
    std::string device_;
};

// The interpreter that has the engine: HIFI_ENGINE_PYTHON, else what the installer wrote into the
// bundle; "" where neither says.
std::string engine_python();

// The host's environment without what belongs to the host's own interpreter.
std::vector<std::string> engine_environment(const std::vector<std::string>& host);

// The end of a log, for a message.
std::string last_words(const platform::fs::path& log);

}  // namespace hifi
