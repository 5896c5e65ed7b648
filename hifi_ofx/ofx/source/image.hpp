// A host's image: whose rows may run downwards, be padded, and reach past what is defined.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "instance.hpp"

namespace hifi {

// Pixels, half open; y points up.
struct Bounds {
    int x1 = 0, y1 = 0, x2 = 0, y2 = 0;

    bool empty() const { return x2 <= x1 || y2 <= y1; }
    int width() const { return x2 - x1; }
    int height() const { return y2 - y1; }
    bool holds_row(int y) const { return y >= y1 && y < y2; }
    Bounds intersection(const Bounds& other) const {
        return {std::max(x1, other.x1), std::max(y1, other.y1), std::min(x2, other.x2),
                std::min(y2, other.y2)};
    }
};

inline constexpr std::size_t pixel_bytes = 4 * sizeof(float);

class Image {
public:
    // Nothing where the host has no image at this time. Throws std::bad_alloc where it has no
    // memory for it, FormatError for anything but float RGBA.
    static std::unique_ptr<Image> fetch(const Instance& instance, const char* clip, double time);
    explicit Image(ofx::PropertySet set);
    Image(const Image&) = delete;
    ~Image();

    // Where it has pixels that mean something.
    const Bounds& bounds() const { return bounds_; }
    // Where it has pixels at all.
    const Bounds& memory() const { return memory_; }
    std::byte* pixel(int x, int y) const {
        return data_ + (static_cast<std::ptrdiff_t>(y) - memory_.y1) * row_bytes_ +
               (static_cast<std::ptrdiff_t>(x) - memory_.x1) *
                   static_cast<std::ptrdiff_t>(pixel_bytes);
    }

private:
    ofx::PropertySet set_;
    std::byte* data_ = nullptr;
    std::ptrdiff_t row_bytes_ = 0;
    Bounds memory_, bounds_;
};

struct FormatError {};

// Pixels that come from elsewhere than an image: rows from top to bottom, without padding.
struct Block {
    const std::byte* data;
    Bounds bounds;

    const std::byte* pixel(int x, int y) const {
        const auto row = static_cast<std::size_t>(bounds.y2 - 1 - y);
        const auto column = static_cast<std::size_t>(x - bounds.x1);
        return data + (row * static_cast<std::size_t>(bounds.width()) + column) * pixel_bytes;
    }
};

// Fills a window of `target`: with `source` where that has pixels, with zeros elsewhere.
void copy(const Image& source, const Image& target, const Bounds& window);
void copy(const Block& source, const Image& target, const Bounds& window);
void fill_with_zeros(const Image& target, const Bounds& window);
// The alpha of `source` over black: how uncertain a frame is that was not guessed.
void copy_alpha(const Image& source, const Image& target, const Bounds& window);

}  // namespace hifi
