// Child processes on Windows 10 and later.
#include <array>
#include <chrono>
#include <thread>

#include "platform.hpp"
#include "windows.hpp"

namespace hifi::platform {

namespace {

constexpr DWORD stop_milliseconds = 2000;

// One word of a command line, as the C library of the child takes it apart again.
std::wstring quoted(const std::wstring& word) {
    if (!word.empty() && word.find_first_of(L" \t\"") == std::wstring::npos) return word;
    std::wstring result = L"\"";
    std::size_t slashes = 0;
    for (wchar_t letter : word) {
        if (letter == L'\\') {
            ++slashes;
            continue;
        }
        result.append(letter == L'"' ? 2 * slashes + 1 : slashes, L'\\');
        slashes = 0;
        result += letter;
    }
    result.append(2 * slashes, L'\\');
    return result + L'"';
}

std::wstring command_line(const std::vector<std::string>& command) {
    std::wstring result;
    for (const auto& word : command) result += (result.empty() ? L"" : L" ") + quoted(wide(word));
    return result;
}

std::wstring block(const std::vector<std::string>& environment) {
    std::wstring result;
    for (const auto& entry : environment) result += wide(entry) + L'\0';
    return result + L'\0';
}

SECURITY_ATTRIBUTES inherited() { return {sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE}; }

Handle opened(const std::wstring& path, DWORD access, DWORD how) {
    auto security = inherited();
    return Handle(CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE, &security,
                              how, FILE_ATTRIBUTE_NORMAL, nullptr));
}

// Starts a child that inherits these three handles and no other of the host's.
Handle spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
             std::array<HANDLE, 3> streams) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    std::vector<std::byte> memory(size);
    auto list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory.data());
    if (!InitializeProcThreadAttributeList(list, 1, 0, &size)) fail("No room for a process");
    std::vector<HANDLE> unique;
    for (HANDLE stream : streams) {
        bool known = false;
        for (HANDLE one : unique) known = known || one == stream;
        if (!known) unique.push_back(stream);
    }
    UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, unique.data(),
                              unique.size() * sizeof(HANDLE), nullptr, nullptr);
    STARTUPINFOEXW about{};
    about.StartupInfo.cb = sizeof about;
    about.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    about.StartupInfo.hStdInput = streams[0];
    about.StartupInfo.hStdOutput = streams[1];
    about.StartupInfo.hStdError = streams[2];
    about.lpAttributeList = list;
    auto words = command_line(command), variables = block(environment);
    PROCESS_INFORMATION made{};
    const BOOL started = CreateProcessW(
        nullptr, words.data(), nullptr, nullptr, TRUE,
        CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT |
            EXTENDED_STARTUPINFO_PRESENT,
        variables.data(), nullptr, &about.StartupInfo, &made);
    DeleteProcThreadAttributeList(list);
    if (!started) fail(command[0] + " cannot be started");
    CloseHandle(made.hThread);
    return Handle(made.hProcess);
}

std::string words_for(HANDLE process) {
    DWORD code = 0;
    GetExitCodeProcess(process, &code);
    return "stopped (exit code " + std::to_string(static_cast<int>(code)) + ")";
}

struct Pipe {
    Handle read, write;
    Pipe() {
        auto security = inherited();
        HANDLE ends[2];
        if (!CreatePipe(&ends[0], &ends[1], &security, 1 << 16)) fail("No connection");
        read.reset(ends[0]);
        write.reset(ends[1]);
    }
};

class WindowsChild : public Child {
public:
    WindowsChild(Handle process, Handle input, Handle output)
        : process_(std::move(process)), input_(std::move(input)), output_(std::move(output)) {}

    ~WindowsChild() override {
        input_.reset(nullptr);
        if (WaitForSingleObject(process_.get(), stop_milliseconds) != WAIT_OBJECT_0) kill();
    }

    bool send(std::string_view line) override {
        while (!line.empty()) {
            DWORD sent = 0;
            if (!WriteFile(input_.get(), line.data(), static_cast<DWORD>(line.size()), &sent,
                           nullptr)) {
                return false;
            }
            line.remove_prefix(sent);
        }
        return true;
    }

    Received receive(std::string& buffer, int milliseconds) override {
        // A pipe cannot be waited for: it is looked into every few milliseconds.
        for (int waited = 0;; waited += 5) {
            DWORD available = 0;
            if (!PeekNamedPipe(output_.get(), nullptr, 0, nullptr, &available, nullptr)) {
                return Received::end;
            }
            if (available) break;
            if (waited >= milliseconds) return Received::nothing;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        char bytes[4096];
        DWORD count = 0;
        if (!ReadFile(output_.get(), bytes, sizeof bytes, &count, nullptr)) return Received::end;
        buffer.append(bytes, count);
        return Received::bytes;
    }

    bool is_running() override {
        return WaitForSingleObject(process_.get(), 0) != WAIT_OBJECT_0;
    }

    void kill() override {
        TerminateProcess(process_.get(), 1);
        WaitForSingleObject(process_.get(), stop_milliseconds);
    }

    std::string fate() override {
        const bool ended = WaitForSingleObject(process_.get(), 1000) == WAIT_OBJECT_0;
        return ended ? words_for(process_.get()) : "does not answer any more";
    }

private:
    Handle process_, input_, output_;
};

}  // namespace

std::unique_ptr<Child> Child::start(const std::vector<std::string>& command,
                                    const std::vector<std::string>& environment,
                                    const fs::path& log) {
    Pipe input, output;
    SetHandleInformation(input.write.get(), HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(output.read.get(), HANDLE_FLAG_INHERIT, 0);
    Handle errors = opened(log.wstring(), GENERIC_WRITE, CREATE_ALWAYS);
    Handle process =
        spawn(command, environment, {input.read.get(), output.write.get(), errors.get()});
    return std::make_unique<WindowsChild>(std::move(process), std::move(input.write),
                                          std::move(output.read));
}

std::string start_alone(const std::vector<std::string>& command,
                        const std::vector<std::string>& environment, const fs::path& log,
                        int milliseconds) {
    Handle nothing = opened(L"NUL", GENERIC_READ, OPEN_EXISTING);
    Handle errors = opened(log.wstring(), GENERIC_WRITE, CREATE_ALWAYS);
    Handle process = spawn(command, environment, {nothing.get(), errors.get(), errors.get()});
    const auto wait = static_cast<DWORD>(milliseconds);
    const bool ended = WaitForSingleObject(process.get(), wait) == WAIT_OBJECT_0;
    return ended ? words_for(process.get()) : "";
}

std::vector<std::string> environment() {
    std::vector<std::string> result;
    wchar_t* all = GetEnvironmentStringsW();
    for (const wchar_t* entry = all; entry && *entry; entry += std::wstring_view(entry).size() + 1) {
        result.push_back(narrow(entry));
    }
    if (all) FreeEnvironmentStringsW(all);
    return result;
}

std::string variable(const char* name) {
    const wchar_t* value = _wgetenv(wide(name).c_str());
    return value ? narrow(value) : "";
}

}  // namespace hifi::platform
