// What differs between operating systems: child processes, mapped files, private folders.
// process_….cpp and files_….cpp hold it, for POSIX and for Windows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hifi::platform {

namespace fs = std::filesystem;

// A child process that is spoken to in lines. Ends with the object: its input closes, which it
// takes as the host's end, and if that does not help within a moment it is killed.
class Child {
public:
    // Throws std::runtime_error with the system's words when the program cannot be started.
    static std::unique_ptr<Child> start(const std::vector<std::string>& command,
                                        const std::vector<std::string>& environment,
                                        const fs::path& log);
    virtual ~Child() = default;

    // False when the child has gone.
    virtual bool send(std::string_view line) = 0;

    enum class Received { bytes, nothing, end };
    // Appends what the child has said to `buffer`; waits for it no longer than `milliseconds`.
    virtual Received receive(std::string& buffer, int milliseconds) = 0;

    virtual bool is_running() = 0;
    virtual void kill() = 0;
    // "was ended by signal 9", "stopped (exit code 3)"; for a child that has gone.
    virtual std::string fate() = 0;
};

// Starts a program that lives on by itself; its words go to `log`. Returns its fate when it ends
// within `milliseconds`, else "". Throws as Child::start.
std::string start_alone(const std::vector<std::string>& command,
                        const std::vector<std::string>& environment, const fs::path& log,
                        int milliseconds);

// "NAME=value" each.
std::vector<std::string> environment();

// One variable of this process, in UTF-8; "" where it is not set.
std::string variable(const char* name);

// Memory that is a file. Space on disk is taken before anything is written, because a disk that
// runs full under a mapping would take the host down.
class Mapping {
public:
    // Both throw std::runtime_error.
    static Mapping create(const fs::path& path, std::size_t bytes);
    static Mapping open(const fs::path& path, std::size_t bytes);
    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();

    std::byte* data() const { return data_; }

private:
    Mapping(std::byte* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
    std::byte* data_;
    std::size_t bytes_;
};

// A folder that nobody else can look into, removed with the object. What a host that crashed left
// behind is removed as well.
class PrivateFolder {
public:
    PrivateFolder();
    PrivateFolder(const PrivateFolder&) = delete;
    ~PrivateFolder();
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
    std::intptr_t lock_ = -1;
    std::int64_t owner_ = 0;
};

// This plug-in's own file.
fs::path own_file();

// Whether an address can be called at all.
bool is_code(const void* address);

std::string utf8(const fs::path& path);

}  // namespace hifi::platform
