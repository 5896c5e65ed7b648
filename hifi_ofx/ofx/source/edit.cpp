#include "edit.hpp"

#include <cmath>
#include <cstring>

#include "generated.hpp"
#include "session.hpp"
#include "settings.hpp"

namespace hifi {

namespace {

constexpr int panel_milliseconds = 700;  // in which a panel that cannot start has given up

void set(const Instance& instance, const Parameter& declared, double value) {
    const auto handle = instance.parameter(declared.name);
    if (!handle) return;
    if (declared.kind == Kind::Double) {
        suites().parameter->set_value(handle, value);
    } else {
        suites().parameter->set_value(handle, static_cast<int>(std::lround(value)));
    }
}

void apply_preset(const Instance& instance, double time) {
    const int preset = instance.whole(preset_parameter, time);
    if (preset < 0 || preset >= preset_count) return;  // custom
    const auto parameters = instance.parameters();
    suites().parameter->begin_edit(parameters, "Preset");
    for (const char* name : generated::preset_parameters) {
        set(instance, *find(name), *preset_value(preset, name));
    }
    suites().parameter->end_edit(parameters);
}

bool is_of_presets(const std::string& name) { return preset_value(0, name.c_str()).has_value(); }

void make_custom(const Instance& instance, double time) {
    const auto handle = instance.parameter(preset_parameter);
    const int now = instance.whole(preset_parameter, time);
    if (handle && now != preset_count) suites().parameter->set_value(handle, preset_count);
}

void open_panel(Instance& instance) {
    instance.clear_warning();
    const std::string python = engine_python();
    if (python.empty()) {
        instance.warn("The panel needs the engine's Python: run `hifi-ofx install ofx` with it.");
        return;
    }
    try {
        const auto log = session().store.path("panel.log");
        const std::string fate =
            platform::start_alone({python, "-m", "hifi_ofx.panel"},
                                  engine_environment(platform::environment()), log,
                                  panel_milliseconds);
        const std::string words = last_words(log);
        if (!fate.empty()) {
            instance.warn("The panel " + fate + "." + (words.empty() ? "" : " " + words));
        }
    } catch (const std::exception& error) {
        instance.warn(std::string("The panel: ") + error.what());
    }
}

std::string status() {
    const std::string beginning = std::string("HiFI ") + generated::version + ", ";
    if (!has_session()) return beginning + "the engine starts with the first in-between";
    const std::string device = session().engine.device();
    const std::string engine = device.empty() ? "the engine is not running" : device;
    return beginning + engine + "; " + session().record.text();
}

void show_status(const Instance& instance) {
    const auto handle = instance.parameter(status_line);
    const std::string now = status();
    // Some hosts render again after any change, so nothing is set that is the same.
    if (!handle || instance.text(status_line, 0) == now) return;
    suites().parameter->set_value(handle, now.c_str());
}

}  // namespace

ofx::Status changed(Instance& instance, const Properties& in) {
    {
        const std::lock_guard<std::mutex> guard(instance.travelled.mutex);
        instance.travelled.sums.clear();
    }
    const bool by_user = in.text(ofx::name::reason) == ofx::name::user_edited;
    if (!by_user || in.text(ofx::name::type) != ofx::name::type_parameter) {
        show_status(instance);
        return ofx::reply_default;
    }
    const std::string name = in.text(ofx::name::name).value_or("");
    const double time = in.number(ofx::name::time).value_or(0);
    instance.clear_warning();  // with a persistent message some hosts never render again
    if (has_session()) session().record.forgive();
    if (name == preset_parameter) apply_preset(instance, time);
    if (is_of_presets(name)) make_custom(instance, time);
    if (name == panel_button) open_panel(instance);
    show_status(instance);
    return ofx::ok;
}

ofx::Status synchronized(Instance& instance) {
    show_status(instance);
    return ofx::ok;
}

}  // namespace hifi
