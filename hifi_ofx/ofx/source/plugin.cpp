// The plug-in's door: two functions that a host looks for, and one through which it then speaks.
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

#include "describe.hpp"
#include "edit.hpp"
#include "render.hpp"
#include "session.hpp"
#include "timing.hpp"

#ifdef _WIN32
#define HIFI_EXPORT extern "C" __declspec(dllexport)
#else
#define HIFI_EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace hifi {

namespace {

// For ever: projects know the plug-in by it. The major version changes with its parameters.
constexpr char identifier[] = "org.hifi.Interpolate";
constexpr unsigned major_version = 1, minor_version = 0;

ofx::Status create(ofx::Effect effect) {
    auto instance = std::make_unique<Instance>(effect);
    instance->properties().set(ofx::name::instance_data, static_cast<void*>(instance.get()));
    instance.release();
    return ofx::ok;
}

ofx::Status destroy(ofx::Effect effect) {
    Instance* instance = &Instance::of(effect);
    instance->properties().set(ofx::name::instance_data, static_cast<void*>(nullptr));
    delete instance;
    return ofx::ok;
}

ofx::Status frames_needed(Instance& instance, const Properties& in, const Properties& out) {
    const auto time = in.number(ofx::name::time);
    if (!time) return ofx::failed;
    const Position at = position(instance, *time);
    const SourceRange range = needed(instance, *time, at);
    out.set(ofx::name::frames_of_source, range.first, 0);
    out.set(ofx::name::frames_of_source, range.last, 1);
    return ofx::ok;
}

// What both neighbors define, since either may reach further.
std::optional<ofx::RectD> definition(const Instance& instance, const Position& at) {
    const auto left = instance.source_definition(at.left);
    const auto right = at.on_a_frame() ? left : instance.source_definition(at.right);
    if (!left || !right) return left ? left : right;
    return ofx::RectD{std::fmin(left->x1, right->x1), std::fmin(left->y1, right->y1),
                      std::fmax(left->x2, right->x2), std::fmax(left->y2, right->y2)};
}

// Catalyst answers in pixels of the scale it renders at, where all others answer in canonical
// coordinates and expect those.
void to_canonical(ofx::RectD& region, const Properties& in) {
    if (!host_is("com.sony.Catalyst")) return;
    const double x = in.number(ofx::name::render_scale, 0).value_or(1);
    const double y = in.number(ofx::name::render_scale, 1).value_or(1);
    if (x <= 0 || y <= 0) return;
    region = {region.x1 / x, region.y1 / y, region.x2 / x, region.y2 / y};
}

ofx::Status set_definition(Instance& instance, const Properties& in, const Properties& out,
                           const char* name) {
    const auto time = in.number(ofx::name::time);
    if (!time) return ofx::failed;
    auto region = definition(instance, position(instance, *time));
    if (!region) return ofx::reply_default;
    to_canonical(*region, in);
    int index = 0;
    for (double side : {region->x1, region->y1, region->x2, region->y2}) {
        out.set(name, side, index++);
    }
    return ofx::ok;
}

ofx::Status domain(Instance& instance, const Properties& out) {
    const auto range = time_domain(instance);
    if (!range) return ofx::reply_default;
    out.set(ofx::name::frame_range, range->first, 0);
    out.set(ofx::name::frame_range, range->last, 1);
    return ofx::ok;
}

ofx::Status load() { return fetch_suites() ? ofx::ok : ofx::failed; }

ofx::Status unload() {
    end_session();
    return ofx::ok;
}

ofx::Status purge() {
    if (has_session()) session().store.clear();
    return ofx::ok;
}

// Any time between two frames has an in-between of its own; and light is best as the scene has it.
ofx::Status preferences(const Instance& instance, const Properties& out) {
    if (instance.context() == Context::retimer) return ofx::reply_default;  // it may have none
    out.set(ofx::name::continuous, 1);
    if (host_manages_colors()) out.set(ofx::name::colors_of_source, ofx::name::scene_linear);
    return ofx::ok;
}

ofx::Status output_colors(const Properties& out) {
    out.set(ofx::name::color_space, ofx::name::as_source);
    return ofx::ok;
}

// Some hosts stop asking for frames while a persistent message is up.
ofx::Status begin_sequence(Instance& instance) {
    if (host_is("uk.co.thefoundry.nuke")) instance.clear_warning();
    return ofx::ok;
}

ofx::Status dispatch(const char* action, ofx::Effect effect, const Properties& in,
                     const Properties& out) {
    const auto is = [&](const char* name) { return std::strcmp(action, name) == 0; };
    if (is(ofx::name::load)) return load();
    if (is(ofx::name::unload)) return unload();
    if (is(ofx::name::describe)) return describe(effect);
    if (is(ofx::name::describe_in_context)) return describe_in_context(effect, in);
    if (is(ofx::name::create)) return create(effect);
    if (is(ofx::name::destroy)) return destroy(effect);
    if (is(ofx::name::purge)) return purge();
    if (is(ofx::name::changed)) return changed(Instance::of(effect), in);
    if (is(ofx::name::sync)) return synchronized(Instance::of(effect));
    if (is(ofx::name::get_frames)) return frames_needed(Instance::of(effect), in, out);
    if (is(ofx::name::get_domain)) return domain(Instance::of(effect), out);
    if (is(ofx::name::get_preferences)) return preferences(Instance::of(effect), out);
    if (is(ofx::name::get_colors)) return output_colors(out);
    if (is(ofx::name::is_identity)) return identity(Instance::of(effect), in, out);
    if (is(ofx::name::begin_sequence)) return begin_sequence(Instance::of(effect));
    if (is(ofx::name::render)) return render(Instance::of(effect), in);
    if (is(ofx::name::get_definition)) {
        return set_definition(Instance::of(effect), in, out, ofx::name::definition);
    }
    if (is(ofx::name::get_interest)) {
        return set_definition(Instance::of(effect), in, out, ofx::name::interest_of_source);
    }
    return ofx::reply_default;
}

// Nothing that is thrown may reach the host: it is of another language, or another compiler.
ofx::Status main_entry(const char* action, const void* handle, ofx::PropertySet in,
                       ofx::PropertySet out) {
    try {
        const auto effect = static_cast<ofx::Effect>(const_cast<void*>(handle));
        return dispatch(action, effect, Properties(in), Properties(out));
    } catch (const std::bad_alloc&) {
        return ofx::out_of_memory;
    } catch (...) {
        return ofx::failed;
    }
}

ofx::Plugin plugin = {ofx::name::api, 1,         identifier, major_version,
                      minor_version,  &set_host, &main_entry};

}  // namespace

}  // namespace hifi

HIFI_EXPORT ofx::Status OfxSetHost(const ofx::Host* host) {
    hifi::set_host(const_cast<ofx::Host*>(host));
    return ofx::ok;
}

HIFI_EXPORT int OfxGetNumberOfPlugins(void) { return 1; }

HIFI_EXPORT ofx::Plugin* OfxGetPlugin(int nth) { return nth == 0 ? &hifi::plugin : nullptr; }
