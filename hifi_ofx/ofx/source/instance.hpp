// One effect in a host's project: its handles, its parameters, and what it has told its user.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "suites.hpp"

namespace hifi {

enum class Context { filter, general, retimer };

struct SourceRange {
    double first, last;  // in the effect's time, both included
};

// The host's progress display of an instance. A host has one, however many frames are at work: the
// first of them starts it, the last ends it, and a cancel is for all of them.
struct ProgressState {
    std::mutex mutex;
    int at_work = 0;
    bool cancelled = false;
    double share = 0;
};

// Source frames passed since a clip's first one, for hosts that cannot integrate.
struct Travelled {
    std::mutex mutex;
    double first = 0;
    std::vector<double> sums, speeds;  // at each whole output frame
};

class Instance {
public:
    explicit Instance(ofx::Effect effect);

    // The instance of an action; throws std::logic_error where the host gives none.
    static Instance& of(ofx::Effect effect);

    ofx::Effect effect() const { return effect_; }
    Context context() const { return context_; }
    Properties properties() const;

    // By the declared kind: an undeclared one is a Double. Of a choice, its index. Never outside of
    // the declared range, which hosts need not keep to, and always a number.
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

    // Shows a problem until it is gone. The same one is shown once, however many frames meet it; and
    // where a message cannot be kept, but comes up each time, so is any.
    void warn(const std::string& sentence);
    void clear_warning();

    // Held by the one frame that may hold images. Of each instance its own, since fetching an image
    // may have the host render another instance, above this one.
    std::mutex gate;
    mutable ProgressState progress;
    mutable Travelled travelled;

private:
    ofx::Effect effect_;
    Context context_ = Context::filter;
    std::mutex warning_mutex_;
    std::string warning_;
};

}  // namespace hifi
