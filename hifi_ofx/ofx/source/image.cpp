#include "image.hpp"

#include <cstring>
#include <new>

namespace hifi {

namespace {

std::optional<Bounds> bounds_of(const Properties& properties, const char* name) {
    int found[4];
    for (int index = 0; index < 4; ++index) {
        const auto value = properties.integer(name, index);
        if (!value) return {};
        found[index] = *value;
    }
    return Bounds{found[0], found[1], found[2], found[3]};
}

std::size_t length(int pixels) {
    return pixels > 0 ? static_cast<std::size_t>(pixels) * pixel_bytes : 0;
}

template <typename Source>
void copy_rows(const Source& source, const Bounds& defined, const Image& target, const Bounds& window) {
    const Bounds common = window.intersection(defined);
    for (int y = window.y1; y < window.y2; ++y) {
        if (common.empty() || !common.holds_row(y)) {
            std::memset(target.pixel(window.x1, y), 0, length(window.width()));
            continue;
        }
        std::memset(target.pixel(window.x1, y), 0, length(common.x1 - window.x1));
        std::memcpy(target.pixel(common.x1, y), source.pixel(common.x1, y), length(common.width()));
        std::memset(target.pixel(common.x2, y), 0, length(window.x2 - common.x2));
    }
}

}  // namespace

std::unique_ptr<Image> Image::fetch(const Instance& instance, const char* name, double time) {
    const auto clip = instance.clip(name);
    ofx::PropertySet set = nullptr;
    if (!clip) return {};
    const auto status = suites().effect->image(clip, time, nullptr, &set);
    if (status == ofx::out_of_memory) throw std::bad_alloc();
    if (status != ofx::ok || !set) return {};
    return std::make_unique<Image>(set);
}

Image::Image(ofx::PropertySet set) : set_(set) {
    const Properties properties(set);
    const auto bounds = bounds_of(properties, ofx::name::bounds);
    data_ = static_cast<std::byte*>(properties.pointer(ofx::name::data));
    row_bytes_ = properties.integer(ofx::name::row_bytes).value_or(0);
    const bool is_float = properties.text(ofx::name::depth) == ofx::name::depth_float;
    const bool is_rgba = properties.text(ofx::name::components) == ofx::name::rgba;
    if (!bounds || !data_ || !is_float || !is_rgba) {
        suites().effect->release_image(set_);
        throw FormatError();
    }
    memory_ = *bounds;
    const auto defined = bounds_of(properties, ofx::name::image_definition);
    const Bounds inside = defined ? bounds->intersection(*defined) : *bounds;
    bounds_ = inside.empty() ? *bounds : inside;
}

Image::~Image() {
    if (set_) suites().effect->release_image(set_);
}

void copy(const Image& source, const Image& target, const Bounds& window) {
    copy_rows(source, source.bounds(), target, window);
}

void copy(const Block& source, const Image& target, const Bounds& window) {
    copy_rows(source, source.bounds, target, window);
}

void fill_with_zeros(const Image& target, const Bounds& window) {
    for (int y = window.y1; y < window.y2; ++y) {
        std::memset(target.pixel(window.x1, y), 0, length(window.width()));
    }
}

void copy_alpha(const Image& source, const Image& target, const Bounds& window) {
    copy(source, target, window);
    for (int y = window.y1; y < window.y2; ++y) {
        for (int x = window.x1; x < window.x2; ++x) {
            std::memset(target.pixel(x, y), 0, 3 * sizeof(float));
        }
    }
}

}  // namespace hifi
