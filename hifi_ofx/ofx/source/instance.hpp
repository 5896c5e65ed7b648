// One effect in a host's project: its handles, its parameters, and what it has told its user.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "suites.hpp"

namespace hifi {

enum class Context { filter, general, retimer };

struct SourceRange {
    double first, last;  // in the effect's time, both included
};

class Instance {
public:
    explicit Instance(ofx::Effect effect);

    // The instance of an action; throws std::logic_error where the host gives none.
    static Instance& of(ofx::Effect effect);

    ofx::Effect effect() const { return effect_; }
    Context context() const { return context_; }
    Properties properties() const;

    // By the declared kind: an undeclared one is a Double. Of a choice, its index.
    double number(const char* name, double time) const;
    int whole(const char* name, double time) const;
    std::string text(const char* name, double time) const;
    ofx::Parameter parameter(const char* name) const;  // null where there is none
    ofx::ParameterSet parameters() const;

    ofx::Clip clip(const char* name) const;  // null where there is none
    Properties clip_properties(const char* name) const;
    std::optional<SourceRange> source_range() const;
    std::optional<ofx::RectD> source_definition(double time) const;

    bool aborted() const;

    // Shows a problem until it is gone: once, however many frames meet it.
    void warn(const std::string& sentence);
    void clear_warning();

private:
    ofx::Effect effect_;
    Context context_ = Context::filter;
    std::atomic<bool> warned_{false};
};

}  // namespace hifi
