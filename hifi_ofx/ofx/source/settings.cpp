#include "settings.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "generated.hpp"

namespace hifi {

namespace {

constexpr int draft_preset = 0;
constexpr char patch_height[] = "patch_height", patch_width[] = "patch_width";

bool is(const char* one, const char* other) { return std::strcmp(one, other) == 0; }

double value(const Instance& instance, const Parameter& declared, double time, bool draft) {
    const auto preset = draft ? preset_value(draft_preset, declared.name) : std::nullopt;
    return preset ? *preset : instance.number(declared.name, time);
}

std::string as_json(const Instance& instance, const Parameter& declared, double time, bool draft) {
    if (declared.kind == Kind::Text) return json::quoted(instance.text(declared.name, time));
    const double number = value(instance, declared, time, draft);
    if (declared.kind == Kind::Boolean) return number != 0 ? "true" : "false";
    if (declared.kind == Kind::Choice) {
        const int last = declared.choice_count - 1;
        return json::quoted(declared.choices[std::clamp(static_cast<int>(number), 0, last)]);
    }
    return json::number(number);
}

std::string patch(const Instance& instance, double time, bool draft) {
    const auto side = [&](const char* name) {
        return std::to_string(
            static_cast<int>(std::lround(value(instance, *find(name), time, draft))));
    };
    return json::quoted(side(patch_height) + "x" + side(patch_width));
}

std::string section(const char* name, const Instance& instance, double time, bool draft) {
    json::Object result;
    for (const auto& declared : generated::parameters) {
        if (!is(declared.section, name) || is(declared.name, patch_width)) continue;
        if (is(declared.name, patch_height)) {
            result.add("patch", patch(instance, time, draft));
        } else {
            result.add(declared.name, as_json(instance, declared, time, draft));
        }
    }
    return result.str();
}

}  // namespace

Settings settings(const Instance& instance, double time) {
    return {instance.text("weights", time), instance.number("uncertainty", time) != 0,
            instance.number("while_working", time) != 0};
}

void add_settings(json::Object& request, const Instance& instance, double time, bool draft) {
    for (const char* name : {"quality", "footage", "output", "machine"}) {
        request.add(name, section(name, instance, time, draft));
    }
    request.text("weights", instance.text("weights", time));
}

std::optional<double> preset_value(int preset, const char* name) {
    int index = 0;
    for (const char* parameter : generated::preset_parameters) {
        if (is(parameter, name)) return generated::presets[preset].values[index];
        ++index;
    }
    return {};
}

}  // namespace hifi
