// The declared settings, by name.
#pragma once

#include <cstring>

#include "parameters_generated.hpp"

namespace hifi {

inline const Parameter* find(const char* name) {
    for (const auto& declared : generated::parameters) {
        if (std::strcmp(declared.name, name) == 0) return &declared;
    }
    return nullptr;
}

// Parameters of the plug-in alone.
inline constexpr char preset_parameter[] = "preset";
inline constexpr char panel_button[] = "open_panel";
inline constexpr char status_line[] = "status";

inline constexpr int preset_count = sizeof generated::presets / sizeof *generated::presets;
inline constexpr int standard_preset = 1;

}  // namespace hifi
