// The parameters of an instance as the engine's request has them.
#pragma once

#include "instance.hpp"
#include "json.hpp"

namespace hifi {

struct Settings {
    std::string weights;
    bool uncertainty;
    bool draft_allowed;  // while somebody works
};

Settings settings(const Instance& instance, double time);

// Adds the sections quality, footage, output and machine, and the weights. With `draft` the
// preset of that name decides the quality.
void add_settings(json::Object& request, const Instance& instance, double time, bool draft);

// What a preset has for a parameter; nothing where it leaves it alone.
std::optional<double> preset_value(int preset, const char* name);

}  // namespace hifi
