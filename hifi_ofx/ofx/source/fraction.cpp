#include "fraction.hpp"

#include <cmath>
#include <numeric>

namespace hifi {

namespace {

constexpr std::int64_t largest_denominator = 1000000;
constexpr double largest = 1e12;  // and what is larger, or no number at all, counts as 0
constexpr double close_enough = 1e-11;  // relative; a double itself is good to 1e-16

}  // namespace

Fraction Fraction::reduced() const {
    const std::int64_t common = std::gcd(numerator, denominator);
    return common > 1 ? Fraction{numerator / common, denominator / common} : *this;
}

Fraction simplest(double value) {
    if (!(std::fabs(value) < largest)) return {};
    // Continued fraction: each convergent is the best there is with so small a denominator.
    std::int64_t before_n = 0, before_d = 1, n = 1, d = 0;
    double rest = value;
    for (int term = 0; term < 40; ++term) {
        const double whole = std::floor(rest);
        if (std::fabs(whole) > largest) break;
        const auto digit = static_cast<std::int64_t>(whole);
        const std::int64_t next_n = digit * n + before_n, next_d = digit * d + before_d;
        if (next_d > largest_denominator) break;
        before_n = n, before_d = d, n = next_n, d = next_d;
        const double error = std::fabs(value - Fraction{n, d}.value());
        if (error <= close_enough * std::fmax(1, std::fabs(value)) || rest == whole) break;
        rest = 1 / (rest - whole);
    }
    return d ? Fraction{n, d} : Fraction{};
}

Fraction product(const Fraction& one, const Fraction& other) {
    // Crosswise first, so that the products stay small.
    const Fraction a = Fraction{one.numerator, other.denominator}.reduced();
    const Fraction b = Fraction{other.numerator, one.denominator}.reduced();
    return Fraction{a.numerator * b.numerator, a.denominator * b.denominator};
}

Fraction quotient(const Fraction& one, const Fraction& other) {
    return product(one, Fraction{other.denominator, other.numerator});
}

}  // namespace hifi
