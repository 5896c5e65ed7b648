// What the host offers: its suites, fetched once at load, and typed access to its properties.
#pragma once

#include <optional>
#include <string>

#include "abi.hpp"
#include "names.hpp"

namespace hifi {

struct Suites {
    const ofx::PropertySuite* property = nullptr;
    const ofx::EffectSuite* effect = nullptr;
    const ofx::ParameterSuite* parameter = nullptr;
    // These a host may lack; only pointers that were found to lead to code are kept.
    const ofx::MessageSuite* message = nullptr;
    bool persistent_messages = false;
    const ofx::ProgressSuite1* progress1 = nullptr;
    const ofx::ProgressSuite2* progress2 = nullptr;
};

// Remembers the host's address and touches nothing of it: it may not be called yet.
void set_host(ofx::Host* host);

// Fetches the suites. False when one is missing that nothing works without.
bool fetch_suites();

const Suites& suites();

// A property set; what is absent or of another type is nothing, and what cannot be set is skipped,
// since no two hosts have the same properties.
class Properties {
public:
    explicit Properties(ofx::PropertySet set) : set_(set) {}

    void set(const char* name, int value, int index = 0) const;
    void set(const char* name, double value, int index = 0) const;
    void set(const char* name, const char* value, int index = 0) const;
    void set(const char* name, void* value) const;

    std::optional<int> integer(const char* name, int index = 0) const;
    std::optional<double> number(const char* name, int index = 0) const;
    std::optional<std::string> text(const char* name, int index = 0) const;
    void* pointer(const char* name) const;
    int count(const char* name) const;

private:
    ofx::PropertySet set_;
};

Properties host_properties();

// Whether the host converts colors for its effects, as of version 1.5.
bool host_manages_colors();

// The host by its own name, such as "uk.co.thefoundry.nuke".
bool host_is(const char* beginning);

}  // namespace hifi
