// The C interface between an OpenFX 1.4 host and a plug-in, as much of it as this plug-in uses:
// what is passed by address must have exactly this layout.
#pragma once

#include <cstddef>

namespace ofx {

using Status = int;
inline constexpr Status ok = 0, failed = 1, missing_host_feature = 4, out_of_memory = 8,
                        bad_handle = 9, reply_yes = 12, reply_no = 13, reply_default = 14;

using Time = double;

struct RectD {
    double x1, y1, x2, y2;
};

// What the host alone can look into.
using PropertySet = struct PropertySetTag*;
using Effect = struct EffectTag*;
using ParameterSet = struct ParameterSetTag*;
using Parameter = struct ParameterTag*;
using Clip = struct ClipTag*;
using Memory = struct MemoryTag*;

struct Host {
    PropertySet properties;
    const void* (*fetch_suite)(PropertySet host, const char* name, int version);
};

using EntryPoint = Status(const char* action, const void* handle, PropertySet in, PropertySet out);

struct Plugin {
    const char* api;
    int api_version;
    const char* identifier;
    unsigned int major;
    unsigned int minor;
    void (*set_host)(Host* host);
    EntryPoint* main;
};

struct PropertySuite {
    Status (*set_pointer)(PropertySet, const char* name, int index, void* value);
    Status (*set_string)(PropertySet, const char* name, int index, const char* value);
    Status (*set_double)(PropertySet, const char* name, int index, double value);
    Status (*set_int)(PropertySet, const char* name, int index, int value);
    Status (*set_pointers)(PropertySet, const char* name, int count, void* const* values);
    Status (*set_strings)(PropertySet, const char* name, int count, const char* const* values);
    Status (*set_doubles)(PropertySet, const char* name, int count, const double* values);
    Status (*set_ints)(PropertySet, const char* name, int count, const int* values);
    Status (*get_pointer)(PropertySet, const char* name, int index, void** value);
    Status (*get_string)(PropertySet, const char* name, int index, char** value);
    Status (*get_double)(PropertySet, const char* name, int index, double* value);
    Status (*get_int)(PropertySet, const char* name, int index, int* value);
    Status (*get_pointers)(PropertySet, const char* name, int count, void** values);
    Status (*get_strings)(PropertySet, const char* name, int count, char** values);
    Status (*get_doubles)(PropertySet, const char* name, int count, double* values);
    Status (*get_ints)(PropertySet, const char* name, int count, int* values);
    Status (*reset)(PropertySet, const char* name);
    Status (*dimension)(PropertySet, const char* name, int* count);
};

struct EffectSuite {
    Status (*properties)(Effect, PropertySet*);
    Status (*parameters)(Effect, ParameterSet*);
    Status (*define_clip)(Effect, const char* name, PropertySet*);
    Status (*clip)(Effect, const char* name, Clip*, PropertySet*);
    Status (*clip_properties)(Clip, PropertySet*);
    Status (*image)(Clip, Time, const RectD* region, PropertySet* image);
    Status (*release_image)(PropertySet image);
    Status (*region_of_definition)(Clip, Time, RectD*);
    int (*abort)(Effect);
    Status (*allocate)(Effect, std::size_t bytes, Memory*);
    Status (*free)(Memory);
    Status (*lock)(Memory, void** data);
    Status (*unlock)(Memory);
};

struct ParameterSuite {
    Status (*define)(ParameterSet, const char* type, const char* name, PropertySet*);
    Status (*get)(ParameterSet, const char* name, Parameter*, PropertySet*);
    Status (*set_properties)(ParameterSet, PropertySet*);
    Status (*properties)(Parameter, PropertySet*);
    Status (*value)(Parameter, ...);
    Status (*value_at)(Parameter, Time, ...);
    Status (*derivative)(Parameter, Time, ...);
    Status (*integral)(Parameter, Time from, Time to, ...);
    Status (*set_value)(Parameter, ...);
    Status (*set_value_at)(Parameter, Time, ...);
    Status (*key_count)(Parameter, unsigned int* count);
    Status (*key_time)(Parameter, unsigned int index, Time*);
    Status (*key_index)(Parameter, Time, int direction, int* index);
    Status (*delete_key)(Parameter, Time);
    Status (*delete_keys)(Parameter);
    Status (*copy)(Parameter to, Parameter from, Time offset, const void* range);
    Status (*begin_edit)(ParameterSet, const char* name);
    Status (*end_edit)(ParameterSet);
};

struct MessageSuite {
    Status (*message)(void* handle, const char* type, const char* id, const char* format, ...);
    // From version 2 on:
    Status (*set_persistent)(void* handle, const char* type, const char* id, const char* format,
                             ...);
    Status (*clear_persistent)(void* handle);
};

struct ProgressSuite1 {
    Status (*start)(void* effect, const char* label);
    Status (*update)(void* effect, double progress);
    Status (*end)(void* effect);
};

struct ProgressSuite2 {
    Status (*start)(void* effect, const char* label, const char* id);
    Status (*update)(void* effect, double progress);
    Status (*end)(void* effect);
};

}  // namespace ofx
