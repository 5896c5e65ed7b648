// Exact fractions of small numbers, and the fraction that a floating-point number stands for.
#pragma once

#include <cstdint>
#include <string>

namespace hifi {

// numerator / denominator, the denominator above 0.
struct Fraction {
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;

    bool operator==(const Fraction& other) const {
        return numerator == other.numerator && denominator == other.denominator;
    }
    double value() const {
        return static_cast<double>(numerator) / static_cast<double>(denominator);
    }
    std::string text() const {
        return std::to_string(numerator) + "/" + std::to_string(denominator);
    }
    Fraction reduced() const;
};

// The simplest fraction that a number is: 0.25 is 1/4, 0.3333 is 3333/10000, and what the nearest
// double to 1/3 is, is 1/3. The denominator is at most a million.
Fraction simplest(double value);

Fraction product(const Fraction& one, const Fraction& other);
Fraction quotient(const Fraction& one, const Fraction& other);

}  // namespace hifi
