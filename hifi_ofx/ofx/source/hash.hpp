// A fingerprint of pixels and settings, 128 bits: two different frames do not share one by
// chance. It is no protection against somebody who wants them to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace hifi {

class Hash {
public:
    void add(const void* data, std::size_t bytes) {
        auto at = static_cast<const unsigned char*>(data);
        std::size_t left = bytes;
        // Four lanes that do not wait for each other: about as fast as memory.
        for (; left >= 32; at += 32, left -= 32) {
            for (int lane = 0; lane < 4; ++lane) mix(lane, word(at + 8 * lane));
        }
        for (; left >= 8; at += 8, left -= 8) mix(0, word(at));
        std::uint64_t rest = left;
        for (std::size_t index = 0; index < left; ++index) rest = rest << 8 | at[index];
        mix(1, rest);
        mix(2, bytes);
    }
    void add(std::string_view text) { add(text.data(), text.size()); }

    // 32 hexadecimal digits.
    std::string text() const {
        const std::uint64_t halves[] = {
            scattered(lanes_[0] ^ turned(lanes_[1], 23) ^ scattered(lanes_[2])),
            scattered(lanes_[3] ^ turned(lanes_[2], 41) ^ scattered(lanes_[1] + lanes_[0]))};
        std::string result;
        for (const std::uint64_t half : halves) {
            for (int shift = 60; shift >= 0; shift -= 4) {
                result += "0123456789abcdef"[half >> shift & 15];
            }
        }
        return result;
    }

private:
    static std::uint64_t word(const unsigned char* at) {
        std::uint64_t value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }
    static std::uint64_t turned(std::uint64_t value, int bits) {
        return value << bits | value >> (64 - bits);
    }
    // Each step can be undone, so no input is lost on the way.
    static std::uint64_t scattered(std::uint64_t value) {
        value = (value ^ value >> 32) * 0xd6e8feb86659fd93u;
        value = (value ^ value >> 29) * 0xa0761d6478bd642fu;
        return value ^ value >> 32;
    }
    void mix(int lane, std::uint64_t value) {
        lanes_[lane] = turned(lanes_[lane] + value * 0x9e3779b97f4a7c15u, 29) * 0xe7037ed1a0b428dbu;
    }

    std::uint64_t lanes_[4] = {0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u, 0x1d8e4e27c47d124fu,
                               0xeb44accab455d165u};
};

}  // namespace hifi
