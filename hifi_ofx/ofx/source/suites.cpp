#include "suites.hpp"

#include "platform.hpp"

namespace hifi {

namespace {

ofx::Host* host = nullptr;
Suites found;

template <typename Suite>
const Suite* fetch(const char* name, int version) {
    return static_cast<const Suite*>(host->fetch_suite(host->properties, name, version));
}

template <typename Function>
bool leads_to_code(Function* function) {
    return platform::is_code(reinterpret_cast<const void*>(function));
}

// Resolve 14 has the suite's second version with pointers that are null or lead nowhere.
bool has_persistent_messages(const ofx::MessageSuite* suite) {
    const bool old_resolve = host_is("DaVinciResolve") &&
                             host_properties().integer(ofx::name::version).value_or(99) < 15;
    return !old_resolve && leads_to_code(suite->set_persistent) &&
           leads_to_code(suite->clear_persistent);
}

void fetch_messages() {
    auto second = fetch<ofx::MessageSuite>("OfxMessageSuite", 2);
    found.persistent_messages = second && has_persistent_messages(second);
    auto any = found.persistent_messages ? second : fetch<ofx::MessageSuite>("OfxMessageSuite", 1);
    found.message = any && (found.persistent_messages || leads_to_code(any->message)) ? any : nullptr;
}

template <typename Suite>
const Suite* usable_progress(int version) {
    auto suite = fetch<Suite>("OfxProgressSuite", version);
    const bool works = suite && leads_to_code(suite->start) && leads_to_code(suite->update) &&
                       leads_to_code(suite->end);
    return works ? suite : nullptr;
}

}  // namespace

void set_host(ofx::Host* given) { host = given; }

bool fetch_suites() {
    found = Suites();
    if (!host || !host->fetch_suite) return false;
    found.property = fetch<ofx::PropertySuite>("OfxPropertySuite", 1);
    found.effect = fetch<ofx::EffectSuite>("OfxImageEffectSuite", 1);
    found.parameter = fetch<ofx::ParameterSuite>("OfxParameterSuite", 1);
    if (!found.property || !found.effect || !found.parameter) return false;
    fetch_messages();
    found.progress2 = usable_progress<ofx::ProgressSuite2>(2);
    if (!found.progress2) found.progress1 = usable_progress<ofx::ProgressSuite1>(1);
    return true;
}

const Suites& suites() { return found; }

Properties host_properties() { return Properties(host->properties); }

bool host_manages_colors() {
    const auto style = host_properties().text(ofx::name::color_style).value_or("");
    return !style.empty() && style != ofx::name::color_none;
}

bool host_is(const char* beginning) {
    return host_properties().text(ofx::name::name).value_or("").rfind(beginning, 0) == 0;
}

void Properties::set(const char* name, int value, int index) const {
    found.property->set_int(set_, name, index, value);
}

void Properties::set(const char* name, double value, int index) const {
    found.property->set_double(set_, name, index, value);
}

void Properties::set(const char* name, const char* value, int index) const {
    found.property->set_string(set_, name, index, value);
}

void Properties::set(const char* name, void* value) const {
    found.property->set_pointer(set_, name, 0, value);
}

std::optional<int> Properties::integer(const char* name, int index) const {
    int value = 0;
    if (!set_ || found.property->get_int(set_, name, index, &value) != ofx::ok) return {};
    return value;
}

std::optional<double> Properties::number(const char* name, int index) const {
    double value = 0;
    if (!set_ || found.property->get_double(set_, name, index, &value) != ofx::ok) return {};
    return value;
}

std::optional<std::string> Properties::text(const char* name, int index) const {
    char* value = nullptr;
    if (!set_ || found.property->get_string(set_, name, index, &value) != ofx::ok || !value) {
        return {};
    }
    return std::string(value);  // the host's own text is gone after its next call
}

void* Properties::pointer(const char* name) const {
    void* value = nullptr;
    if (!set_ || found.property->get_pointer(set_, name, 0, &value) != ofx::ok) return nullptr;
    return value;
}

int Properties::count(const char* name) const {
    int value = 0;
    if (!set_ || found.property->dimension(set_, name, &value) != ofx::ok) return 0;
    return value;
}

}  // namespace hifi
