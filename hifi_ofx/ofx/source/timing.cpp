#include "timing.hpp"

#include <cmath>

namespace hifi {

namespace {

enum Mode { by_speed, by_source_frame, by_rate };

// Closer to a frame than this, of a frame, is on it: key frames and integrals are not exact.
constexpr double on_frame = 1e-6;
constexpr double longest = 1e6;  // output frames; more is a slip of the keyboard

// A source time as whole frames past the clip's first one, and what is left over.
struct Offset {
    double whole;
    Fraction rest;
};

Offset from_number(double offset) {
    if (!std::isfinite(offset)) return {0, {}};
    const double nearest = std::round(offset);
    if (std::fabs(offset - nearest) <= on_frame) return {nearest, {}};
    const double whole = std::floor(offset);
    return {whole, simplest(offset - whole)};
}

// Exact, for whole numbers of output frames at a constant speed.
Offset from_speed(const Fraction& speed, double frames) {
    const std::int64_t top = speed.numerator * static_cast<std::int64_t>(frames);
    std::int64_t whole = top / speed.denominator, rest = top % speed.denominator;
    if (rest < 0) --whole, rest += speed.denominator;
    return {static_cast<double>(whole), Fraction{rest, speed.denominator}.reduced()};
}

Offset constant(const Fraction& speed, double frames) {
    const bool exact = frames == std::floor(frames) && std::fabs(frames) < 1e9;
    return exact ? from_speed(speed, frames) : from_number(speed.value() * frames);
}

// 23.976 and 29.97 mean 24000/1001 and 30000/1001 (SMPTE ST 12-1).
Fraction rate(double written) {
    for (std::int64_t nominal : {24, 30, 48, 60, 120}) {
        const Fraction broadcast{nominal * 1000, 1001};
        if (std::fabs(written - broadcast.value()) < 0.005) return broadcast;
    }
    return simplest(written);
}

Fraction conform(const Instance& instance, double time) {
    return quotient(rate(instance.number("source_rate", time)),
                    rate(instance.number("target_rate", time)));
}

double speed_at(const Instance& instance, double time) { return instance.number("speed", time); }

// Simpson's rule over a part of a frame.
double piece(const Instance& instance, double at, double step) {
    return step / 6 *
           (speed_at(instance, at) + 4 * speed_at(instance, at + step / 2) +
            speed_at(instance, at + step));
}

// Whether the speeds are still what they were: a look at some of them.
bool is_current(const Instance& instance, const Travelled& known) {
    const std::size_t last = known.speeds.size() - 1;
    for (const std::size_t index : {std::size_t{0}, last / 2, last}) {
        const double time = known.first + static_cast<double>(index);
        if (speed_at(instance, time) != known.speeds[index]) return false;
    }
    return true;
}

// For hosts that cannot integrate. What was summed up is kept: a clip is long, and asked for often.
double summed(const Instance& instance, double from, double to) {
    if (to < from) return -summed(instance, to, from);
    Travelled& known = instance.travelled;
    const std::lock_guard<std::mutex> guard(known.mutex);
    if (known.sums.empty() || known.first != from || !is_current(instance, known)) {
        known.first = from;
        known.sums = {0};
        known.speeds = {speed_at(instance, from)};
    }
    const double whole = std::fmin(std::floor(to - from), longest);
    while (static_cast<double>(known.sums.size()) <= whole) {
        const double at = from + static_cast<double>(known.sums.size() - 1);
        known.sums.push_back(known.sums.back() + piece(instance, at, 1));
        known.speeds.push_back(speed_at(instance, at + 1));
    }
    const double rest = std::fmin(to - from, longest) - whole;
    const double sum = known.sums[static_cast<std::size_t>(whole)];
    return rest > 0 ? sum + piece(instance, from + whole, rest) : sum;
}

// The host's own integral of the speed; nothing where it cannot.
std::optional<double> integral(const Instance& instance, double from, double to) {
    double result = 0;
    const auto handle = instance.parameter("speed");
    const auto of = suites().parameter->integral;
    if (handle && of && of(handle, from, to, &result) == ofx::ok) return result;
    return {};
}

// Source frames between two output times, at whatever speeds lie between.
double travelled(const Instance& instance, double from, double to) {
    const auto known = integral(instance, from, to);
    return known ? *known : summed(instance, from, to);
}

bool has_keys(const Instance& instance, const char* name) {
    unsigned int count = 0;
    const auto handle = instance.parameter(name);
    return handle && suites().parameter->key_count(handle, &count) == ofx::ok && count > 0;
}

// Without keys, and where nobody can integrate: an expression would show in some of the speeds.
bool seems_constant(const Instance& instance, double first, double time) {
    constexpr int samples = 8;
    const double speed = speed_at(instance, time);
    for (int n = 0; n < samples; ++n) {
        if (speed_at(instance, first + std::floor((time - first) * n / samples)) != speed) {
            return false;
        }
    }
    return true;
}

Offset by_speeds(const Instance& instance, double first, double time) {
    const double speed = speed_at(instance, time), frames = time - first;
    if (!has_keys(instance, "speed") && !integral(instance, first, time) &&
        seems_constant(instance, first, time)) {
        return constant(simplest(speed), frames);
    }
    const double here = travelled(instance, first, time);
    // An expression has no keys and yet changes: what the integral says decides.
    const bool is_constant = !has_keys(instance, "speed") &&
                             std::fabs(here - speed * frames) <= on_frame * (1 + std::fabs(here));
    return is_constant ? constant(simplest(speed), frames) : from_number(here);
}

Offset source_offset(const Instance& instance, double first, double time) {
    if (instance.context() == Context::retimer) {
        return from_number(instance.number(ofx::name::source_time, time) - first);
    }
    switch (static_cast<int>(instance.number("timing", time))) {
        case by_source_frame: {
            const bool from_clip = instance.number("counted_from", time) == 0;
            return from_number(instance.number("source_frame", time) - (from_clip ? 0 : first));
        }
        case by_rate: return constant(conform(instance, time), time - first);
        default: return by_speeds(instance, first, time);
    }
}

// Mirrored in a clip whose last frame is `length` past its first.
Offset mirrored(const Offset& offset, double length) {
    if (offset.rest.numerator == 0) return {length - offset.whole, {}};
    const auto [top, bottom] = offset.rest;
    return {length - offset.whole - 1, Fraction{bottom - top, bottom}};
}

// Last output time at which the clip is not used up, at whatever speeds.
double reached(const Instance& instance, double first, double length) {
    const auto inside = [&](double frames) {
        return travelled(instance, first, first + frames) <= length + on_frame;
    };
    double low = 0, high = 1;
    while (high < longest && inside(high)) low = high, high *= 2;
    while (high - low > 1) {
        const double middle = std::floor((low + high) / 2);
        (inside(middle) ? low : high) = middle;
    }
    return first + low;
}

double last_at(const Fraction& speed, double first, double length) {
    if (speed.numerator <= 0) return first + length;  // a freeze has no end: the clip's will do
    // floor((N - 1) / speed), exactly.
    const auto frames = static_cast<std::int64_t>(length) * speed.denominator / speed.numerator;
    return first + std::fmin(static_cast<double>(frames), longest);
}

std::optional<SourceRange> key_range(const Instance& instance, const char* name) {
    unsigned int count = 0;
    const auto handle = instance.parameter(name);
    if (!handle || suites().parameter->key_count(handle, &count) != ofx::ok || count < 2) return {};
    double first = 0, last = 0;
    suites().parameter->key_time(handle, 0, &first);
    suites().parameter->key_time(handle, count - 1, &last);
    return SourceRange{first, last};
}

}  // namespace

Position position(const Instance& instance, double time) {
    const auto range = instance.source_range();
    const double first = range ? std::round(range->first) : 0;
    const double length = range ? std::round(range->last) - first : HUGE_VAL;
    Offset offset = source_offset(instance, first, time);
    const bool reverse = instance.context() != Context::retimer && range &&
                         instance.number("reverse", time) != 0;
    if (reverse) offset = mirrored(offset, length);
    if (offset.whole < 0 && range) offset = {0, {}};
    if (offset.whole >= length) offset = {length, {}};
    const double left = first + offset.whole;
    return {left, offset.rest.numerator ? left + 1 : left, offset.rest};
}

SourceRange needed(const Instance& instance, double time, const Position& at) {
    const auto range = instance.source_range();
    const bool curved = instance.number("motion_path", time) != 0;  // the first choice is linear
    if (at.on_a_frame() || !curved || !range) return {at.left, at.right};
    return {std::fmin(at.left, std::fmax(std::round(range->first), at.left - 1)),
            std::fmax(at.right, std::fmin(std::round(range->last), at.right + 1))};
}

std::optional<SourceRange> time_domain(const Instance& instance) {
    const auto range = instance.source_range();
    if (!range || instance.context() != Context::general) return {};
    const double first = std::round(range->first), length = std::round(range->last) - first;
    switch (static_cast<int>(instance.number("timing", first))) {
        case by_source_frame: return key_range(instance, "source_frame");
        case by_rate: return SourceRange{first, last_at(conform(instance, first), first, length)};
        default: break;
    }
    const bool animated = has_keys(instance, "speed");
    const auto speed = simplest(speed_at(instance, first));
    return SourceRange{
        first, animated ? reached(instance, first, length) : last_at(speed, first, length)};
}

}  // namespace hifi
