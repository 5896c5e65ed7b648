// Frames on their way between host and engine, and finished ones: files in a private folder, as
// many as a budget holds. What was not used for longest leaves first.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "platform.hpp"

namespace hifi {

class Store {
public:
    Store();

    // Holds a file in the store for as long as it lives.
    class Pin {
    public:
        Pin(Store& store, std::string name) : store_(&store), name_(std::move(name)) {}
        Pin(Pin&& other) noexcept : store_(other.store_), name_(std::move(other.name_)) {
            other.store_ = nullptr;
        }
        Pin& operator=(Pin&&) = delete;
        ~Pin() {
            if (store_) store_->unpin(name_);
        }
        platform::fs::path path() const { return store_->path(name_); }

    private:
        Store* store_;
        std::string name_;
    };

    std::optional<Pin> find(const std::string& name);

    // Lets old files go until there is room for so many bytes more.
    void make_room(std::uint64_t bytes);
    // Takes over a file that was written to `path(name)`.
    Pin adopt(const std::string& name, std::uint64_t bytes);
    // A file that nobody waits for any more, and that may still be written: removed later on.
    void abandon(const std::string& name);
    // Lets go of all that is not in use.
    void clear();

    platform::fs::path path(const std::string& name) const { return folder_.path() / name; }

private:
    struct Entry {
        std::uint64_t bytes;
        int pins;
        std::uint64_t used;
    };
    void unpin(const std::string& name);
    bool remove_oldest();
    void remove(const std::string& name);

    platform::PrivateFolder folder_;
    std::mutex mutex_;
    std::map<std::string, Entry> entries_;
    std::vector<std::string> abandoned_;
    std::uint64_t budget_, total_ = 0, clock_ = 0;
};

}  // namespace hifi
