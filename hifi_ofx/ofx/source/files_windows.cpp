// Mapped files, private folders and addresses on Windows 10 and later.
#include <chrono>
#include <cstdlib>

#include "platform.hpp"
#include "windows.hpp"

namespace hifi::platform {

namespace {

constexpr wchar_t folder_prefix[] = L"hifi-ofx-";

std::byte* mapped(HANDLE file, std::size_t bytes, DWORD protection, DWORD access,
                  const fs::path& path) {
    const auto size = static_cast<std::uint64_t>(bytes);
    // A larger size than the file has takes the space on disk now, or fails.
    Handle mapping(CreateFileMappingW(file, nullptr, protection, static_cast<DWORD>(size >> 32),
                                      static_cast<DWORD>(size), nullptr));
    if (!mapping) fail(utf8(path) + " cannot be mapped");
    void* data = MapViewOfFile(mapping.get(), access, 0, 0, bytes);
    if (!data) fail(utf8(path) + " cannot be mapped");
    return static_cast<std::byte*>(data);
}

Handle frame_file(const fs::path& path, DWORD access, DWORD how) {
    return Handle(CreateFileW(path.c_str(), access,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, how,
                              FILE_ATTRIBUTE_TEMPORARY, nullptr));
}

}  // namespace

Mapping Mapping::create(const fs::path& path, std::size_t bytes) {
    Handle file = frame_file(path, GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
    if (!file) fail(utf8(path) + " cannot be made");
    try {
        return Mapping(mapped(file.get(), bytes, PAGE_READWRITE, FILE_MAP_WRITE, path), bytes);
    } catch (...) {
        file.reset(nullptr);
        DeleteFileW(path.c_str());
        throw;
    }
}

Mapping Mapping::open(const fs::path& path, std::size_t bytes) {
    Handle file = frame_file(path, GENERIC_READ, OPEN_EXISTING);
    if (!file) fail(utf8(path) + " cannot be opened");
    LARGE_INTEGER size{};
    if (!GetFileSizeEx(file.get(), &size) || static_cast<std::uint64_t>(size.QuadPart) < bytes) {
        throw std::runtime_error(utf8(path) + " is shorter than its frame.");
    }
    return Mapping(mapped(file.get(), bytes, PAGE_READONLY, FILE_MAP_READ, path), bytes);
}

Mapping::Mapping(Mapping&& other) noexcept : data_(other.data_), bytes_(other.bytes_) {
    other.data_ = nullptr;
}

Mapping::~Mapping() {
    if (data_) UnmapViewOfFile(data_);
}

namespace {

// Open to nobody else: while it is open, the folder cannot be removed.
HANDLE locked(const fs::path& folder) {
    return CreateFileW((folder / L"lock").c_str(), GENERIC_WRITE, 0, nullptr, OPEN_ALWAYS,
                       FILE_FLAG_DELETE_ON_CLOSE, nullptr);
}

void remove_leftovers(const fs::path& base) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(base, ignored)) {
        if (entry.path().filename().wstring().rfind(folder_prefix, 0) != 0) continue;
        Handle lock(locked(entry.path()));
        if (!lock) continue;
        lock.reset(nullptr);
        fs::remove_all(entry.path(), ignored);
    }
}

}  // namespace

// The user's own temporary folder is open to nobody else on Windows.
PrivateFolder::PrivateFolder() : owner_(GetCurrentProcessId()) {
    const wchar_t* asked = _wgetenv(L"HIFI_OFX_FOLDER");
    const fs::path base = asked && *asked ? fs::path(asked) : fs::temp_directory_path();
    remove_leftovers(base);
    const auto ticks = std::chrono::steady_clock::now().time_since_epoch().count();
    path_ = base / (folder_prefix + std::to_wstring(owner_) + L"-" + std::to_wstring(ticks));
    if (!CreateDirectoryW(path_.c_str(), nullptr)) fail("No private folder can be made");
    lock_ = reinterpret_cast<std::intptr_t>(locked(path_));
}

PrivateFolder::~PrivateFolder() {
    Handle(reinterpret_cast<HANDLE>(lock_)).reset(nullptr);
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path own_file() {
    HMODULE module = nullptr;
    const auto here = reinterpret_cast<LPCWSTR>(&own_file);
    GetModuleHandleExW(
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, here,
        &module);
    std::wstring name(32768, L'\0');
    name.resize(GetModuleFileNameW(module, name.data(), static_cast<DWORD>(name.size())));
    return name;
}

bool is_code(const void* address) {
    MEMORY_BASIC_INFORMATION about{};
    if (!address || !VirtualQuery(address, &about, sizeof about)) return false;
    constexpr DWORD executable =
        PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    return about.State == MEM_COMMIT && (about.Protect & executable);
}

std::string utf8(const fs::path& path) { return narrow(path.wstring()); }

}  // namespace hifi::platform
