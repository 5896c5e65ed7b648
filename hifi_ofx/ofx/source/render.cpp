#include "render.hpp"

#include <cmath>
#include <cstring>
#include <new>
#include <vector>

#include "hash.hpp"
#include "image.hpp"
#include "progress.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "timing.hpp"

namespace hifi {

namespace {

constexpr double largest_project = 1e6;  // pixels; what a host says beyond it means nothing

// One output frame of one instance, and what it is made of.
struct Frame {
    Instance& instance;
    double time;
    bool draft;
    bool interactive;
    Position at;
    const Image& target;
    Bounds window;
    Bounds project;  // empty where the host does not say
    std::unique_ptr<Image> left, right;
    std::unique_ptr<Image> before, after;  // both, or neither: how motion curves

    std::vector<const Image*> sources() const {
        std::vector<const Image*> all{left.get(), right.get()};
        if (before && after) all.insert(all.end(), {before.get(), after.get()});
        return all;
    }
};

std::optional<Bounds> render_window(const Properties& in) {
    Bounds window;
    int index = 0;
    for (int* side : {&window.x1, &window.y1, &window.x2, &window.y2}) {
        const auto value = in.integer(ofx::name::render_window, index++);
        if (!value) return {};
        *side = *value;
    }
    return window;
}

// The host's project in pixels of the scale that is rendered at: what a neighbor may be a part of.
Bounds project_bounds(const Instance& instance, const Properties& in) {
    const Properties project = instance.properties();
    const double aspect =
        instance.clip_properties(ofx::name::source).number(ofx::name::aspect).value_or(1);
    double corners[2][2];
    for (int axis = 0; axis < 2; ++axis) {
        const double start = project.number(ofx::name::project_offset, axis).value_or(0);
        const double size = project.number(ofx::name::project_size, axis).value_or(0);
        const double scale = in.number(ofx::name::render_scale, axis).value_or(1) /
                             (axis == 0 && aspect > 0 ? aspect : 1);
        corners[axis][0] = start * scale;
        corners[axis][1] = (start + size) * scale;
        for (const double side : corners[axis]) {
            if (!(std::fabs(side) < largest_project)) return {};
        }
    }
    const auto whole = [](double side) { return static_cast<int>(std::lround(side)); };
    return {whole(corners[0][0]), whole(corners[1][0]), whole(corners[0][1]), whole(corners[1][1])};
}

bool is_set(const Properties& properties, const char* name) {
    return properties.integer(name).value_or(0) != 0;
}

bool is_thumbnail(const Instance& instance, const Properties& in) {
    return in.text(ofx::name::thumbnail_render) == std::string("true") ||
           is_set(instance.clip_properties(ofx::name::source), ofx::name::resolve_thumbnail) ||
           is_set(instance.clip_properties(ofx::name::output), ofx::name::resolve_thumbnail);
}

// Where a neighbor is missing the other one holds, and where both are, there is nothing.
void pass_through(const Frame& frame) {
    const bool right_first = frame.at.fraction.value() >= 0.5;
    const auto& near = right_first ? frame.right : frame.left;
    const auto& far = right_first ? frame.left : frame.right;
    if (near) {
        copy(*near, frame.target, frame.window);
    } else if (far) {
        copy(*far, frame.target, frame.window);
    } else {
        fill_with_zeros(frame.target, frame.window);
    }
}

void source_frame(const Frame& frame, bool uncertainty) {
    if (uncertainty && frame.left) {
        copy_alpha(*frame.left, frame.target, frame.window);  // nothing was guessed
    } else {
        pass_through(frame);
    }
}

// A neighbor's fingerprint, which names its file: the same picture is sent once.
std::string name_of(const Image& image) {
    const Bounds& bounds = image.bounds();
    const auto row = static_cast<std::size_t>(bounds.width()) * pixel_bytes;
    Hash hash;
    for (int y = bounds.y2 - 1; y >= bounds.y1; --y) hash.add(image.pixel(bounds.x1, y), row);
    return hash.text() + "-" + std::to_string(bounds.width()) + "x" +
           std::to_string(bounds.height()) + ".source";
}

std::uint64_t bytes_of(const Bounds& bounds) {
    return static_cast<std::uint64_t>(bounds.width()) *
           static_cast<std::uint64_t>(bounds.height()) * pixel_bytes;
}

Store::Pin sent(const Image& image, const std::string& name) {
    Store& store = session().store;
    if (auto there = store.find(name)) return std::move(*there);
    const Bounds& bounds = image.bounds();
    const std::uint64_t bytes = bytes_of(bounds);
    store.make_room(bytes);
    {
        const auto file = platform::Mapping::create(store.path(name), bytes);
        const auto row = static_cast<std::size_t>(bounds.width()) * pixel_bytes;
        std::byte* to = file.data();
        for (int y = bounds.y2 - 1; y >= bounds.y1; --y, to += row) {
            std::memcpy(to, image.pixel(bounds.x1, y), row);
        }
    }
    return store.adopt(name, bytes);
}

// A window and a file as the engine has them: y points down.
std::string picture(const Image& image, const std::string& name) {
    const Bounds& bounds = image.bounds();
    json::Object result;
    result.text("path", platform::utf8(session().store.path(name)));
    result.number("width", bounds.width()).number("height", bounds.height());
    result.number("x", bounds.x1).number("y", -bounds.y2);
    return result.str();
}

std::string display(const Bounds& project) {
    if (project.empty()) return "[0,0,0,0]";
    return "[" + json::number(project.x1) + "," + json::number(-project.y2) + "," +
           json::number(project.width()) + "," + json::number(project.height()) + "]";
}

// The request but for the file that the result goes to, which is named after all the rest.
json::Object request_for(const Frame& frame, const std::vector<std::string>& names) {
    constexpr const char* keys[] = {"left", "right", "before", "after"};
    const auto sources = frame.sources();
    json::Object request;
    for (std::size_t n = 0; n < sources.size(); ++n) {
        request.add(keys[n], picture(*sources[n], names[n]));
    }
    request.text("fraction", frame.at.fraction.text());
    request.number("frame", std::round(frame.time));
    request.add("frames", "[" + json::number(frame.at.left) + "," + json::number(frame.at.right) + "]");
    request.add("display", display(frame.project));
    add_settings(request, frame.instance, frame.time, frame.draft);
    return request;
}

Bounds joined(const Bounds& one, const Bounds& other) {
    return {std::min(one.x1, other.x1), std::min(one.y1, other.y1), std::max(one.x2, other.x2),
            std::max(one.y2, other.y2)};
}

void show(const Frame& frame, const std::string& result, const Bounds& bounds) {
    const auto file = platform::Mapping::open(session().store.path(result), bytes_of(bounds));
    copy(Block{file.data(), bounds}, frame.target, frame.window);
}

void check(const Answer& answer, const Bounds& expected) {
    const Bounds& found = answer.bounds;
    if (found.x1 == expected.x1 && found.y1 == expected.y1 && found.x2 == expected.x2 &&
        found.y2 == expected.y2) {
        return;
    }
    throw EngineError("HiFI's engine made a picture of " + std::to_string(found.width()) + "x" +
                      std::to_string(found.height()) + " pixels where " +
                      std::to_string(expected.width()) + "x" + std::to_string(expected.height()) +
                      " were asked for. Install engine and plug-in from one version of hifi-ofx.");
}

Watch watched(const Instance& instance, const Progress& progress) {
    return {[&] { return instance.aborted(); },
            [&](double share) { return progress.goes_on(share); }};
}

// The one frame of an instance that may hold images: the others wait without any. A wait is shown
// until the frame is done, so that the display of several frames is one.
class Alone {
public:
    explicit Alone(Instance& instance) : turn_(instance.gate, std::try_to_lock) {
        if (turn_.owns_lock()) return;
        progress_.emplace(instance);
        turn_ = wait_for(instance.gate, watched(instance, *progress_));
    }

private:
    std::optional<Progress> progress_;
    Turn turn_;
};

// An engine that dies is started again, once: the frame may not have been the trouble.
Answer asked_twice(Engine& engine, const std::function<std::string()>& prepare,
                   const Watch& watch) {
    try {
        return engine.interpolate(prepare, watch);
    } catch (const EngineDied&) {
        return engine.interpolate(prepare, watch);
    }
}

// Has the engine make the in-between; or finds it, where another thread wanted the same and was
// first. What is made is in the store before the turn ends.
Store::Pin made(const Frame& frame, json::Object& request, const std::vector<std::string>& names,
                const std::string& name) {
    Session& shared = session();
    const Bounds bounds = joined(frame.left->bounds(), frame.right->bounds());
    const Progress progress(frame.instance);  // one for all frames of the instance
    const Watch watch = watched(frame.instance, progress);
    const auto turn = shared.engine.turn(watch);
    if (auto known = shared.store.find(name)) {
        shared.record.reused();
        return std::move(*known);
    }
    request.text("result", platform::utf8(shared.store.path(name)));
    std::vector<Store::Pin> pins;
    const auto prepare = [&] {
        const auto sources = frame.sources();
        pins.clear();
        for (std::size_t n = 0; n < sources.size(); ++n) pins.push_back(sent(*sources[n], names[n]));
        shared.store.make_room(bytes_of(bounds));
        return request.str();
    };
    try {
        const Answer answer = asked_twice(shared.engine, prepare, watch);
        check(answer, bounds);
        shared.record.made(answer.seconds);
        return shared.store.adopt(name, bytes_of(bounds));
    } catch (...) {
        shared.store.abandon(name);
        throw;
    }
}

void interpolate(const Frame& frame) {
    Session& shared = session();
    std::vector<std::string> names;
    for (const Image* source : frame.sources()) names.push_back(name_of(*source));
    json::Object request = request_for(frame, names);
    Hash hash;
    hash.add(request.str());
    const std::string name = hash.text() + ".result";
    auto result = shared.store.find(name);
    if (result) {
        shared.record.reused();
    } else {
        result.emplace(made(frame, request, names, name));
    }
    show(frame, name, joined(frame.left->bounds(), frame.right->bounds()));
}

// Something else takes the frame's place. Somebody who works sees why, until the frame is made or
// the user acts; and a render that nobody watches fails, so that nobody takes it for the result.
ofx::Status lost(const Frame& frame, const std::string& why) {
    pass_through(frame);
    session().record.lost(frame.time, why);
    frame.instance.warn(session().record.losses());
    return frame.interactive ? ofx::ok : ofx::failed;
}

ofx::Status failed(const Frame& frame, const std::string& why) {
    if (has_session()) session().store.clear();  // in case a file was the trouble: it is sent anew
    return lost(frame, why);
}

void succeeded(const Frame& frame) {
    session().record.regained(frame.time);
    const std::string losses = session().record.losses();
    if (losses.empty()) {
        frame.instance.clear_warning();
    } else {
        frame.instance.warn(losses);
    }
}

// The frames that say how motion curves, where that is asked for and the clip has both.
void fetch_around(Frame& frame) {
    const SourceRange range = needed(frame.instance, frame.time, frame.at);
    if (frame.draft || range.first == frame.at.left || range.last == frame.at.right) return;
    frame.before = Image::fetch(frame.instance, ofx::name::source, range.first);
    frame.after = Image::fetch(frame.instance, ofx::name::source, range.last);
}

// The plug-in's promise: whatever goes wrong, the host gets a picture and the user a sentence.
ofx::Status make(const Frame& frame) {
    try {
        interpolate(frame);
        succeeded(frame);
        return ofx::ok;
    } catch (const Aborted&) {
        pass_through(frame);
        return ofx::ok;  // the host asked for it, and throws the picture away
    } catch (const Cancelled&) {
        pass_through(frame);
        return ofx::failed;  // nobody may take this for a finished frame
    } catch (const std::bad_alloc&) {
        return failed(frame, "HiFI: there is not enough memory for this frame.");
    } catch (const std::exception& error) {
        return failed(frame, error.what());
    }
}

bool may_be_draft(const Settings& chosen, const Properties& in) {
    return chosen.draft_allowed &&
           (is_set(in, ofx::name::interactive) || is_set(in, ofx::name::draft));
}

ofx::Status render_frame(Instance& instance, const Properties& in, double time) {
    const Position at = position(instance, time);
    const bool is_made = !at.on_a_frame() && !is_thumbnail(instance, in);
    std::optional<Alone> alone;
    if (is_made) alone.emplace(instance);
    const auto target = Image::fetch(instance, ofx::name::output, time);
    const auto asked = render_window(in);
    if (!target || !asked) return ofx::failed;
    const Settings chosen = settings(instance, time);
    const Bounds window = asked->intersection(target->memory());
    // A host that does not say is one that somebody works in.
    const bool interactive = in.integer(ofx::name::interactive).value_or(1) != 0;
    Frame frame{instance, time, may_be_draft(chosen, in), interactive, at,
                *target, window, project_bounds(instance, in), nullptr, nullptr, nullptr, nullptr};
    if (window.empty()) return ofx::ok;
    frame.left = Image::fetch(instance, ofx::name::source, frame.at.left);
    if (frame.at.on_a_frame()) {
        source_frame(frame, chosen.uncertainty);
        return ofx::ok;
    }
    frame.right = Image::fetch(instance, ofx::name::source, frame.at.right);
    if (!is_made || instance.aborted()) {
        pass_through(frame);
        return ofx::ok;
    }
    if (!frame.left || !frame.right) return lost(frame, "HiFI: the host gave no neighbor.");
    fetch_around(frame);
    return make(frame);
}

}  // namespace

ofx::Status render(Instance& instance, const Properties& in) {
    const auto time = in.number(ofx::name::time);
    if (!time) return ofx::failed;
    const Rendering rendering;
    try {
        return render_frame(instance, in, *time);
    } catch (const Aborted&) {
        return ofx::ok;  // before there were images: nobody looks at this one
    } catch (const Cancelled&) {
        return ofx::failed;
    } catch (const FormatError&) {
        instance.warn("HiFI works on RGBA in 32-bit floats, and the host has something else.");
        return ofx::failed;
    }
}

ofx::Status identity(Instance& instance, const Properties& in, const Properties& out) {
    const auto time = in.number(ofx::name::time);
    if (!time || settings(instance, *time).uncertainty) return ofx::reply_default;
    const Position at = position(instance, *time);
    if (!at.on_a_frame()) return ofx::reply_default;
    out.set(ofx::name::name, ofx::name::source);
    out.set(ofx::name::time, at.left);
    return ofx::ok;
}

}  // namespace hifi
