#include "store.hpp"

#include <algorithm>
#include <cstdlib>

namespace hifi {

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;
constexpr std::uint64_t usual_budget = 2048 * mebibyte;

// HIFI_OFX_CACHE_MIB, else 2 GiB, but never more than a quarter of what is free.
std::uint64_t budget_in(const platform::fs::path& folder) {
    if (const char* asked = std::getenv("HIFI_OFX_CACHE_MIB")) {
        return std::strtoull(asked, nullptr, 10) * mebibyte;
    }
    std::error_code ignored;
    const auto space = platform::fs::space(folder, ignored);
    return ignored ? usual_budget : std::min<std::uint64_t>(usual_budget, space.available / 4);
}

}  // namespace

Store::Store() : budget_(budget_in(folder_.path())) {}

std::optional<Store::Pin> Store::find(const std::string& name) {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return {};
    ++found->second.pins;
    found->second.used = ++clock_;
    return Pin(*this, name);
}

void Store::make_room(std::uint64_t bytes) {
    const std::lock_guard<std::mutex> guard(mutex_);
    while (total_ + bytes > budget_ && remove_oldest()) {
    }
}

Store::Pin Store::adopt(const std::string& name, std::uint64_t bytes) {
    const std::lock_guard<std::mutex> guard(mutex_);
    auto& entry = entries_[name];
    total_ += bytes - entry.bytes;
    entry.bytes = bytes;
    ++entry.pins;
    entry.used = ++clock_;
    for (const auto& left : abandoned_) {
        if (!entries_.count(left)) remove(left);
    }
    abandoned_.clear();
    return Pin(*this, name);
}

void Store::abandon(const std::string& name) {
    const std::lock_guard<std::mutex> guard(mutex_);
    abandoned_.push_back(name);
}

void Store::remove(const std::string& name) {
    std::error_code ignored;
    platform::fs::remove(path(name), ignored);
}

void Store::clear() {
    const std::lock_guard<std::mutex> guard(mutex_);
    while (remove_oldest()) {
    }
}

void Store::unpin(const std::string& name) {
    const std::lock_guard<std::mutex> guard(mutex_);
    --entries_[name].pins;
}

// False when all that is left is in use.
bool Store::remove_oldest() {
    auto oldest = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        const bool older = oldest == entries_.end() || entry->second.used < oldest->second.used;
        if (entry->second.pins == 0 && older) oldest = entry;
    }
    if (oldest == entries_.end()) return false;
    total_ -= oldest->second.bytes;
    remove(oldest->first);
    entries_.erase(oldest);
    return true;
}

}  // namespace hifi
