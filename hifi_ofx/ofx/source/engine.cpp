#include "engine.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "generated.hpp"
#include "progress.hpp"

namespace hifi {

namespace {

constexpr std::int64_t start_seconds = 120;  // a cold network disk takes its time
constexpr std::int64_t silent_seconds = 1200;  // longer than any network call
constexpr int poll_milliseconds = 10;       // after which the host is asked again
constexpr int progress_polls = 10;          // after which its progress display is
constexpr char how_to_install[] =
    "Run `hifi-ofx install ofx` with the Python that hifi-ofx[engine] is installed in, or set "
    "HIFI_ENGINE_PYTHON to it.";

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

bool starts_with(const std::string& entry, const std::string& name) {
    return entry.compare(0, name.size() + 1, name + "=") == 0;
}

template <typename Variables>
bool holds(const Variables& variables, const std::string& entry) {
    for (const auto& variable : variables) {
        if (starts_with(entry, variable)) return true;
    }
    return false;
}

std::string message(const char* type, const std::string& id) {
    return json::Object().text("type", type).text("id", id).str() + "\n";
}

}  // namespace

Turn wait_for(std::mutex& mutex, const Watch& watch) {
    Turn lock(mutex, std::try_to_lock);
    for (int turns = 0; !lock.owns_lock(); ++turns) {
        if (watch.aborted()) throw Aborted();
        if (turns % progress_polls == 0 && !watch.goes_on(as_before)) throw Cancelled();
        std::this_thread::sleep_for(std::chrono::milliseconds(poll_milliseconds));
        lock.try_lock();
    }
    return lock;
}

Turn Engine::turn(const Watch& watch) { return wait_for(turn_, watch); }

Answer Engine::interpolate(const std::function<std::string()>& prepare, const Watch& watch) {
    if (child_ && !child_->is_running()) forget();  // it died while nobody asked
    if (!child_) start();
    if (!greeted_) greet(watch);
    const std::string body = prepare();
    if (watch.aborted()) throw Aborted();
    const std::string request = std::to_string(++requests_);
    heard_ = now();
    const std::string line =
        json::Object().text("type", "interpolate").text("id", request).add("request", body).str();
    if (!child_->send(line + "\n")) died();
    return converse(request, watch);
}

std::string Engine::device() const {
    const std::lock_guard<std::mutex> guard(device_mutex_);
    return device_;
}

void Engine::start() {
    const std::string python = engine_python();
    if (python.empty()) throw EngineError(std::string("HiFI's engine was not found. ") + how_to_install);
    unread_.clear();
    greeted_ = false;
    heard_ = now();
    try {
        const std::vector<std::string> command = {python, "-m", "engine", "serve"};
        child_ =
            platform::Child::start(command, engine_environment(platform::environment()), log_);
    } catch (const std::runtime_error& error) {
        throw EngineError(std::string("HiFI's engine: ") + error.what() + " " + how_to_install);
    }
}

// Both sides say hello first. Left early when the host aborts; the next frame goes on waiting.
void Engine::greet(const Watch& watch) {
    const json::Value hello = next(watch, "");
    const auto protocol = static_cast<int>(hello["protocol"].number());
    if (hello["type"].text() != "hello" || protocol != generated::protocol) {
        give_up(hello["version"].text() + " speaks protocol " + std::to_string(protocol) +
                ", this plug-in " + generated::version + " protocol " +
                std::to_string(generated::protocol) +
                ". Install both from one version of hifi-ofx");
    }
    json::Object answer;
    answer.text("type", "hello").text("id", "").number("protocol", generated::protocol);
    if (!child_->send(answer.str() + "\n")) died();
    greeted_ = true;
    const std::lock_guard<std::mutex> guard(device_mutex_);
    device_ = hello["device"].text() + ", " + hello["device_name"].text();
}

// The next line that belongs to a request. Those of earlier ones, which were left, are dropped,
// and so is what a library may have printed.
json::Value Engine::next(const Watch& watch, const std::string& request) {
    for (int turns = 0;; ++turns) {
        const auto end = unread_.find('\n');
        if (end != unread_.npos) {
            const auto value = json::Value::parse(std::string_view(unread_).substr(0, end));
            unread_.erase(0, end + 1);
            if (value && (*value)["id"].text() == request) return *value;
            continue;
        }
        if (watch.aborted()) throw Aborted();
        if (turns % progress_polls == 0 && !watch.goes_on(as_before)) throw Cancelled();
        const auto got = child_->receive(unread_, poll_milliseconds);
        if (got == platform::Child::Received::end) died();
        if (got == platform::Child::Received::bytes) heard_ = now();
        const auto patience = greeted_ ? silent_seconds : start_seconds;
        if (now() - heard_ > patience) {
            give_up("has said nothing for " + std::to_string(patience) + " seconds");
        }
    }
}

Answer Engine::converse(const std::string& request, const Watch& watch) {
    try {
        for (;;) {
            const json::Value said = next(watch, request);
            const std::string& type = said["type"].text();
            if (type == "progress") {
                const double all = said["calls"].number();
                if (!watch.goes_on(all > 0 ? said["calls_done"].number() / all : 0)) {
                    throw Cancelled();
                }
            } else if (type == "failed") {
                const auto& error = said["error"];
                throw EngineError("HiFI: " + error["message"].text() + " " + error["hint"].text());
            } else if (type == "finished") {
                const auto number = [&](const char* key) {
                    return static_cast<int>(said[key].number());
                };
                const int x = number("x"), y = number("y");  // y points down here
                return {{x, -(y + number("height")), x + number("width"), -y},
                        said["seconds"].number(),
                        !said["source"].text().empty()};
            }
        }
    } catch (const Aborted&) {
        child_->send(message("cancel", request));
        throw;
    } catch (const Cancelled&) {
        child_->send(message("cancel", request));
        throw;
    }
}

void Engine::forget() {
    child_.reset();
    const std::lock_guard<std::mutex> guard(device_mutex_);
    device_.clear();
}

void Engine::give_up(const std::string& why) {
    child_->kill();
    forget();
    throw EngineError("HiFI's engine " + why + ".");
}

void Engine::died() {
    const std::string fate = child_->fate();
    forget();
    const std::string words = last_words(log_);
    const bool not_there = words.find("No module named") != words.npos;
    throw EngineDied("HiFI's engine " + fate + "." + (words.empty() ? "" : " " + words) +
                     (not_there ? std::string(" ") + how_to_install : ""));
}

std::string engine_python() {
    const std::string set = platform::variable("HIFI_ENGINE_PYTHON");
    if (!set.empty()) return set;
    // HiFI.ofx.bundle/Contents/<architecture>/HiFI.ofx
    const auto contents = platform::own_file().parent_path().parent_path();
    std::ifstream file(contents / "Resources" / "engine_python.txt");
    std::string line;
    std::getline(file, line);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    return line;
}

std::vector<std::string> engine_environment(const std::vector<std::string>& host) {
    std::vector<std::string> result;
    for (const auto& entry : host) {
        bool kept = !holds(generated::dropped_variables, entry);
        for (const auto& forced : generated::forced_variables) {
            kept = kept && !starts_with(entry, forced.name);
        }
        if (kept) result.push_back(entry);
    }
    for (const auto& one : generated::forced_variables) {
        result.push_back(std::string(one.name) + "=" + one.value);
    }
    for (const auto& one : generated::default_variables) {
        bool given = false;
        for (const auto& entry : host) given = given || starts_with(entry, one.name);
        if (!given) result.push_back(std::string(one.name) + "=" + one.value);
    }
    return result;
}

std::string last_words(const platform::fs::path& log) {
    std::ifstream file(log);
    std::string last;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) last = line;
    }
    return last.empty() ? "" : "Its last words: " + last;
}

}  // namespace hifi
