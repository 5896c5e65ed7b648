#include "describe.hpp"

#include <cstring>

#include "generated.hpp"

namespace hifi {

namespace {

constexpr char title[] = "HiFI Retime";
constexpr char about[] =
    "In-between frames by patch-based cascaded pixel diffusion: slow motion that survives large "
    "motion, repeating texture and thin detail. Scene-linear and unclamped; a source frame itself "
    "is passed on untouched.";

bool host_has_retimer() {
    const auto host = host_properties();
    for (int index = 0; index < host.count(ofx::name::contexts); ++index) {
        if (host.text(ofx::name::contexts, index) == ofx::name::retimer) return true;
    }
    return false;
}

void define_clip(ofx::Effect effect, const char* name, bool reads_other_times) {
    ofx::PropertySet set = nullptr;
    if (suites().effect->define_clip(effect, name, &set) != ofx::ok) return;
    const Properties clip(set);
    clip.set(ofx::name::supported_components, ofx::name::rgba);
    clip.set(ofx::name::temporal_access, reads_other_times ? 1 : 0);
    clip.set(ofx::name::tiles, 0);
    clip.set(ofx::name::optional, 0);
}

Properties define(ofx::ParameterSet set, const char* type, const char* name, const char* label,
                  const char* hint, const char* group) {
    ofx::PropertySet made = nullptr;
    suites().parameter->define(set, type, name, &made);
    const Properties properties(made);
    if (!made) return properties;
    properties.set(ofx::name::label, label);
    properties.set(ofx::name::script_name, name);
    if (*hint) properties.set(ofx::name::hint, hint);
    if (*group) properties.set(ofx::name::parent, group);
    return properties;
}

const char* type_of(Kind kind) {
    switch (kind) {
        case Kind::Integer: return ofx::name::integer;
        case Kind::Double: return ofx::name::real;
        case Kind::Boolean: return ofx::name::boolean;
        case Kind::Choice: return ofx::name::choice;
        default: return ofx::name::string;
    }
}

// Both ranges, always: Resolve takes what has none to lie between -1 and 1, or to be 0.
template <typename Number>
void set_range(const Properties& properties, const Parameter& declared) {
    properties.set(ofx::name::standard, static_cast<Number>(declared.default_number));
    properties.set(ofx::name::minimum, static_cast<Number>(declared.minimum));
    properties.set(ofx::name::maximum, static_cast<Number>(declared.maximum));
    properties.set(ofx::name::shown_minimum, static_cast<Number>(declared.shown_minimum));
    properties.set(ofx::name::shown_maximum, static_cast<Number>(declared.shown_maximum));
}

void set_values(const Properties& properties, const Parameter& declared) {
    switch (declared.kind) {
        case Kind::Integer: set_range<int>(properties, declared); break;
        case Kind::Double:
            set_range<double>(properties, declared);
            properties.set(ofx::name::double_type, ofx::name::double_plain);
            properties.set(ofx::name::digits, 4);
            properties.set(ofx::name::increment, 0.01);
            break;
        case Kind::Choice:
            for (int index = 0; index < declared.choice_count; ++index) {
                properties.set(ofx::name::option, declared.choices[index], index);
            }
            [[fallthrough]];
        case Kind::Boolean:
            properties.set(ofx::name::standard, static_cast<int>(declared.default_number));
            break;
        case Kind::Text: properties.set(ofx::name::standard, declared.default_text); break;
    }
}

void define(ofx::ParameterSet set, const Parameter& declared) {
    const auto properties = define(set, type_of(declared.kind), declared.name, declared.label,
                                   declared.hint, declared.group);
    set_values(properties, declared);
    // Booleans animate unless told otherwise, and strings nowhere should.
    properties.set(ofx::name::animates, declared.animates ? 1 : 0);
    const bool is_speed = std::strcmp(declared.name, "speed") == 0;
    if (is_speed) properties.set(ofx::name::invalidation, ofx::name::change_to_end);
}

void define_preset(ofx::ParameterSet set) {
    const auto properties = define(set, ofx::name::choice, preset_parameter, "Preset",
                                   "Sets the quality below; a change there makes it custom.",
                                   "quality");
    int index = 0;
    for (const auto& preset : generated::presets) {
        properties.set(ofx::name::option, preset.name, index++);
    }
    properties.set(ofx::name::option, "custom", index);
    properties.set(ofx::name::standard, standard_preset);
    properties.set(ofx::name::animates, 0);
    properties.set(ofx::name::evaluates, 0);  // the parameters that it sets do that
}

void define_status(ofx::ParameterSet set) {
    const auto properties = define(set, ofx::name::string, status_line, "Status",
                                   "What the engine did last, as of the latest change here.",
                                   "machine");
    properties.set(ofx::name::standard, "");
    properties.set(ofx::name::animates, 0);
    properties.set(ofx::name::enabled, 0);
    properties.set(ofx::name::persistent, 0);
    properties.set(ofx::name::evaluates, 0);
}

void define_parameters(ofx::ParameterSet set, bool retimer) {
    const auto skipped = [&](const char* group) {
        return retimer && std::strcmp(group, generated::groups[0].name) == 0;  // timing: the host's
    };
    for (const auto& group : generated::groups) {
        if (skipped(group.name)) continue;
        define(set, ofx::name::group, group.name, group.label, "", "");
        if (std::strcmp(group.name, "quality") == 0) define_preset(set);
        for (const auto& declared : generated::parameters) {
            if (std::strcmp(declared.group, group.name) == 0) define(set, declared);
        }
    }
    define(set, ofx::name::push_button, panel_button, "Open panel",
           "Open HiFI's own window, to retime sequences on disk.", "machine");
    define_status(set);
}

}  // namespace

ofx::Status describe(ofx::Effect effect) {
    // Without frames of other times there is nothing between which a frame could lie.
    if (host_properties().integer(ofx::name::temporal_access).value_or(1) == 0) {
        return ofx::missing_host_feature;
    }
    ofx::PropertySet set = nullptr;
    if (suites().effect->properties(effect, &set) != ofx::ok) return ofx::failed;
    const Properties plugin(set);
    plugin.set(ofx::name::label, title);
    plugin.set(ofx::name::short_label, "HiFI");
    plugin.set(ofx::name::long_label, title);
    plugin.set(ofx::name::grouping, "HiFI/Time");
    plugin.set(ofx::name::description, about);
    plugin.set(ofx::name::version_label, generated::version);
    plugin.set(ofx::name::contexts, ofx::name::filter, 0);
    plugin.set(ofx::name::contexts, ofx::name::general, 1);
    if (host_has_retimer()) plugin.set(ofx::name::contexts, ofx::name::retimer, 2);
    plugin.set(ofx::name::depths, ofx::name::depth_float);
    plugin.set(ofx::name::thread_safety, ofx::name::fully_safe);
    plugin.set(ofx::name::frame_threading, 0);  // the engine takes whole frames
    plugin.set(ofx::name::temporal_access, 1);
    plugin.set(ofx::name::tiles, 0);
    plugin.set(ofx::name::multi_resolution, 1);
    plugin.set(ofx::name::multiple_depths, 0);
    plugin.set(ofx::name::multiple_aspects, 0);
    plugin.set(ofx::name::render_twice, 0);
    plugin.set(ofx::name::single_instance, 0);
    plugin.set(ofx::name::sequential, 0);
    if (host_manages_colors()) {
        plugin.set(ofx::name::color_style, ofx::name::color_basic);
        plugin.set(ofx::name::color_configs, ofx::name::color_config);
    }
    return ofx::ok;
}

ofx::Status describe_in_context(ofx::Effect effect, const Properties& in) {
    const bool retimer = in.text(ofx::name::context) == ofx::name::retimer;
    define_clip(effect, ofx::name::source, true);
    define_clip(effect, ofx::name::output, false);
    ofx::ParameterSet set = nullptr;
    if (suites().effect->parameters(effect, &set) != ofx::ok) return ofx::failed;
    if (retimer) {
        ofx::PropertySet unused = nullptr;
        suites().parameter->define(set, ofx::name::real, ofx::name::source_time, &unused);
    }
    define_parameters(set, retimer);
    return ofx::ok;
}

}  // namespace hifi
