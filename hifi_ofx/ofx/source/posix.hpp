// What the sources for Linux and macOS share.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string>

namespace hifi::platform {

[[noreturn]] inline void fail(const std::string& what, int code) {
    throw std::runtime_error(what + ": " + std::strerror(code) + ".");
}

}  // namespace hifi::platform
