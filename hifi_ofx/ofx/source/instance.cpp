#include "instance.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "generated.hpp"

namespace hifi {

namespace {

constexpr double longest_clip = 1e9;  // frames, either way

ofx::PropertySet effect_properties(ofx::Effect effect) {
    ofx::PropertySet set = nullptr;
    suites().effect->properties(effect, &set);
    return set;
}

double within(const Parameter& declared, double value) {
    if (!std::isfinite(value)) return declared.default_number;
    return std::clamp(value, declared.minimum, declared.maximum);
}

bool has_range(const Parameter* declared) {
    return declared && (declared->kind == Kind::Double || declared->kind == Kind::Integer);
}

}  // namespace

Instance::Instance(ofx::Effect effect) : effect_(effect) {
    const auto context = properties().text(ofx::name::context).value_or("");
    if (context == ofx::name::general) context_ = Context::general;
    if (context == ofx::name::retimer) context_ = Context::retimer;
}

Instance& Instance::of(ofx::Effect effect) {
    void* data = Properties(effect_properties(effect)).pointer(ofx::name::instance_data);
    if (!data) throw std::logic_error("no instance");
    return *static_cast<Instance*>(data);
}

Properties Instance::properties() const { return Properties(effect_properties(effect_)); }

ofx::ParameterSet Instance::parameters() const {
    ofx::ParameterSet set = nullptr;
    suites().effect->parameters(effect_, &set);
    return set;
}

ofx::Parameter Instance::parameter(const char* name) const {
    ofx::Parameter found = nullptr;
    ofx::PropertySet unused = nullptr;
    const auto set = parameters();
    if (!set || suites().parameter->get(set, name, &found, &unused) != ofx::ok) return nullptr;
    return found;
}

double Instance::number(const char* name, double time) const {
    const Parameter* declared = find(name);
    const double standard = declared ? declared->default_number : 0;
    const auto handle = parameter(name);
    if (!handle) return standard;
    if (!declared || declared->kind == Kind::Double) {
        double value = standard;
        if (suites().parameter->value_at(handle, time, &value) != ofx::ok) return standard;
        if (declared) return within(*declared, value);
        return std::isfinite(value) ? value : 0;
    }
    return whole(name, time);
}

int Instance::whole(const char* name, double time) const {
    const Parameter* declared = find(name);
    const int standard = declared ? static_cast<int>(declared->default_number) : 0;
    const auto handle = parameter(name);
    int value = standard;
    if (!handle || suites().parameter->value_at(handle, time, &value) != ofx::ok) return standard;
    return has_range(declared) ? static_cast<int>(within(*declared, value)) : value;
}

std::string Instance::text(const char* name, double time) const {
    const Parameter* declared = find(name);
    const auto handle = parameter(name);
    char* value = nullptr;
    if (!handle || suites().parameter->value_at(handle, time, &value) != ofx::ok || !value) {
        return declared ? declared->default_text : "";
    }
    return value;
}

ofx::Clip Instance::clip(const char* name) const {
    ofx::Clip found = nullptr;
    ofx::PropertySet unused = nullptr;
    if (suites().effect->clip(effect_, name, &found, &unused) != ofx::ok) return nullptr;
    return found;
}

Properties Instance::clip_properties(const char* name) const {
    ofx::PropertySet set = nullptr;
    const auto handle = clip(name);
    if (handle) suites().effect->clip_properties(handle, &set);
    return Properties(set);
}

std::optional<SourceRange> Instance::source_range() const {
    const auto clip = clip_properties(ofx::name::source);
    const auto first = clip.number(ofx::name::frame_range, 0);
    const auto last = clip.number(ofx::name::frame_range, 1);
    if (!first || !last || !(*first <= *last)) return {};
    // A still or a generator is there for ever, and has no first frame to count from.
    if (*first < -longest_clip || *last > longest_clip) return {};
    return SourceRange{*first, *last};
}

std::optional<ofx::RectD> Instance::source_definition(double time) const {
    const auto handle = clip(ofx::name::source);
    ofx::RectD found{};
    if (!handle || suites().effect->region_of_definition(handle, time, &found) != ofx::ok) return {};
    return found;
}

bool Instance::aborted() const { return suites().effect->abort(effect_) != 0; }

void Instance::warn(const std::string& sentence) {
    const std::lock_guard<std::mutex> guard(warning_mutex_);
    if (!suites().message || warning_ == sentence) return;
    const bool is_first = warning_.empty();
    warning_ = sentence;
    if (!is_first && !suites().persistent_messages) return;
    // "%s": a path in the sentence may hold a per cent sign.
    if (suites().persistent_messages) {
        suites().message->set_persistent(effect_, ofx::name::warning, "", "%s", sentence.c_str());
    } else {
        suites().message->message(effect_, ofx::name::warning, "", "%s", sentence.c_str());
    }
}

void Instance::clear_warning() {
    const std::lock_guard<std::mutex> guard(warning_mutex_);
    if (!warning_.empty() && suites().persistent_messages) {
        suites().message->clear_persistent(effect_);
    }
    warning_.clear();
}

}  // namespace hifi
