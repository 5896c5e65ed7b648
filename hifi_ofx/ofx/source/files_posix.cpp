// Mapped files, private folders and addresses on Linux and macOS.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "platform.hpp"
#include "posix.hpp"

namespace hifi::platform {

namespace {

constexpr char folder_prefix[] = "hifi-ofx-";

// Takes the space on disk now: writing to a mapping of a file that cannot grow ends the process.
bool take_space(int file, std::size_t bytes) {
#ifdef __APPLE__
    fstore_t wanted{F_ALLOCATEALL, F_PEOFPOSMODE, 0, static_cast<off_t>(bytes), 0};
    return fcntl(file, F_PREALLOCATE, &wanted) >= 0 &&
           ftruncate(file, static_cast<off_t>(bytes)) == 0;
#else
    int code;
    do code = posix_fallocate(file, 0, static_cast<off_t>(bytes));
    while (code == EINTR);
    errno = code;
    return code == 0;
#endif
}

std::byte* map(int file, std::size_t bytes, int protection, const fs::path& path) {
    void* data = mmap(nullptr, bytes, protection, MAP_SHARED, file, 0);
    const int code = errno;
    close(file);
    if (data == MAP_FAILED) fail(path.string() + " cannot be mapped", code);
    return static_cast<std::byte*>(data);
}

}  // namespace

Mapping Mapping::create(const fs::path& path, std::size_t bytes) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail(path.string() + " cannot be made", errno);
    if (!take_space(file, bytes)) {
        const int code = errno;
        close(file);
        unlink(path.c_str());
        fail("No room for a frame in " + path.parent_path().string(), code);
    }
    try {
        return Mapping(map(file, bytes, PROT_READ | PROT_WRITE, path), bytes);
    } catch (...) {
        unlink(path.c_str());  // or the next try would find it there, and empty
        throw;
    }
}

Mapping Mapping::open(const fs::path& path, std::size_t bytes) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) fail(path.string() + " cannot be opened", errno);
    struct stat about{};
    if (fstat(file, &about) || static_cast<std::size_t>(about.st_size) < bytes) {
        close(file);
        throw std::runtime_error(path.string() + " is shorter than its frame.");
    }
    return Mapping(map(file, bytes, PROT_READ, path), bytes);
}

Mapping::Mapping(Mapping&& other) noexcept : data_(other.data_), bytes_(other.bytes_) {
    other.data_ = nullptr;
}

Mapping::~Mapping() {
    if (data_) munmap(data_, bytes_);
}

namespace {

// HIFI_OFX_FOLDER; else memory, where the system has a folder for it and room there; else where
// temporary files go.
fs::path base_folder() {
    std::error_code ignored;
    const char* asked = std::getenv("HIFI_OFX_FOLDER");
    if (asked && *asked) return asked;
    const fs::path memory = "/dev/shm";
    constexpr std::uintmax_t enough = std::uintmax_t{4} << 30;
    const auto space = fs::space(memory, ignored);
    if (!ignored && space.available >= enough && access(memory.c_str(), W_OK) == 0) return memory;
    return fs::temp_directory_path();
}

int locked(const fs::path& folder) {
    const fs::path path = folder / "lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) return file;
    if (file >= 0) close(file);
    return -1;
}

// A folder whose lock nobody holds belongs to a host that crashed.
void remove_leftovers(const fs::path& base) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(base, ignored)) {
        struct stat about{};
        const bool ours = entry.path().filename().string().rfind(folder_prefix, 0) == 0 &&
                          lstat(entry.path().c_str(), &about) == 0 && S_ISDIR(about.st_mode) &&
                          about.st_uid == geteuid();
        // One that is just being made has no lock yet.
        if (!ours || !fs::exists(entry.path() / "lock", ignored)) continue;
        const int lock = locked(entry.path());
        if (lock < 0) continue;
        fs::remove_all(entry.path(), ignored);
        close(lock);
    }
}

}  // namespace

PrivateFolder::PrivateFolder() : owner_(getpid()) {
    const fs::path base = base_folder();
    remove_leftovers(base);
    std::string name = (base / folder_prefix).string() + "XXXXXX";
    if (!mkdtemp(name.data())) fail("No private folder can be made in " + base.string(), errno);
    path_ = name;
    lock_ = locked(path_);
    if (lock_ < 0) fail("No private folder can be kept in " + base.string(), EBUSY);
}

PrivateFolder::~PrivateFolder() {
    // A host that forked has two of this object, and one folder.
    if (owner_ != getpid()) return;
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    if (lock_ >= 0) close(static_cast<int>(lock_));
}

fs::path own_file() {
    Dl_info found{};
    const auto here = reinterpret_cast<const void*>(&own_file);
    if (!dladdr(here, &found) || !found.dli_fname) return {};
    std::error_code ignored;
    const fs::path absolute = fs::absolute(found.dli_fname, ignored);
    return ignored ? fs::path(found.dli_fname) : absolute;
}

bool is_code(const void* address) {
    if (!address) return false;
#ifdef __linux__
    std::ifstream maps("/proc/self/maps");
    if (!maps) return true;
    const auto wanted = reinterpret_cast<unsigned long long>(address);
    for (std::string line; std::getline(maps, line);) {
        unsigned long long start = 0, end = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%llx-%llx %4s", &start, &end, rights) == 3 &&
            wanted >= start && wanted < end) {
            return rights[2] == 'x';
        }
    }
    return false;
#else
    Dl_info found{};
    return dladdr(address, &found) != 0;
#endif
}

std::string utf8(const fs::path& path) { return path.string(); }

}  // namespace hifi::platform
