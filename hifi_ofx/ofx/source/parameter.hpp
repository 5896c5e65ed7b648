// How a declared setting is described to the plug-in; parameters_generated.hpp holds them all.
#pragma once

namespace hifi {

enum class Kind { Integer, Double, Boolean, Choice, Text };

struct Group {
    const char* name;
    const char* label;
};

struct Parameter {
    const char* name;
    const char* section;  // of the engine's request: "quality", "machine" …; "" where it has none
    const char* group;
    const char* label;
    const char* hint;
    Kind kind;
    double default_number;  // of a choice, its index
    const char* default_text;
    double minimum, maximum;
    double shown_minimum, shown_maximum;
    const char* const* choices;
    int choice_count;
    bool animates;
};

struct Preset {
    const char* name;
    double values[16];  // in the order of generated::preset_parameters
};

struct Variable {
    const char* name;
    const char* value;
};

}  // namespace hifi
