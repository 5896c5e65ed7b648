// Which source frames an output frame lies between, and how far: all of it counted from the
// clip's first frame, because hosts number their frames each in its own way.
#pragma once

#include "fraction.hpp"
#include "instance.hpp"

namespace hifi {

// `fraction` in [0, 1) of the way from source frame `left` to `right`; where it is 0, both are one.
struct Position {
    double left, right;
    Fraction fraction;

    bool on_a_frame() const { return fraction.numerator == 0; }
    double nearest() const { return fraction.value() < 0.5 ? left : right; }
};

// The source position that the instance shows at an output time; never outside the clip.
Position position(const Instance& instance, double time);

// The source frames that an in-between is made with: its neighbors and, where motion is to curve,
// one more on either side, as far as the clip has them.
SourceRange needed(const Instance& instance, double time, const Position& at);

// First and last output time that show something new. Nothing where the host decides.
std::optional<SourceRange> time_domain(const Instance& instance);

}  // namespace hifi
